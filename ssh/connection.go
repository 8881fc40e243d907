package ssh

import (
	"errors"
	"fmt"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// connection is one live SSH connection.
type connection struct {
	client   *xssh.Client
	sessions chan struct{} // a place for each script that runs
	dead     chan struct{} // closed when the connection has ended

	mu  sync.Mutex
	why error // the first reason for its end
}

func newConnection(client *xssh.Client, o Options) *connection {
	c := &connection{client: client, sessions: make(chan struct{}, o.Sessions), dead: make(chan struct{})}
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

// keepAlive asks the server whether it is there. Any answer will do: sshd
// refuses the request, which shows that it lives.
func (c *connection) keepAlive(every time.Duration, missed int) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	answered := make(chan struct{}, 1)
	waiting, unanswered := false, 0
	for {
		select {
		case <-c.dead:
			return
		case <-answered:
			waiting, unanswered = false, 0
			continue
		case <-tick.C:
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
