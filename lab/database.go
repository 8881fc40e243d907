//go:build lab

package lab

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// OpenDatabase opens the fleet's Kea database for an account of its own choice, from an address of this machine: sessions
// show up as user@from.
func (f *Fleet) OpenDatabase(user, password string, from netip.Addr) (*sql.DB, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = user, password, "kea"
	config.Net, config.Addr = "tcp", f.DB.Address.String()+":3306"
	config.Timeout, config.ReadTimeout, config.WriteTimeout = time.Second, 10*time.Second, 10*time.Second
	config.MultiStatements = true
	dialer := net.Dialer{Timeout: time.Second, LocalAddr: &net.TCPAddr{IP: from.AsSlice()}}
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, addr)
	}
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
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

// SQL runs statements as the database's root, on its host, and returns what they print: rows in lines, columns apart by
// tabs, no headings. The database is kea.
func (f *Fleet) SQL(ctx context.Context, statements string) (string, error) {
	out, err := f.Run(ctx, DatabaseHost, "mariadb --batch --skip-column-names kea <<'END-OF-STATEMENTS'\n"+statements+"\nEND-OF-STATEMENTS\n")
	return strings.TrimRight(out, "\n"), err
}
