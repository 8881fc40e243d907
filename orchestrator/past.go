package orchestrator

import (
	"context"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// weigh holds the point of no return against the databases. It is taken back where every one is as before the run and no job of
// the run may change that any more. Where somebody else moved one, the run is past it, and its backup stays what it goes back over.
// What cannot be told leaves it as it is.
func (g *groupDrive) weigh(ctx context.Context) error {
	past := g.status().PastReturn
	if past && g.working(ctx) {
		return nil
	}
	before := true
	var moved []journal.Sighting
	for _, id := range g.group.moving() {
		d, _ := g.group.Database(id)
		now, err := g.classify(ctx, Step{Server: d.At.Server, Database: d.ID, At: d.At})
		if err != nil {
			return ctx.Err()
		}
		before = before && now.State == fleet.Untouched && !g.halfRestored(d)
		if now.State != fleet.Untouched {
			moved = append(moved, journal.Sighting{Database: d.ID, Schema: now.At, Saw: d.Name + ": " + saw(now)})
		}
	}
	switch {
	case past && before:
		return g.record(ctx, journal.Event{Type: journal.Untouched}.With("every database is as before the run"))
	case !past && len(moved) > 0:
		return g.record(ctx, journal.Event{Type: journal.Moved}.With(moved))
	}
	return nil
}

// idle says whether no job of the run that changes a database runs any more.
func (g *groupDrive) idle(ctx context.Context) fleet.Verdict {
	if g.working(ctx) {
		return fleet.Deny("a migration or a restore of this run still runs, or may")
	}
	return fleet.Affirm("")
}

// working reports whether a job of the run that changes a database may still run.
func (g *groupDrive) working(ctx context.Context) bool {
	for _, id := range g.group.moving() {
		d, _ := g.group.Database(id)
		for _, s := range changing(d) {
			if state, err := g.job(ctx, s); err != nil || state == fleet.JobRunning {
				return true
			}
		}
	}
	return false
}

// changing gives the steps that change a database, from each of its servers: its migration, and its restore on either way.
func changing(d DatabasePlan) []Step {
	var all []Step
	for _, at := range d.Places {
		restore := databaseStep(KindRestore, at.Server, d, at)
		all = append(all, databaseStep(KindMigrate, at.Server, d, at), restore, backwards(restore))
	}
	return all
}
