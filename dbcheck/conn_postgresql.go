package dbcheck

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"net"
	"sync"
	"time"
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

// postgresqlConn ends with the context of a question that got no answer.
type postgresqlConn struct {
	pqConn
	raw       net.Conn
	announced uint32
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
			_ = c.raw.Close()
		}
	})
	return sync.OnceFunc(func() {
		unwatch()
		close(over)
	})
}

// QueryContext asks; the rows are watched until they are closed.
func (c *postgresqlConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	stop := c.watch(ctx)
	rows, err := c.pqConn.QueryContext(ctx, query, args)
	if err != nil {
		stop()
		return nil, ended(ctx, err)
	}
	return watchedRows{rows, stop}, nil
}

// ExecContext asks.
func (c *postgresqlConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	defer c.watch(ctx)()
	result, err := c.pqConn.ExecContext(ctx, query, args)
	return result, ended(ctx, err)
}

// Ping asks for nothing.
func (c *postgresqlConn) Ping(ctx context.Context) error {
	defer c.watch(ctx)()
	return ended(ctx, c.pqConn.Ping(ctx))
}

// ended gives the context's error where that is why a question failed.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
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

// announced reads along until the server has said which number the connection
// has. A pooler says one of its own.
type announced struct {
	net.Conn
	head []byte
	id   uint32
	done bool
}

// Read reads, and listens.
func (a *announced) Read(p []byte) (int, error) {
	n, err := a.Conn.Read(p)
	if !a.done {
		a.head = append(a.head, p[:n]...)
		a.listen()
	}
	return n, err
}

// listen takes whole messages off the head: one byte for the kind, then the length
// of the rest. BackendKeyData ('K') begins with the number, and ReadyForQuery ('Z')
// ends the login (PostgreSQL manual, "Message Formats").
func (a *announced) listen() {
	for len(a.head) >= 5 {
		end := 1 + int(binary.BigEndian.Uint32(a.head[1:5]))
		if len(a.head) < end {
			return
		}
		if a.head[0] == 'K' && end >= 9 {
			a.id = binary.BigEndian.Uint32(a.head[5:9])
		}
		a.done = a.head[0] == 'Z' || end < 5
		if a.done {
			a.head = nil
			return
		}
		a.head = a.head[end:]
	}
}
