package dbcheck

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lib/pq"
)

// pqConn is what database/sql asks of pq's connection.
type pqConn interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// postgresqlConn ends with the context of a question that got no answer, and gives
// each question the manners of a guest.
type postgresqlConn struct {
	pqConn
	cut      func() // breaks the connection off
	number   uint32 // that the other end gave the connection
	readOnly bool
}

var errArguments = errors.New("a question with arguments cannot be asked read-only")

// question puts before a query what holds for it alone, in one message and
// therefore one transaction: that it writes nothing, stands but shortly in the
// queue behind an ALTER TABLE, is given up by the server itself when nobody waits
// for it any more, and reads values the same each time. Nothing is set for the
// session: a pooler would hand it to others, and Kea could write no more.
func (c *postgresqlConn) question(ctx context.Context, query string, args []driver.NamedValue) (string, error) {
	if !c.readOnly {
		return query, nil
	}
	if len(args) > 0 {
		return "", errArguments
	}
	left := time.Duration(0) // for ever
	if deadline, ok := ctx.Deadline(); ok {
		left = max(time.Until(deadline), time.Millisecond)
	}
	return fmt.Sprintf(`SET TRANSACTION READ ONLY; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = %d;
SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1;
SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on; %s`, left.Milliseconds(), query), nil
}

// QueryContext asks; the rows are watched until they are closed.
func (c *postgresqlConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	query, err := c.question(ctx, query, args)
	if err != nil {
		return nil, err
	}
	stop := c.watch(ctx)
	rows, err := c.pqConn.QueryContext(ctx, query, args)
	if err != nil {
		stop()
		return nil, c.failed(ctx, err)
	}
	return watchedRows{rows, stop}, nil
}

// ExecContext asks.
func (c *postgresqlConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	query, err := c.question(ctx, query, args)
	if err != nil {
		return nil, err
	}
	defer c.watch(ctx)()
	result, err := c.pqConn.ExecContext(ctx, query, args)
	return result, c.failed(ctx, err)
}

// Ping asks for nothing.
func (c *postgresqlConn) Ping(ctx context.Context) error {
	defer c.watch(ctx)()
	return c.failed(ctx, c.pqConn.Ping(ctx))
}

// failed gives the context's error where that is why a question failed. Where the
// connection broke, what writes nothing is asked again over another one.
func (c *postgresqlConn) failed(ctx context.Context, err error) error {
	var server *pq.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case c.readOnly && !errors.As(err, &server):
		return fmt.Errorf("%w: %w", driver.ErrBadConn, err)
	}
	return err
}

// grace is how long a server may take to say that it ended a query, once it was
// asked to.
const grace = time.Second

// watch breaks the connection off some time after the context ended, unless it is
// stopped.
func (c *postgresqlConn) watch(ctx context.Context) (stop func()) {
	over := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		select {
		case <-over:
		case <-time.After(grace):
			c.cut()
		}
	})
	return sync.OnceFunc(func() {
		unwatch()
		close(over)
	})
}

type watchedRows struct {
	driver.Rows
	stop func()
}

// Close ends the watch.
func (r watchedRows) Close() error {
	defer r.stop()
	return r.Rows.Close()
}
