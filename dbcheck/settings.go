package dbcheck

import (
	"context"
	"database/sql"
	"time"
)

// Settings are what a migration depends on beyond the schema itself.
type Settings struct {
	// LockWait is how long an ALTER TABLE waits for another session's transaction
	// (lock_wait_timeout); servers begin with a day.
	LockWait time.Duration
	// Zone is the server's time zone, SystemZone what "SYSTEM" means there. Kea
	// wants its own system's zone.
	Zone, SystemZone string
	// Connections are the most that are allowed, and those open now.
	MaxConnections, Connections int64
	DataDir                     string // free space there is for the machine to tell
	BinaryLog                   bool   // log_bin
	TrustFunctionCreators       bool   // log_bin_trust_function_creators
	PrimaryKeyRequired          bool   // sql_require_primary_key
	MaxPacket                   int64  // max_allowed_packet, bytes
	Uptime                      time.Duration
	// Definers are the accounts that triggers, routines, views and events belong
	// to. Another than the one that dumps or restores needs privileges more.
	Definers []string
	Tables   []TableSize // largest first
}

const definers = `SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
	UNION SELECT DEFINER FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
	UNION SELECT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()
	UNION SELECT DEFINER FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1`

// TableSize is what a table takes by the server's estimate: rows are exact for
// no InnoDB table (Counts is), and bytes are those of data and indexes.
type TableSize struct {
	Name        string
	Engine      string
	Rows, Bytes int64
}

// Bytes is the size of all tables together.
func (s Settings) Bytes() int64 {
	var sum int64
	for _, t := range s.Tables {
		sum += t.Bytes
	}
	return sum
}

// Settings reads them, in four round trips.
func (d *DB) Settings(ctx context.Context) (Settings, error) {
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
	err = d.each(ctx, "asking for definers", definers, nil, func(rows *sql.Rows) error {
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
	err = d.each(ctx, "reading the sizes of tables", query, nil, func(rows *sql.Rows) error {
		var t TableSize
		err := rows.Scan(&t.Name, &t.Engine, &t.Rows, &t.Bytes)
		s.Tables = append(s.Tables, t)
		return err
	})
	return s, err
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
