package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// Host is the handle for one server. Safe for concurrent use.
type Host struct {
	pool  *Pool
	login Login

	turn chan struct{} // held by the one who resolves; guards link
	link *link

	rising chan struct{} // held by the one who finds the way to root; guards root
	root   *elevation    // nil: not known yet

	shells shells
}

// Name is what errors call the server.
func (h *Host) Name() string { return h.login.Name }

// connect gives a live connection, resolving and dialing as needed.
func (h *Host) connect(ctx context.Context) (*connection, error) {
	l, err := h.resolve(ctx)
	if err != nil {
		return nil, h.fail("read the ssh configuration", ErrConfig, err)
	}
	c, linkErr := l.get(ctx)
	if linkErr != nil {
		linkErr.Server = h.login.Name
		return nil, linkErr
	}
	return c, nil
}

func (h *Host) resolve(ctx context.Context) (*link, error) {
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-h.turn }()
	if h.link != nil {
		return h.link, nil
	}
	l, err := h.pool.route(ctx, h.login)
	if err != nil {
		return nil, err
	}
	h.link = l
	return l, nil
}

// throughSudo tells whether a script that wants root goes through sudo.
func (h *Host) throughSudo() bool {
	if h.login.Sudo != nil {
		return *h.login.Sudo
	}
	return h.link.to.user != "root"
}

func (h *Host) fail(doing string, kind, cause error) *Error {
	return &Error{Server: h.login.Name, Doing: doing, Kind: kind, Err: cause}
}

// opened runs open on a live connection. What open does must have no effect on
// the server: if the connection turns out to be dead it is done once more on a
// fresh one.
func opened[T any](ctx context.Context, h *Host, open func(*connection) (T, error)) (T, *connection, error) {
	for attempt := 0; ; attempt++ {
		var none T
		c, err := h.connect(ctx)
		if err != nil {
			return none, nil, err
		}
		v, err := open(c)
		if err == nil {
			return v, c, nil
		}
		if ctx.Err() != nil || attempt > 0 || !c.failed(err) {
			return none, c, err
		}
	}
}

// gone tells whether the connection is dead; it gives a death that is just
// being noticed a moment to be recorded.
func (c *connection) gone(moment time.Duration) bool {
	select {
	case <-c.dead:
		return true
	case <-time.After(moment):
		return false
	}
}

// failed tells whether something could not be opened because the connection is
// dead. Where hundreds die with their jump host that takes a while to show.
func (c *connection) failed(err error) bool {
	if _, answered := errors.AsType[*xssh.OpenChannelError](err); answered {
		return !c.alive()
	}
	return c.gone(2 * time.Second)
}

// await runs what knows no context, and leaves it to clean up after itself
// where the context ends first.
func await[T any](ctx context.Context, do func() (T, error), cleanup func(T)) (T, error) {
	type outcome struct {
		v   T
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		v, err := do()
		done <- outcome{v, err}
	}()
	select {
	case o := <-done:
		return o.v, o.err
	case <-ctx.Done():
		go func() {
			if o := <-done; o.err == nil {
				cleanup(o.v)
			}
		}()
		var none T
		return none, context.Cause(ctx)
	}
}

// Dial opens a connection from the server's own standpoint: "tcp" with
// host:port, "unix" with a path. It honours deadlines; a deadline that has
// passed ends the connection. Connections do not count against the limit of
// scripts at once, as they do not for sshd.
//
// Errors: those of logging in, ErrForwardDenied, ErrUnreachable where nothing
// answers at the address.
func (h *Host) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, _, err := opened(ctx, h, func(c *connection) (net.Conn, error) {
		return await(ctx, func() (net.Conn, error) { return c.client.Dial(network, addr) }, func(conn net.Conn) { _ = conn.Close() })
	})
	if err == nil {
		return newTunnel(conn), nil
	}
	if _, ours := errors.AsType[*Error](err); ours {
		return nil, err
	}
	doing := fmt.Sprintf("connect from the server to %s", addr)
	if open, ok := errors.AsType[*xssh.OpenChannelError](err); ok && open.Reason == xssh.Prohibited {
		return nil, h.fail(doing, ErrForwardDenied, err)
	}
	return nil, h.fail(doing, ErrUnreachable, err)
}
