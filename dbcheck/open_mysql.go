package dbcheck

import (
	"database/sql/driver"

	"github.com/go-sql-driver/mysql"
)

func (mysqlDialect) connector(dial Dialer, target Target) (driver.Connector, error) {
	return mysql.NewConnector(config(dial, target))
}

func config(dial Dialer, target Target) *mysql.Config {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd = target.User, string(target.Password)
	cfg.Net, cfg.Addr, cfg.DBName = target.Network, target.Addr, target.Name
	cfg.DialFunc = dial
	cfg.TLS = target.TLS
	cfg.AllowCleartextPasswords = target.TLS != nil
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
