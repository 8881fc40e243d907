//go:build lab

package lab

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// client is somebody who talks to the fleet's database from an address of this machine.
type client struct {
	user, password string
	database       string
	server         netip.AddrPort
	limit          time.Duration // for each answer
	dialer         net.Dialer
}

// connect prepares a client's sessions for one engine.
type connect func(client) (driver.Connector, error)

// OpenDatabase opens the fleet's Kea database for an account of its own choice, from an address of this machine: sessions
// show up as user@from.
func (f *Fleet) OpenDatabase(user, password string, from netip.Addr) (*sql.DB, error) {
	return f.OpenDatabaseWithin(10*time.Second, user, password, from)
}

// OpenDatabaseWithin is OpenDatabase for somebody who waits that long for an answer: a session whose other end fell silent
// (frozen, cut off, without power) breaks then.
func (f *Fleet) OpenDatabaseWithin(limit time.Duration, user, password string, from netip.Addr) (*sql.DB, error) {
	engine := f.Engine.dialect()
	connector, err := engine.access(client{
		user: user, password: password, database: f.Access.Database, server: netip.AddrPortFrom(f.DB.Address, engine.port), limit: limit,
		dialer: net.Dialer{Timeout: time.Second, LocalAddr: &net.TCPAddr{IP: from.AsSlice()}},
	})
	if err != nil {
		return nil, fmt.Errorf("opening the fleet's database: %w", err)
	}
	return sql.OpenDB(connector), nil
}

func (f *Fleet) awaitDatabase(ctx context.Context) error {
	db, err := f.OpenDatabase(WitnessUser, WitnessPassword, f.Witness)
	if err != nil {
		return err
	}
	defer db.Close()
	var last error
	if err := poll(ctx, 60*time.Second, 50*time.Millisecond, "the database", func() bool {
		last = db.PingContext(ctx)
		return last == nil
	}); err != nil {
		return fmt.Errorf("%w: %w", err, last)
	}
	return nil
}

// SQL runs statements as the database's superuser, on its host, and returns what they print: rows in lines, columns apart by
// tabs, no headings. The database is Kea's. It stops at the first statement that fails.
//
// The place that a full MariaDB keeps for administrators is taken for a moment by each client that it then turns away: SQL tries
// until it is free.
func (f *Fleet) SQL(ctx context.Context, statements string) (string, error) {
	for end := time.Now().Add(5 * time.Second); ; {
		out, err := f.Run(ctx, DatabaseHost, fmt.Sprintf(f.Engine.dialect().client, quote(f.Access.Database))+" <<'END-OF-STATEMENTS'\n"+statements+"\nEND-OF-STATEMENTS\n")
		if err == nil || !strings.Contains(err.Error(), "Too many connections") || time.Now().After(end) {
			return strings.TrimRight(out, "\n"), err
		}
	}
}

// Structure is how every object of the database is made, as the engine's own dumping program writes it.
func (f *Fleet) Structure(ctx context.Context) (string, error) {
	return f.Run(ctx, DatabaseHost, fmt.Sprintf("cd / && "+f.Engine.dialect().structure, quote(f.Access.Database)))
}

// Contents is what the database holds that nobody may lose, and the version of its schema.
type Contents struct {
	Schema               string
	Leases, Reservations int
}

// Contents counts what the database holds.
func (f *Fleet) Contents(ctx context.Context) (Contents, error) {
	out, err := f.SQL(ctx, "SELECT version, minor, (SELECT COUNT(*) FROM lease4), (SELECT COUNT(*) FROM hosts) FROM schema_version;")
	if err != nil {
		return Contents{}, err
	}
	var c Contents
	var major, minor int
	if _, err := fmt.Sscanf(out, "%d\t%d\t%d\t%d", &major, &minor, &c.Leases, &c.Reservations); err != nil {
		return Contents{}, fmt.Errorf("counting what the database holds (%q): %w", out, err)
	}
	c.Schema = fmt.Sprintf("%d.%d", major, minor)
	return c, nil
}
