//go:build lab

package dbcheck

import (
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// cutter is a way to the database server that lets so many statements through,
// answers included, and then cuts every connection: what a client that is
// killed between two statements looks like to the server.
type cutter struct {
	socket string
	mu     sync.Mutex
	left   int
	next   string // the statement that was not let through; empty if none was cut
}

func newCutter(t *testing.T, s *server, statements int) *cutter {
	t.Helper()
	c := &cutter{socket: filepath.Join(t.TempDir(), "cut"), left: statements}
	l, err := net.Listen("unix", c.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(in, s.socket)
		}
	}()
	return c
}

func (c *cutter) serve(in net.Conn, to string) {
	defer in.Close()
	out, err := net.Dial("unix", to)
	if err != nil {
		return
	}
	defer out.Close()
	go func() {
		_, _ = io.Copy(in, out)
		_ = in.Close()
	}()
	for {
		head := make([]byte, 4)
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		// Sequence 0 begins a command; 3 is COM_QUERY (MySQL client/server protocol).
		if head[3] == 0 && len(body) > 0 && body[0] == 3 && !c.allow(string(body[1:])) {
			return
		}
		if _, err := out.Write(append(head, body...)); err != nil {
			return
		}
	}
}

func (c *cutter) allow(statement string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left <= 0 {
		if c.next == "" {
			c.next = statement
		}
		return false
	}
	c.left--
	return true
}

func (c *cutter) stoppedBefore() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next
}
