package dbcheck

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"
)

// dialect is how one kind of server is spoken to. What is the same for all of
// them is DB's own.
type dialect interface {
	// connector logs in, within the target's time for it. A connection that is
	// readOnly has the server refuse every write.
	connector(dial Dialer, target Target, readOnly bool) (driver.Connector, error)
	// learn asks the server what its version makes different.
	learn(ctx context.Context, d *DB) (dialect, error)

	words() words
	quote(name string) string
	// within makes the server itself give up a query of a question that may take
	// long.
	within(query string, left time.Duration) string
	lock(name string) lockWords
	// hold takes a lock over a connection, and says which number that has; release
	// is an error where it was held no more.
	hold(ctx context.Context, conn *sql.Conn, name string) (holder uint64, release func() error, err error)

	identity(ctx context.Context, d *DB) (Identity, error)
	sessions(ctx context.Context, d *DB) ([]Session, Visibility, error)
	parts() []part
	checksums(ctx context.Context, d *DB, tables []string) (map[string]int64, error)
	writes(ctx context.Context, d *DB) (Writes, error)
	settings(ctx context.Context, d *DB) (Settings, error)
	privileges(ctx context.Context, d *DB) (Privileges, error)
}

// words are the statements that differ in nothing but their text.
type words struct {
	connectionID  string
	endSession    string // with its number as %d
	looks         string // whether a session only looks, with its number as %[1]d
	tables        string // names of the database's tables
	epoch         string // a time as seconds since 1970, of a column as %s
	createScratch string // before the name
	dropScratch   string // around the name, as %s
	listScratch   string
}

// lockWords are the statements about one advisory lock.
type lockWords struct {
	take    string // the connection's number, and 1 if it took the lock
	holder  string // the number of the connection that holds it, or NULL or no row
	release string // 1 if it was held
	within  string // as take, for as long as the transaction lasts; empty where locks outlive transactions
	args    []any  // of each
}

func dialects() map[Engine]dialect {
	return map[Engine]dialect{MySQL: mysqlDialect{}, PostgreSQL: postgresqlDialect{}}
}
