package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"sync"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
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
	places map[fleet.Place]entrance
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
	if errors.Is(err, dbcheck.ErrAuth) || errors.Is(err, dbcheck.ErrTLS) {
		f.databases.forget(at) // its password or its certificates may have been changed since they were read
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

// rest lets go of the connections to a place that nobody asks over: a database server has only so many, and a survey of a large fleet
// comes by from every server.
func (c *connections) rest(at fleet.Place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, one := range c.open {
		if key.at != at {
			continue
		}
		select {
		case one.turn <- struct{}{}:
			if one.db != nil {
				one.db.Rest()
			}
			<-one.turn
		default: // it is being opened
		}
	}
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
	in, err := f.placed(ctx, at)
	if err != nil {
		return nil, dbcheck.Target{}, err
	}
	who, err := f.account(ctx, at, in.ref, as)
	if err != nil {
		return nil, dbcheck.Target{}, err
	}
	target, err := f.target(at, in, who)
	if err != nil {
		return nil, dbcheck.Target{}, err
	}
	dial, err := f.dial(in, who)
	return dial, target, err
}

// placed gives the entry of the configuration that names a place, from memory where it was read before: it is a way to log in,
// and no answer.
func (f *Fleet) placed(ctx context.Context, at fleet.Place) (entrance, error) {
	f.databases.mu.Lock()
	in, ok := f.databases.places[at]
	f.databases.mu.Unlock()
	if ok {
		return in, nil
	}
	in, err := f.reference(ctx, at)
	if err != nil {
		return in, err
	}
	f.databases.mu.Lock()
	defer f.databases.mu.Unlock()
	if f.databases.places == nil {
		f.databases.places = map[fleet.Place]entrance{}
	}
	f.databases.places[at] = in
	return in, nil
}
