package dbcheck

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

func (mysqlDialect) connector(dial Dialer, target Target, readOnly bool) (driver.Connector, error) {
	connector, err := mysql.NewConnector(config(dial, target))
	if err != nil {
		return nil, err
	}
	start := starter{Connector: connector, timeout: target.connectTimeout()}
	if target.TLSOffered {
		target.TLS = nil
		if start.plain, err = mysql.NewConnector(config(dial, target)); err != nil {
			return nil, err
		}
	}
	if readOnly {
		start.query = "SET SESSION TRANSACTION READ ONLY"
		start.wish = "DO GET_LOCK(CONCAT('" + Look + ".', CONNECTION_ID()), 0)"
	}
	return start, nil
}

func config(dial Dialer, target Target) *mysql.Config {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd = target.User, string(target.Password)
	cfg.Net, cfg.Addr, cfg.DBName = target.Network, target.Addr, target.Name
	cfg.DialFunc = dial
	cfg.TLS, cfg.AllowFallbackToPlaintext = target.TLS, target.TLSOffered
	cfg.AllowCleartextPasswords = target.TLS != nil && (!target.TLS.InsecureSkipVerify || target.TLS.VerifyConnection != nil)
	cfg.Collation = "utf8mb4_general_ci" // known to every MySQL and MariaDB that Kea supports
	cfg.Logger = &mysql.NopLogger{}
	cfg.Params = map[string]string{
		// A question must not stand for hours in the queue behind an ALTER TABLE
		// (the default is 86400 s), nor keep the next ALTER waiting behind it.
		"lock_wait_timeout": "5",
		"wait_timeout":      "28800",
		// One dialect, whatever the server's default is.
		"sql_mode":             "''",
		"group_concat_max_len": "1048576",
	}
	return cfg
}

// starter runs a statement on each new connection before it is used, and one
// that may fail.
type starter struct {
	driver.Connector
	plain   driver.Connector // nil, or the way without encryption, where it came to nothing
	query   string
	wish    string
	timeout time.Duration
}

func (s starter) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	conn, err := s.Connector.Connect(ctx)
	if err != nil && s.plain != nil && errors.Is(kindOf(err), ErrTLS) && ctx.Err() == nil {
		conn, err = s.plain.Connect(ctx)
	}
	if err != nil || s.query == "" {
		return conn, err
	}
	session, ok := conn.(driver.ExecerContext)
	if !ok {
		_ = conn.Close()
		return nil, fmt.Errorf("a %T cannot be set up", conn)
	}
	if _, err := session.ExecContext(ctx, s.query, nil); err != nil {
		_ = conn.Close()
		return nil, err
	}
	_, _ = session.ExecContext(ctx, s.wish, nil) // a Galera may know no locks
	return conn, nil
}
