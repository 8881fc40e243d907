package ssh

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// connection is one live SSH connection.
type connection struct {
	client   *xssh.Client
	heard    *hearing
	sessions chan struct{} // a place for each script that runs
	waiting  atomic.Int32  // how many want a place
	dead     chan struct{} // closed when the connection has ended

	mu     sync.Mutex
	why    error // the first reason for its end
	closed int   // places that nobody gets any more: sshd allows fewer sessions
}

func newConnection(client *xssh.Client, heard *hearing, o Options) *connection {
	c := &connection{client: client, heard: heard, sessions: make(chan struct{}, o.Sessions), dead: make(chan struct{})}
	go func() {
		err := client.Wait()
		c.blame(fmt.Errorf("connection lost: %w", err))
		close(c.dead)
	}()
	go c.keepAlive(o.Keepalive, o.Missed)
	return c
}

func (c *connection) alive() bool {
	select {
	case <-c.dead:
		return false
	default:
		return true
	}
}

// blame records the first reason only: what follows is its consequence.
func (c *connection) blame(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why == nil {
		c.why = err
	}
}

// lost tells why the connection ended.
func (c *connection) lost() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why == nil {
		return errors.New("connection lost")
	}
	return c.why
}

func (c *connection) end(why error) {
	c.blame(why)
	_ = c.client.Close()
}

// place takes a place for a session. Where none is free, shells that nobody
// uses just now give theirs back.
func (c *connection) place(ctx context.Context, kept *shells) error {
	select {
	case c.sessions <- struct{}{}:
		return nil
	default:
	}
	c.waiting.Add(1)
	defer c.waiting.Add(-1)
	kept.drop()
	select {
	case c.sessions <- struct{}{}:
		return nil
	case <-c.dead:
		return c.lost()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// fewer closes the place that the caller holds, for as long as the connection
// lasts. It is false where that is the last one.
func (c *connection) fewer() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == cap(c.sessions)-1 {
		return false
	}
	c.closed++
	return true
}

// keepAlive asks the server whether it is there. Any answer will do: sshd
// refuses the request, which shows that it lives. So does whatever else comes:
// on a slow link the answer waits behind it.
func (c *connection) keepAlive(every time.Duration, missed int) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	answered := make(chan struct{}, 1)
	waiting, unanswered, heard := false, 0, c.heard.count.Load()
	for {
		select {
		case <-c.dead:
			return
		case <-answered:
			waiting, unanswered = false, 0
			continue
		case <-tick.C:
		}
		if now := c.heard.count.Load(); now != heard {
			heard, unanswered = now, 0
		}
		if waiting {
			if unanswered++; unanswered >= missed {
				c.end(fmt.Errorf("connection lost: %d keepalives in %v without an answer", unanswered, every*time.Duration(unanswered)))
				return
			}
			continue
		}
		waiting = true
		go func() {
			if _, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil); err == nil {
				answered <- struct{}{}
			}
		}()
	}
}
