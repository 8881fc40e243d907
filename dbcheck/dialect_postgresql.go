package dbcheck

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// oldestPostgreSQL is the first version whose catalogues have what is asked here:
// the youngest of it is generated columns.
const oldestPostgreSQL = 12

// postgresqlDialect is PostgreSQL's.
type postgresqlDialect struct {
	major int // version
}

func (p postgresqlDialect) learn(ctx context.Context, d *DB) (dialect, error) {
	var version string
	const doing = "asking for the version"
	err := d.row(ctx, doing, "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')", &p.major, &version)
	if err == nil && p.major < oldestPostgreSQL {
		err = &Error{Doing: d.on(doing), Kind: ErrEngine, Err: fmt.Errorf("PostgreSQL %s is older than %d", version, oldestPostgreSQL)}
	}
	return p, err
}

func (p postgresqlDialect) words() words {
	drop := "DROP DATABASE IF EXISTS %s WITH (FORCE)"
	if p.major < 13 {
		drop = "DROP DATABASE IF EXISTS %s"
	}
	return words{
		connectionID:  "SELECT pg_backend_pid()",
		endSession:    "SELECT pg_terminate_backend(%d)",
		looks:         "SELECT application_name = '" + application(true) + "' FROM pg_stat_activity WHERE pid = %[1]d",
		epoch:         "EXTRACT(EPOCH FROM %s)",
		tables:        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = " + keaSchema + " AND " + unextended("pg_class", "pg_class.oid"),
		createScratch: "CREATE DATABASE %s TEMPLATE template0",
		dropScratch:   drop,
		listScratch:   "SELECT datname FROM pg_database WHERE starts_with(datname, '" + ScratchPrefix + "') ORDER BY 1",
	}
}

// keaSchema is the number of the schema that Kea's tables are in: the account's
// search path leads Kea to it. Where they are not there yet, or not any more, it
// is the one that they would be made in.
const keaSchema = `coalesce((SELECT relnamespace FROM pg_class WHERE oid = to_regclass('schema_version')),
 (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))`

// unextended keeps of a catalogue what belongs to no extension: that is made,
// dropped and restored with it.
func unextended(catalogue, id string) string {
	return "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '" + catalogue + "'::regclass AND d.objid = " + id + " AND d.deptype = 'e')"
}

func (postgresqlDialect) quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func literal(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// Every question is given up in time: see question.
func (postgresqlDialect) within(query string, _ time.Duration) string { return query }

// PostgreSQL's advisory locks have numbers, and are asked for with the number in
// the question's text: one with arguments apart has no manners (see question).
func (postgresqlDialect) lock(name string) lockWords {
	sum := sha256.Sum256([]byte(name))
	key := int64(binary.BigEndian.Uint64(sum[:8]))
	return lockWords{
		within: fmt.Sprintf("SELECT pg_backend_pid(), pg_try_advisory_xact_lock(%d)::int", key),
		take:   fmt.Sprintf("SELECT pg_backend_pid(), pg_try_advisory_lock(%d)::int", key),
		holder: fmt.Sprintf(`SELECT (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
			AND (classid::bigint << 32 | objid::bigint) = %d
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1)`, key),
		release: fmt.Sprintf("SELECT pg_advisory_unlock(%d)::int", key),
	}
}

// A lock that ends with its transaction is held through a pooler, too: the
// pooler lends no session out before the transaction in it has ended.
func (p postgresqlDialect) hold(ctx context.Context, conn *sql.Conn, name string) (uint64, func() error, error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return 0, nil, err
	}
	var (
		words    = p.lock(name)
		id, last uint64
		got      int
	)
	if err = tx.QueryRowContext(ctx, words.within).Scan(&id, &got); err == nil && got != 1 {
		err = errNotHeld
	}
	if err != nil {
		_ = tx.Rollback()
		return 0, nil, err
	}
	return id, func() error {
		err := tx.QueryRowContext(ctx, words.holder).Scan(&last)
		if err == nil && last != id {
			err = errNotHeld
		}
		return errors.Join(err, tx.Rollback())
	}, nil
}
