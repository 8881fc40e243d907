package dbcheck

import (
	"context"
	"database/sql"
)

const definers = `SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
	UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
	UNION SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()
	UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1`

func (mysqlDialect) settings(ctx context.Context, d *DB) (Settings, error) {
	v, err := d.variables(ctx, "VARIABLES", "lock_wait_timeout", "time_zone", "system_time_zone", "max_connections",
		"datadir", "log_bin", "log_bin_trust_function_creators", "sql_require_primary_key", "max_allowed_packet")
	if err != nil {
		return Settings{}, err
	}
	status, err := d.variables(ctx, "STATUS", "Threads_connected", "Uptime")
	if err != nil {
		return Settings{}, err
	}
	s := Settings{
		LockWait: seconds(v.number("lock_wait_timeout")),
		Zone:     v["time_zone"], SystemZone: v["system_time_zone"],
		MaxConnections: v.number("max_connections"), Connections: status.number("threads_connected"),
		DataDir: v["datadir"], BinaryLog: v.on("log_bin"), TrustFunctionCreators: v.on("log_bin_trust_function_creators"),
		PrimaryKeyRequired: v.on("sql_require_primary_key"),
		MaxPacket:          v.number("max_allowed_packet"), Uptime: seconds(status.number("uptime")),
	}
	// A zone's name may be an abbreviation, or nothing but SYSTEM: what it does to times tells.
	var offset int64
	if err := d.row(ctx, "asking for the time zone", "SELECT TIME_TO_SEC(TIMEDIFF(NOW(), UTC_TIMESTAMP()))", &offset); err != nil {
		return s, err
	}
	s.Offset = seconds(offset)
	err = d.each(ctx, "asking for definers", definers, func(rows *sql.Rows) error {
		var account string
		err := rows.Scan(&account)
		s.Definers = append(s.Definers, account)
		return err
	})
	if err != nil {
		return s, err
	}
	query := `SELECT TABLE_NAME, IFNULL(ENGINE, ''), IFNULL(TABLE_ROWS, 0), IFNULL(DATA_LENGTH, 0) + IFNULL(INDEX_LENGTH, 0) AS bytes
		FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY bytes DESC, TABLE_NAME`
	err = d.each(ctx, "reading the sizes of tables", query, func(rows *sql.Rows) error {
		var t TableSize
		err := rows.Scan(&t.Name, &t.Engine, &t.Rows, &t.Bytes)
		s.Tables = append(s.Tables, t)
		return err
	})
	return s, err
}
