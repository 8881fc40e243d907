//go:build lab

package dbcheck

import (
	"bytes"
	"encoding/binary"
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
	server *server
	socket string // with the name that the server's has
	mu     sync.Mutex
	left   int
	next   string // the statement that was not let through; empty if none was cut
}

func newCutter(t *testing.T, s *server, statements int) *cutter {
	t.Helper()
	c := &cutter{server: s, socket: filepath.Join(t.TempDir(), filepath.Base(s.socket)), left: statements}
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
			go c.serve(in)
		}
	}()
	return c
}

func (c *cutter) serve(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("unix", c.server.socket)
	if err != nil {
		return
	}
	defer out.Close()
	go func() {
		_, _ = io.Copy(in, out)
		_ = in.Close()
	}()
	for first := true; ; first = false {
		message, statement, err := c.server.tools.message(in, first)
		if err != nil || statement != "" && !c.allow(statement) {
			return
		}
		if _, err := out.Write(message); err != nil {
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

// message reads one packet. Sequence 0 begins a command; 3 is COM_QUERY (MySQL
// client/server protocol).
func (mariadbTools) message(in io.Reader, _ bool) (whole []byte, statement string, err error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, "", err
	}
	body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	if _, err := io.ReadFull(in, body); err != nil {
		return nil, "", err
	}
	if head[3] == 0 && len(body) > 0 && body[0] == 3 {
		statement = string(body[1:])
	}
	return append(head, body...), statement, nil
}

// message reads one message: the first has no kind (PostgreSQL manual, "Message
// Formats").
func (postgresqlTools) message(in io.Reader, first bool) (whole []byte, statement string, err error) {
	head := make([]byte, 5)
	if first {
		head = head[1:]
	}
	if _, err := io.ReadFull(in, head); err != nil {
		return nil, "", err
	}
	body := make([]byte, int(binary.BigEndian.Uint32(head[len(head)-4:]))-4)
	if _, err := io.ReadFull(in, body); err != nil {
		return nil, "", err
	}
	if !first && head[0] == 'Q' {
		statement = string(bytes.TrimRight(body, "\x00"))
	}
	return append(head, body...), statement, nil
}
