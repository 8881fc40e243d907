package world

import (
	"slices"
	"strconv"
	"time"

	"kea-lockstep/internal/kea"
)

// Contents is what a database holds, as far as the model knows it.
type Contents struct {
	Schema kea.Schema
	Torn   bool
	Writes int // changes with every write
	Leases int64
}

// Client is a session that the model has: a daemon's, or a stranger's.
type Client struct {
	ID      int
	User    string
	Address string
	Port    int
}

// Address is where the database is, and as whom Kea logs in.
func (w *World) Address() string { return w.databases[0].host }

// DatabaseNames lists the databases.
func (w *World) DatabaseNames() []string {
	var names []string
	for _, d := range w.databases {
		names = append(names, d.name)
	}
	return names
}

// Contents gives what a database holds; false where there is none of that name, or it is away.
func (w *World) Contents(name string) (Contents, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.named(name)
	if d == nil || d.away {
		return Contents{}, false
	}
	return Contents{d.schema, d.torn, d.contents, d.leases}, true
}

// Written gives when leases were written since the beginning; those that a restore took away too.
func (w *World) Written(name string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.named(name); d != nil {
		return slices.Clone(d.written)
	}
	return nil
}

// Fill puts contents in a database's place, as the reading of a dump does: torn until it is whole.
func (w *World) Fill(name string, c Contents) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.named(name)
	if d == nil {
		return false
	}
	d.schema, d.torn, d.contents, d.leases = c.Schema, c.Torn, c.Writes, c.Leases
	w.check("the restore")
	return true
}

// Clients lists the sessions of a database.
func (w *World) Clients(name string) []Client {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.named(name)
	if d == nil {
		return nil
	}
	var all []Client
	for _, s := range w.clients(d) {
		id, _ := strconv.Atoi(s.ID)
		all = append(all, Client{id, s.User, s.Address, s.Port})
	}
	return all
}

// Stranger opens a session of somebody who is in no fleet; the function ends it.
func (w *World) Stranger(name string) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.named(name)
	if d == nil {
		return func() {}
	}
	d.strangers = append(d.strangers, strangerSession())
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		d.strangers = nil
	}
}

// Speed is how long effects take.
func (w *World) Speed() Speed { return w.speed }
