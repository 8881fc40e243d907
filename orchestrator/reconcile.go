package orchestrator

import (
	"context"
	"slices"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// reconcile takes the fleet in hand for a new drive and finds out what of the earlier drives' work still holds. The world is
// asked: a phase whose work was undone since (a reboot, a package put back, a database restored) is void and is done again.
func (g *groupDrive) reconcile(ctx context.Context) error {
	if !g.touched() {
		return nil
	}
	if err := g.lanes(ctx, Phase{Name: Stop}, lanes(g.group.Names(), one(KindClaim))); err != nil {
		return err
	}
	if err := g.weigh(ctx); err != nil {
		return err
	}
	steps := g.status().Steps
	w := g.scene()
	for _, name := range g.group.Names() {
		lifted := steps[step(KindUnfence, name).ID]
		if lifted.Attempt > 0 || lifted.Done {
			g.free[name] = true
		}
	}
	if g.anyFree() && !g.past(ctx) {
		g.free = map[string]bool{} // the schema is not what a lifted fence rests on: nobody may run
	}
	for _, name := range g.group.Names() {
		if g.free[name] && !fleet.All(w.matches(ctx, []string{name}), w.pulse(ctx, name, noneByHand)).OK() {
			delete(g.free, name)
		}
	}
	if g.begun(Stop) || g.group.Mode == Rolling {
		if err := g.hold(ctx, g.stoppedNames()); err != nil {
			return err
		}
	}
	return g.void(ctx)
}

func (g *groupDrive) anyFree() bool { return len(g.free) > 0 }

// past says whether every database is at the schema that a started daemon needs.
func (g *groupDrive) past(ctx context.Context) bool {
	return g.until(ctx, patience, func() fleet.Verdict { return g.scene().whole(ctx) }).OK()
}

// stoppedNames gives the servers that this run stopped, or was about to, and whose fence is not lifted.
func (g *groupDrive) stoppedNames() []string {
	if g.group.Mode == Lockstep {
		return g.fencedNames()
	}
	steps := g.status().Steps
	return slices.DeleteFunc(g.fencedNames(), func(name string) bool {
		return steps[step(KindFence, name).ID].Attempt == 0
	})
}

func (g *groupDrive) begun(phase string) bool {
	phases := g.status().Phases
	i := slices.IndexFunc(phases, func(p journal.PhaseStatus) bool { return p.Name == phase })
	return i >= 0 && phases[i].State != journal.Waiting
}

// void finds the phases that are done by the journal and are not by the world, and writes down which of their steps.
func (g *groupDrive) void(ctx context.Context) error {
	for _, p := range g.group.Phases {
		if !g.phaseDone(p.Name) {
			continue
		}
		undone := g.undone(ctx, p)
		if len(undone) == 0 {
			continue
		}
		if err := g.record(ctx, journal.Event{Type: journal.PhaseVoid, Phase: p.Name}.With(undone)); err != nil {
			return err
		}
	}
	return nil
}

// undone gives the steps of a phase whose work no longer holds.
func (g *groupDrive) undone(ctx context.Context, p Phase) []string {
	var ids []string
	for _, s := range p.Steps() {
		if g.stands(ctx, s) {
			continue
		}
		ids = append(ids, s.ID)
		if s.Kind == KindContents {
			d, _ := g.group.Database(s.Database)
			ids = append(ids, g.fingerprints(d)...)
		}
	}
	return ids
}

// had reports whether a step was done by the journal; a fingerprint, by whichever server; a proof, of the dump that there is now.
func (g *groupDrive) had(s Step) bool {
	if s.Kind == KindContents {
		d, _ := g.group.Database(s.Database)
		return len(g.fingerprints(d)) > 0
	}
	return g.recorded(s.ID).Done && !g.provesAnother(s)
}

// stands says whether the work of a step still holds. Fences and stops were taken in hand already; a dump holds as long as
// nothing was written since, and stays what it is once the migration was begun.
func (g *groupDrive) stands(ctx context.Context, s Step) bool {
	switch s.Kind {
	case KindClaim, KindFence, KindStop:
		return true
	case KindUnfence, KindStart, KindConfirm:
		if !g.mayRun(s.Server) {
			return false
		}
	case KindDump, KindContents, KindProve:
		return g.status().PastReturn || g.had(s) && g.unwritten(ctx).OK()
	}
	probe := kinds[s.Kind].probe
	if probe == nil {
		return g.recorded(s.ID).Done // not so of a server that has taken a dead one's place
	}
	return g.until(ctx, patience, func() fleet.Verdict { return probe(ctx, g.scene(), s) }).OK()
}
