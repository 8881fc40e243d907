package world

import (
	"fmt"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

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
