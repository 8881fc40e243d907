package dbcheck

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

func (m mysqlDialect) checksums(ctx context.Context, d *DB, tables []string) (map[string]int64, error) {
	var names []string
	for _, t := range tables {
		names = append(names, m.quote(t))
	}
	sums := map[string]int64{}
	scan := func(rows *sql.Rows) error {
		var name string
		var sum sql.NullInt64
		err := rows.Scan(&name, &sum)
		sums[strings.TrimPrefix(name, d.target.Name+".")] = sum.Int64
		return err
	}
	return sums, d.long(ctx, "checksumming tables", "CHECKSUM TABLE "+strings.Join(names, ", "), scan)
}

func (mysqlDialect) writes(ctx context.Context, d *DB) (Writes, error) {
	w := Writes{Tables: map[string]string{}}
	status, err := d.variables(ctx, "STATUS", "Uptime")
	if err != nil {
		return w, err
	}
	w.Started = time.Now().Add(-time.Duration(status.number("uptime")) * time.Second).Truncate(time.Second)
	vars, err := d.variables(ctx, "VARIABLES", "gtid_binlog_pos", "gtid_executed")
	if err != nil {
		return w, err
	}
	w.Log = strings.TrimSpace(vars["gtid_binlog_pos"] + vars["gtid_executed"])
	query := "SELECT TABLE_NAME, UPDATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND UPDATE_TIME IS NOT NULL"
	err = d.each(ctx, "reading when tables were written", query, func(rows *sql.Rows) error {
		var name, at string
		err := rows.Scan(&name, &at)
		w.Tables[name] = at
		return err
	})
	return w, err
}
