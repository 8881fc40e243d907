package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// mysqlDialect is that of MySQL, MariaDB, Percona and Galera.
type mysqlDialect struct {
	mariadb bool // several catalogues have other names there
}

func (m mysqlDialect) learn(ctx context.Context, d *DB) (dialect, error) {
	var version string
	err := d.row(ctx, "asking for the version", "SELECT VERSION()", &version)
	m.mariadb = strings.Contains(strings.ToLower(version), "mariadb")
	return m, err
}

func (mysqlDialect) words() words {
	return words{
		connectionID:  "SELECT CONNECTION_ID()",
		endSession:    "KILL CONNECTION %d",
		looks:         "SELECT IS_USED_LOCK(CONCAT('" + Look + ".', %[1]d)) <=> %[1]d",
		epoch:         "UNIX_TIMESTAMP(%s)",
		tables:        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'",
		createScratch: "CREATE DATABASE %s",
		dropScratch:   "DROP DATABASE IF EXISTS %s",
		listScratch: fmt.Sprintf("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE LEFT(SCHEMA_NAME, %d) = '%s' ORDER BY 1",
			len(ScratchPrefix), ScratchPrefix),
	}
}

func (mysqlDialect) quote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// The server does not notice that a client went away while it reads, and a
// table being read cannot be altered: a question given up would stand in the
// migration's way. So MariaDB is told when to give up; MySQL can be told for
// SELECT alone, and through a hint.
func (m mysqlDialect) within(query string, left time.Duration) string {
	if m.mariadb {
		return fmt.Sprintf("SET STATEMENT max_statement_time = %.3f FOR %s", left.Seconds(), query)
	}
	if rest, ok := strings.CutPrefix(query, "SELECT "); ok {
		return fmt.Sprintf("SELECT /*+ MAX_EXECUTION_TIME(%d) */ %s", left.Milliseconds(), rest)
	}
	return query
}

func (mysqlDialect) lock(name string) lockWords {
	return lockWords{
		take:    "SELECT CONNECTION_ID(), GET_LOCK(?, 0)",
		holder:  "SELECT IS_USED_LOCK(?)",
		release: "SELECT RELEASE_LOCK(?)",
		args:    []any{name},
	}
}

func (m mysqlDialect) hold(ctx context.Context, conn *sql.Conn, name string) (uint64, func() error, error) {
	var (
		words = m.lock(name)
		id    uint64
		got   sql.NullInt64
	)
	if err := conn.QueryRowContext(ctx, words.take, words.args...).Scan(&id, &got); err != nil {
		return 0, nil, err
	}
	if got.Int64 != 1 {
		return 0, nil, errNotHeld
	}
	return id, func() error {
		var freed sql.NullInt64
		err := conn.QueryRowContext(ctx, words.release, words.args...).Scan(&freed)
		if err == nil && freed.Int64 != 1 {
			err = errNotHeld
		}
		return err
	}, nil
}
