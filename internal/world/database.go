package world

import (
	"fmt"

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
	away      bool
	strangers []fleet.Session
	locked    string              // who holds the advisory lock
	dumps     map[string]snapshot // by where they are kept
}

// snapshot is what a dump holds.
type snapshot struct {
	schema   kea.Schema
	contents int
	leases   int64
}

// sessions gives every client but the one that looks.
func (w *World) clients(d *database) []fleet.Session {
	var all []fleet.Session
	for _, s := range w.servers {
		for _, p := range s.processes {
			for _, u := range s.uses {
				if u == d {
					all = append(all, fleet.Session{
						ID: fmt.Sprint(p.pid), User: "kea", Address: s.address, Port: 40000 + p.pid, Owner: fleet.OwnerKea,
						Server: s.name, Process: fmt.Sprintf("%s[%d]", p.daemon, p.pid),
					})
				}
			}
		}
	}
	return append(all, d.strangers...)
}

// steps gives the schemas on the way from one to another, both ends left out: whole numbers, as kea-admin's scripts go.
func steps(from, to kea.Schema) []kea.Schema {
	var way []kea.Schema
	for major := from.Major + 1; major < to.Major; major++ {
		way = append(way, kea.Schema{Major: major})
	}
	return way
}
