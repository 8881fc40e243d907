package dbcheck

import (
	"context"
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
	// Offset is how far that zone is from UTC now, east of it above 0.
	Offset time.Duration
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

// Settings reads them, in three round trips for PostgreSQL and five for MySQL.
func (d *DB) Settings(ctx context.Context) (Settings, error) { return d.dialect.settings(ctx, d) }

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
