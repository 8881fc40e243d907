package world

import (
	"fmt"
	"maps"
	"strings"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// besideAt is where a copy within a database's own server is kept.
func besideAt(name string) string { return "beside:" + name }

// copyBeside copies a database within its own server, under the run's name for it: table after table, so that a copy that is cut off is none,
// and none of an earlier attempt is left.
func (w *World) copyBeside(d *database, o orchestrator.Order) func(*job) (journal.Result, error) {
	return func(j *job) (journal.Result, error) {
		name := orchestrator.BesideName(o.Run, d.id)
		if d.torn || d.schema.Compare(planned(o, d).Before) != 0 {
			w.violate("%s is copied at schema %s", d.name, d.schema)
		}
		delete(d.dumps, besideAt(name))
		taken := snapshot{schema: d.schema, contents: d.contents, leases: d.leases}
		if !w.pass(j, w.speed.Dump) {
			return journal.Result{}, errJob
		}
		d.dumps[besideAt(name)] = taken
		return journal.Result{Facts: map[string]string{
			journal.FactCopy: name, journal.FactDrop: "DROP DATABASE " + name, journal.FactDatabase: string(d.id),
			journal.FactRows: fmt.Sprintf(`{"lease4":%d}`, taken.leases),
		}}, nil
	}
}

func planned(o orchestrator.Order, d *database) orchestrator.DatabasePlan {
	plan, _ := o.Group.Database(d.id)
	return plan
}

// DropCopies drops every copy within the databases' own servers, as somebody might who wants the room.
func (w *World) DropCopies() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.databases {
		maps.DeleteFunc(d.dumps, func(at string, _ snapshot) bool { return strings.HasPrefix(at, besideAt("")) })
	}
}

// Snapshot is the program that backs up and restores by the operator's command.
const Snapshot = "kea-snapshot"

// snapshotAt is where a database's snapshots are kept: on no server.
func snapshotAt(name string) string { return "snapshot:" + name }

// snapshot lets the operator's command keep what is in the database, under the name that it is given.
func (w *World) snapshot(d *database, o orchestrator.Order) func(*job) (journal.Result, error) {
	return func(j *job) (journal.Result, error) {
		taken := snapshot{schema: d.schema, contents: d.contents, leases: d.leases}
		if !w.pass(j, w.speed.Dump) {
			return journal.Result{}, errJob
		}
		name := jobKey(o.Run, o.ID, o.Attempt)
		if _, twice := d.dumps[snapshotAt(name)]; twice {
			w.violate("the operator's command was run twice for %s", name)
		}
		d.dumps[snapshotAt(name)] = taken
		return journal.Result{Facts: map[string]string{
			journal.FactBackup: name, journal.FactSaid: "kept " + name, journal.FactDatabase: string(d.id),
			journal.FactRows: fmt.Sprintf(`{"lease4":%d}`, taken.leases),
		}}, nil
	}
}
