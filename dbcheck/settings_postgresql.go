package dbcheck

import (
	"context"
	"database/sql"
	"time"
)

// What each setting is without that of this question, and what the account may not
// see is missing.
const settingsQuery = `SELECT coalesce(max(reset_val) FILTER (WHERE name = 'lock_timeout'), '0')::bigint,
 coalesce(max(reset_val) FILTER (WHERE name = 'TimeZone'), ''),
 coalesce(max(reset_val) FILTER (WHERE name = 'max_connections'), '0')::bigint,
 coalesce(max(reset_val) FILTER (WHERE name = 'data_directory'), ''),
 (SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL),
 extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::bigint,
 extract(epoch FROM (now() AT TIME ZONE coalesce(max(reset_val) FILTER (WHERE name = 'TimeZone'), 'UTC')) - (now() AT TIME ZONE 'UTC'))::bigint
FROM pg_settings`

const sizesQuery = `SELECT relname, CASE relpersistence WHEN 'u' THEN 'unlogged' ELSE 'logged' END,
 greatest(reltuples, 0)::bigint, pg_total_relation_size(oid) AS bytes
FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = ` + keaSchema + ` ORDER BY bytes DESC, relname`

func (postgresqlDialect) settings(ctx context.Context, d *DB) (Settings, error) {
	var s Settings
	var milliseconds, uptime, offset int64
	err := d.row(ctx, "reading the server's settings", settingsQuery, &milliseconds, &s.Zone, &s.MaxConnections, &s.DataDir, &s.Connections, &uptime, &offset)
	if err != nil {
		return s, err
	}
	s.LockWait = time.Duration(milliseconds) * time.Millisecond
	s.Uptime, s.Offset = seconds(uptime), seconds(offset)
	err = d.each(ctx, "asking for owners", "SELECT DISTINCT pg_get_userbyid(owner) FROM ("+owned(keaSchema)+") o ORDER BY 1", func(rows *sql.Rows) error {
		var account string
		err := rows.Scan(&account)
		s.Definers = append(s.Definers, account)
		return err
	})
	if err != nil {
		return s, err
	}
	err = d.each(ctx, "reading the sizes of tables", sizesQuery, func(rows *sql.Rows) error {
		var t TableSize
		err := rows.Scan(&t.Name, &t.Engine, &t.Rows, &t.Bytes)
		s.Tables = append(s.Tables, t)
		return err
	})
	return s, err
}
