package orchestrator_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// pauses asks the night's drive to pause at a point, and lets the driver meet with a fault there.
func (n *night) pauses(at int, fault world.Fault, hit *world.Point) func(world.Point) world.Fault {
	return func(p world.Point) world.Fault {
		if p.Number != at {
			return world.NoFault
		}
		*hit = p
		n.requests <- orchestrator.Pause
		return fault
	}
}

// held says what is wrong with a drive that was asked to pause and that nothing else has troubled.
func (n *night) held(over journal.State) error {
	s := n.status()
	if s.State != journal.Paused && s.State != over {
		return fmt.Errorf("it is %s, and nothing but a pause was asked for", s.State)
	}
	for _, g := range s.Groups {
		for id, step := range g.Steps {
			if step.Flight {
				return fmt.Errorf("%s is in flight, and the group is %s", id, g.State)
			}
		}
		for _, phase := range g.Phases {
			if phase.State == journal.Running && !g.BackingOut {
				return fmt.Errorf("%s has begun and not ended, and the group is %s", phase.Name, g.State)
			}
		}
	}
	return nil
}

// TestPausedMeanwhile asks every drive to pause, at every point of it, and kills the driver there or not: a pause is no failure, leaves nothing
// in flight, and the run ends on the target.
func TestPausedMeanwhile(t *testing.T) {
	cases := counted(t, "pauses")
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range thinned(points(t, s), sparser(2), anyPoint) {
				for _, fault := range []world.Fault{world.NoFault, world.KillAfter} {
					synctest.Test(t, func(t *testing.T) {
						n, hit := newNight(s), world.Point{}
						err := n.drive(n.pauses(at, fault, &hit))
						switch {
						case fault != world.NoFault: // how it died is told by what comes
							err = nil
						case err == nil:
							err = n.held(journal.Done)
						}
						if err == nil {
							err = n.finish()
						}
						if err == nil {
							err = n.sound()
						}
						if err == nil && n.status().State != journal.Done {
							err = fmt.Errorf("it ended %s", n.status().State)
						}
						if err != nil {
							report(t, n, fmt.Errorf("a pause at %s %d (%s), driver %s: %w", hit.Kind, at, hit.What, fault, err))
						}
						cases.add(n)
					})
				}
			}
		})
	}
}

// TestARollbackPausedMeanwhile does the same to the way back, which rollback or resume carries on.
func TestARollbackPausedMeanwhile(t *testing.T) {
	cases := counted(t, "pauses")
	s := moving()[0]
	for _, h := range halts() {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range thinned(rollbackPoints(t, s, h), sparser(2), anyPoint) {
				for _, fault := range []world.Fault{world.NoFault, world.KillAfter} {
					synctest.Test(t, func(t *testing.T) {
						hit := world.Point{}
						n, err := rolledBack(s, h, func(n *night) func(world.Point) world.Fault { return n.pauses(at, fault, &hit) })
						if err != nil {
							report(t, n, fmt.Errorf("a pause at %s %d (%s), driver %s: %w", hit.Kind, at, hit.What, fault, err))
						}
						cases.add(n)
					})
				}
			}
		})
	}
}
