package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// checksums adds up a hash of each row, so that rows need not be sorted. The text
// of a row is the same for the same values: question holds still what forms it. A
// sequence moves even where a row was refused, or was rolled back.
func (p postgresqlDialect) checksums(ctx context.Context, d *DB, tables []string) (map[string]int64, error) {
	parts := []string{`SELECT 'sequence ' || sequencename, coalesce(last_value, 0) FROM pg_sequences
		WHERE schemaname = (SELECT nspname FROM pg_namespace WHERE oid = ` + keaSchema + `)`}
	for _, t := range tables {
		parts = append(parts, fmt.Sprintf("SELECT %s, coalesce(mod(sum(hashtextextended(t::text, 0)), 9223372036854775807), 0)::bigint FROM %s t",
			literal(t), p.quote(t)))
	}
	sums := map[string]int64{}
	scan := func(rows *sql.Rows) error {
		var name string
		var sum int64
		err := rows.Scan(&name, &sum)
		sums[name] = sum
		return err
	}
	return sums, d.long(ctx, "checksumming tables", strings.Join(parts, " UNION ALL "), scan)
}

// A server that stands by has no position of its own to write at.
const writesQuery = `SELECT pg_postmaster_start_time(), CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text,
 relname, format('%s inserted, %s updated, %s deleted', n_tup_ins, n_tup_upd, n_tup_del)
FROM (SELECT 1) one LEFT JOIN pg_stat_user_tables ON n_tup_ins + n_tup_upd + n_tup_del > 0
 AND schemaname = (SELECT nspname FROM pg_namespace WHERE oid = ` + keaSchema + `)`

func (postgresqlDialect) writes(ctx context.Context, d *DB) (Writes, error) {
	w := Writes{Tables: map[string]string{}}
	err := d.each(ctx, "reading what was written", writesQuery, func(rows *sql.Rows) error {
		var name, sign, log sql.NullString
		err := rows.Scan(&w.Started, &log, &name, &sign)
		w.Started, w.Log = w.Started.Truncate(time.Second), log.String
		if name.Valid {
			w.Tables[name.String] = sign.String
		}
		return err
	})
	return w, err
}
