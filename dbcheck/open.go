package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// DB looks at one database over one kept connection, which the server holds
// read-only. Its methods may be called from several goroutines; they queue
// behind one another, so whoever must not wait (a watch) opens a DB of its own.
// A connection that broke is dialed again by the next question.
type DB struct {
	sql     *sql.DB
	target  Target
	dialect dialect
}

// Open connects and logs in. Errors: ErrEngine, ErrUnreachable, ErrTLS,
// ErrAuth, ErrNoDatabase, with the server's text. The context bounds the
// opening only.
func Open(ctx context.Context, dial Dialer, target Target) (*DB, error) {
	return open(ctx, dial, target, true)
}

func open(ctx context.Context, dial Dialer, target Target, readOnly bool) (*DB, error) {
	d, err := connect(ctx, dial, target, readOnly)
	if err != nil {
		return nil, err
	}
	learned, err := d.dialect.learn(ctx, d)
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	d.dialect = learned
	return d, nil
}

// Close ends the connection.
func (d *DB) Close() error { return d.sql.Close() }

// Rest lets the connection go where nobody asks over it just now. The next question dials anew.
func (d *DB) Rest() {
	d.sql.SetMaxIdleConns(0)
	d.sql.SetMaxIdleConns(1)
}

// Target is what the DB was opened with.
func (d *DB) Target() Target { return d.target }

// ConnectionID is the number by which the server's process list knows this
// DB's connection now. It changes when the connection had to be dialed again.
func (d *DB) ConnectionID(ctx context.Context) (uint64, error) {
	var id uint64
	err := d.row(ctx, "asking for the connection's number", d.dialect.words().connectionID, &id)
	return id, err
}

// connect opens a pool of exactly one connection.
func connect(ctx context.Context, dial Dialer, target Target, readOnly bool) (*DB, error) {
	doing := "opening " + target.String()
	spoken, ok := dialects()[target.Engine]
	if !ok {
		return nil, &Error{Doing: doing, Kind: ErrEngine}
	}
	connector, err := spoken.connector(dial, target, readOnly)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(1)
	pool.SetMaxIdleConns(1)
	ctx, cancel := context.WithTimeout(ctx, target.connectTimeout())
	defer cancel()
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fail(doing, err)
	}
	return &DB{sql: pool, target: target, dialect: spoken}, nil
}

// limit gives ctx a deadline if it has none.
func (d *DB) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return limited(ctx, d.target.queryTimeout())
}

// limited gives ctx a deadline if it has none.
func limited(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, timeout)
}

func (d *DB) on(doing string) string { return doing + " of " + d.target.String() }

func (d *DB) fail(doing string, err error) error { return fail(d.on(doing), err) }

// row asks for one row.
func (d *DB) row(ctx context.Context, doing, query string, into ...any) error {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	return d.fail(doing, d.sql.QueryRowContext(ctx, query).Scan(into...))
}

// each asks for rows and hands every one to scan.
func (d *DB) each(ctx context.Context, doing, query string, scan func(*sql.Rows) error) error {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	rows, err := d.sql.QueryContext(ctx, query)
	if err != nil {
		return d.fail(doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return d.fail(doing, err)
		}
	}
	return d.fail(doing, rows.Err())
}
