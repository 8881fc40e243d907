package live

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"sync"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/kea"
)

// dialer opens connections to databases from the server's standpoint and learns the number that the database gives each one, so
// that it is known as ours in a list of sessions.
func (s *server) dialer(in entrance) dbcheck.Dialer { return dialer(s.host.Dial, s, in) }

// dialer is that of a standpoint which dials in its own way.
func dialer(dial dbcheck.Dialer, s *server, in entrance) dbcheck.Dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if in.ref.Engine != kea.PostgreSQL {
			return s.numbered(conn, greeting), nil
		}
		if network == "tcp" && in.secured != nil {
			if conn, err = encrypted(ctx, conn, in.secured, in.ref.Encryption() == kea.Offered); err != nil {
				_ = conn.Close()
				return nil, err
			}
		}
		return s.numbered(conn, keyData), nil
	}
}

func (s *server) numbered(conn net.Conn, find func([]byte) (uint64, bool)) *numbered {
	s.opens(1)
	return &numbered{Conn: conn, server: s, find: find}
}

// numbered reads along until it knows the connection's number.
type numbered struct {
	net.Conn
	server *server
	find   func(head []byte) (number uint64, ok bool)
	once   sync.Once

	mu     sync.Mutex
	head   []byte
	number uint64
	known  bool
}

// longestGreeting is enough for what a server sends first, up to the connection's number: PostgreSQL's settings go before it.
const longestGreeting = 8192

func (n *numbered) Read(p []byte) (int, error) {
	count, err := n.Conn.Read(p)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known || len(n.head) > longestGreeting {
		return count, err
	}
	n.head = append(n.head, p[:count]...)
	if number, ok := n.find(n.head); ok {
		n.number, n.known, n.head = number, true, nil
		n.server.owns(number, 1)
		n.server.opens(-1)
	}
	return count, err
}

func (n *numbered) Close() error {
	n.once.Do(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.known {
			n.server.owns(n.number, -1)
		} else {
			n.server.opens(-1)
		}
		n.head = make([]byte, longestGreeting+1) // nothing is learned any more
	})
	return n.Conn.Close()
}

// greeting reads the connection's number from the beginning of what a MySQL or MariaDB server sends first (protocol 10: length,
// sequence, 10, version and NUL, number).
func greeting(head []byte) (number uint64, ok bool) {
	const before = 5
	if len(head) < before || head[4] != 10 {
		return 0, false
	}
	end := bytes.IndexByte(head[before:], 0)
	if end < 0 || len(head) < before+end+1+4 {
		return 0, false
	}
	return uint64(binary.LittleEndian.Uint32(head[before+end+1:])), true
}

// keyData reads the number of the process that serves the connection from what a PostgreSQL server sends until it is logged in
// to: messages of a type, a length that counts itself, and contents. BackendKeyData (K) has it.
func keyData(head []byte) (number uint64, ok bool) {
	const kind, length, process = 1, 4, 4
	for len(head) >= kind+length {
		size := uint64(binary.BigEndian.Uint32(head[kind:]))
		switch {
		case size < length:
			return 0, false
		case head[0] == 'K' && len(head) >= kind+length+process:
			return uint64(binary.BigEndian.Uint32(head[kind+length:])), true
		case uint64(len(head)) < kind+size:
			return 0, false
		}
		head = head[kind+size:]
	}
	return 0, false
}

// opens counts the connections from here whose numbers are not known yet.
func (s *server) opens(change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unnumbered += change
}

// opening says whether a connection of ours is just being made, from whichever server.
func (f *Fleet) opening() bool {
	for _, s := range f.standpoints() {
		s.mu.Lock()
		opening := s.unnumbered > 0
		s.mu.Unlock()
		if opening {
			return true
		}
	}
	return false
}

func (s *server) owns(number uint64, change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own[number] += change; s.own[number] <= 0 {
		delete(s.own, number)
		s.former[number] = true
	}
}

// leftBehind reports whether a session is one of ours whose connection was lost: the server's sshd holds its end for as long as it
// does not notice, or nobody does any more.
func (s *server) leftBehind(number uint64, holders []holder) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.former[number] && !slices.ContainsFunc(holders, func(h holder) bool { return !strings.HasPrefix(h.name, "sshd") })
	if left {
		s.left[number] = true
	}
	return left
}

// isOurs says whether a connection is one of ours that still serves us, from whichever server.
func (f *Fleet) isOurs(number uint64) bool {
	for _, one := range f.standpoints() {
		if one.isOwn(number) {
			return true
		}
	}
	return false
}

func (s *server) isOwn(number uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.own[number] > 0
}
