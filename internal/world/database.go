package world

import (
	"fmt"
	"slices"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// leases are in every database at first.
const leases = 400

// database is one schema in one engine.
type database struct {
	id        fleet.DatabaseID
	name      string
	host      string
	engine    kea.Engine
	schema    kea.Schema
	torn      bool
	contents  int // changes with every write
	leases    int64
	written   []time.Time // when a lease was written since the beginning
	floor     int64       // what was there as its migration was begun: no way may lose that
	away      bool
	moved     time.Time // when somebody restored it behind our back
	strangers []fleet.Session
	locked    string              // who holds the advisory lock
	lock      *lock               // the same, of a driver
	dumps     map[string]snapshot // by where they are kept
}

// snapshot is what a dump holds.
type snapshot struct {
	schema   kea.Schema
	contents int
	leases   int64
	proved   bool // it was restored
}

// sessions gives every client but the one that looks.
func (w *World) clients(d *database) []fleet.Session {
	var all []fleet.Session
	for _, s := range w.servers {
		for _, p := range s.processes {
			for _, u := range s.uses {
				if u == d && !p.alone {
					all = append(all, fleet.Session{
						ID: fmt.Sprint(p.pid), User: "kea", Address: s.address, Port: portOf(p), Owner: fleet.OwnerKea,
						Server: s.name, Process: fmt.Sprintf("%s[%d]", p.daemon, p.pid),
					})
				}
			}
		}
	}
	return append(all, d.strangers...)
}

// newest is higher than every schema that a run of the model leads to.
var newest = kea.Schema{Major: 40}

// portOf is the local port of a daemon's connections.
func portOf(p process) int { return 40000 + p.pid }

// steps gives the schemas on the way from one to another, both ends left out: whole numbers, as kea-admin's scripts go.
func steps(from, to kea.Schema) []kea.Schema {
	var way []kea.Schema
	for major := from.Major + 1; major < to.Major; major++ {
		way = append(way, kea.Schema{Major: major})
	}
	return way
}

// write writes a lease.
func (d *database) write() {
	d.contents, d.leases, d.written = d.contents+1, d.leases+1, append(d.written, time.Now())
}

// since gives when leases were written at that time or later.
func (d *database) since(at time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(d.written), func(t time.Time) bool { return t.Before(at.Truncate(time.Second)) })
}
