//go:build lab

package lab

import (
	"context"
	"database/sql/driver"
	"net"

	"github.com/go-sql-driver/mysql"
)

var mariadb = dialect{
	service:   "mariadb.service",
	unit:      "mariadb.service",
	port:      3306,
	client:    "mariadb --batch --skip-column-names --database=%s",
	dumper:    "mariadb-dump",
	settings:  "/etc/mysql/mariadb.conf.d",
	structure: "mariadb-dump --no-data --routines --triggers --events --skip-comments -- %s | sed 's/ AUTO_INCREMENT=[0-9]*//'",
	follower:  "mariadb --socket=/run/mysqld/replica.sock --batch --skip-column-names kea",
	access:    openMariaDB,
	sessions: `SELECT id, user, SUBSTRING_INDEX(host, ':', 1), COALESCE(db, ''), COALESCE(info, '') FROM information_schema.processlist
		WHERE user NOT IN ('system user', 'event_scheduler') AND id <> CONNECTION_ID() ORDER BY id;`,
	end:       "KILL %d;",
	readOnly:  "SET GLOBAL read_only = 1;",
	readWrite: "SET GLOBAL read_only = 0;",
	own:       "SELECT CONNECTION_ID()",
}

func openMariaDB(c client) (driver.Connector, error) {
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = c.user, c.password, c.database
	config.Net, config.Addr = "tcp", c.server.String()
	config.Timeout, config.ReadTimeout, config.WriteTimeout = c.dialer.Timeout, c.limit, c.limit
	config.MultiStatements = true
	config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return c.dialer.DialContext(ctx, network, addr)
	}
	config.Logger = &mysql.NopLogger{}
	return mysql.NewConnector(config)
}
