package live

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// use is what a connection is kept for: a watch must not wait behind a long question.
type use int

const (
	toWatch use = iota
	toRead
)

// connections are those that are kept, and the entries of configurations that they were made from.
type connections struct {
	mu     sync.Mutex
	open   map[connectionKey]*connection
	places map[fleet.Place]kea.DatabaseRef
	closed bool
}

type connectionKey struct {
	at  fleet.Place
	as  role
	use use
}

// connection is one that is kept, or is about to be made.
type connection struct {
	turn chan struct{} // held by the one who opens it
	db   *dbcheck.DB
}

// database gives the kept connection to a database, as seen from a place, opening it where there is none. One that broke dials
// anew by itself.
func (f *Fleet) database(ctx context.Context, at fleet.Place, as role, purpose use) (*dbcheck.DB, error) {
	as = f.named(at, as)
	c, err := f.databases.slot(connectionKey{at, as, purpose})
	if err != nil {
		return nil, err
	}
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-c.turn }()
	if c.db != nil {
		return c.db, nil
	}
	dial, target, err := f.way(ctx, at, as)
	if err != nil {
		return nil, err
	}
	db, err := dbcheck.Open(ctx, dial, target)
	if errors.Is(err, dbcheck.ErrAuth) {
		f.databases.forget(at) // its password may have been changed since it was read
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.Server, err)
	}
	c.db = db
	return db, nil
}

func (c *connections) slot(key connectionKey) (*connection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, net.ErrClosed
	}
	if c.open == nil {
		c.open = map[connectionKey]*connection{}
	}
	if c.open[key] == nil {
		c.open[key] = &connection{turn: make(chan struct{}, 1)}
	}
	return c.open[key], nil
}

func (c *connections) forget(at fleet.Place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.places, at)
}

func (c *connections) close() error {
	c.mu.Lock()
	open := maps.Clone(c.open)
	c.open, c.places, c.closed = nil, nil, true
	c.mu.Unlock()
	var errs []error
	for _, one := range open {
		one.turn <- struct{}{}
		if one.db != nil {
			errs = append(errs, one.db.Close())
		}
	}
	return errors.Join(errs...)
}

// way says how to reach a database from a place as a role.
func (f *Fleet) way(ctx context.Context, at fleet.Place, as role) (dbcheck.Dialer, dbcheck.Target, error) {
	ref, err := f.placed(ctx, at)
	if err != nil {
		return nil, dbcheck.Target{}, err
	}
	who, err := f.account(ctx, at, ref, as)
	if err != nil {
		return nil, dbcheck.Target{}, err
	}
	target, err := f.target(at, ref, who)
	if err != nil {
		return nil, dbcheck.Target{}, err
	}
	via, err := f.server(who.via)
	if err != nil {
		return nil, dbcheck.Target{}, err
	}
	return via.dial, target, nil
}

// placed gives the entry of the configuration that names a place, from memory where it was read before: it is a way to log in,
// and no answer.
func (f *Fleet) placed(ctx context.Context, at fleet.Place) (kea.DatabaseRef, error) {
	f.databases.mu.Lock()
	ref, ok := f.databases.places[at]
	f.databases.mu.Unlock()
	if ok {
		return ref, nil
	}
	ref, err := f.reference(ctx, at)
	if err != nil {
		return ref, err
	}
	f.databases.mu.Lock()
	defer f.databases.mu.Unlock()
	if f.databases.places == nil {
		f.databases.places = map[fleet.Place]kea.DatabaseRef{}
	}
	f.databases.places[at] = ref
	return ref, nil
}

// dial opens a connection to a database from the server's standpoint and learns the number that the database gives it, so that
// it is known as ours in a list of sessions.
func (s *server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.host.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &numbered{Conn: conn, server: s}, nil
}

// numbered reads along until it knows the connection's number.
type numbered struct {
	net.Conn
	server *server
	once   sync.Once

	mu     sync.Mutex
	head   []byte
	number uint64
	known  bool
}

// longestGreeting is enough for the first packet of a MySQL server up to the connection's number.
const longestGreeting = 512

func (n *numbered) Read(p []byte) (int, error) {
	count, err := n.Conn.Read(p)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known || len(n.head) > longestGreeting {
		return count, err
	}
	n.head = append(n.head, p[:count]...)
	if number, ok := greeting(n.head); ok {
		n.number, n.known, n.head = number, true, nil
		n.server.owns(number, 1)
	}
	return count, err
}

func (n *numbered) Close() error {
	n.once.Do(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.known {
			n.server.owns(n.number, -1)
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

func (s *server) isOwn(number uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.own[number] > 0
}
