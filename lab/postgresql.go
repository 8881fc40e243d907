//go:build lab

package lab

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net"
	"time"

	"github.com/lib/pq"
)

// postgresql's unit is Debian's for its first cluster; postgresql.service starts every cluster, and runs nothing itself.
var postgresql = dialect{
	service: "postgresql.service",
	unit:    "postgresql@17-main.service",
	port:    5432,
	client: "PGDATABASE=%s setpriv --reuid=postgres --regid=postgres --clear-groups psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1" +
		` --no-align --tuples-only --field-separator="$(printf '\t')" --pset=null=NULL`,
	structure: "setpriv --reuid=postgres --regid=postgres --clear-groups pg_dump --schema-only %s | sed '/^.restrict /d; /^.unrestrict /d'",
	follower:  "setpriv --reuid=postgres --regid=postgres --clear-groups psql --no-psqlrc --no-align --tuples-only --field-separator=' ' --port=5433 kea",
	access:    openPostgreSQL,
	sessions: `SELECT pid, usename, COALESCE(host(client_addr), 'localhost'), datname, CASE state WHEN 'active' THEN query ELSE '' END
		FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY pid;`,
	end:       "SELECT pg_terminate_backend(%d);",
	readOnly:  "ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf();",
	readWrite: "ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf();",
	own:       "SELECT pg_backend_pid()",
}

func openPostgreSQL(c client) (driver.Connector, error) {
	connector, err := pq.NewConnector(fmt.Sprintf("host=%s port=%d dbname='%s' user='%s' password='%s' sslmode=disable",
		c.server.Addr(), c.server.Port(), conninfo.Replace(c.database), conninfo.Replace(c.user), conninfo.Replace(c.password)))
	if err != nil {
		return nil, err
	}
	connector.Dialer(deadlines{&c.dialer, c.limit})
	return connector, nil
}

// deadlines dials connections that break when the other end stays silent for longer than the limit: pq itself, told to give
// up a query, asks the server to end it, and waits for the server.
type deadlines struct {
	*net.Dialer
	limit time.Duration
}

func (d deadlines) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return impatient{conn, d.limit}, nil
}

func (d deadlines) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

type impatient struct {
	net.Conn
	limit time.Duration
}

func (c impatient) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c impatient) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}
