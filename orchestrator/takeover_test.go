package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// takenOver carries the run on by the marker of a server, or of the next one that has one, with an empty journal. It reports whether
// there was any.
func (n *night) takenOver(server int) (bool, error) {
	n.drives++
	log, names := &world.Log{}, n.world.Names()
	driver := n.world.Drive(fmt.Sprint("driver ", n.drives), log)
	d := n.drivenBy(driver, fmt.Sprint("somebody@there, ", n.drives))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for i := range names {
		h, err := orchestrator.Inherit(ctx, driver, names[(server+i)%len(names)], nil)
		if errors.Is(err, orchestrator.ErrNoMarker) {
			continue
		}
		if err != nil {
			return true, err
		}
		n.log, n.fold, n.seen = log, journal.Folding{}, 0
		return true, d.TakeOver(ctx, journal.Begun{Command: "resume"}, h)
	}
	return false, nil
}

// once says what was started more often than a run that nobody disturbed would have.
func (n *night) once() error {
	for _, e := range n.log.After(0) {
		var plan orchestrator.Plan
		if e.Type != journal.PlanMade || e.Read(&plan) != nil {
			continue
		}
		for _, g := range plan.Groups {
			for _, p := range g.Phases {
				for _, s := range p.Steps() {
					most := 1
					if s.Kind == orchestrator.KindDump || s.Kind == orchestrator.KindProve {
						most = 2 // before the point of no return the backup is taken anew
					}
					if count := n.world.Started("run", s.ID); count > most {
						return fmt.Errorf("%s was started %d times", s.ID, count)
					}
				}
			}
		}
	}
	return nil
}

// goesOver kills the first driver at a point and carries the run on from a server, or finds that nothing is there to be carried on.
func goesOver(s scenario, at int, fault world.Fault, server int) (*night, error) {
	n := newNight(s)
	_ = n.drive(func(p world.Point) world.Fault { // it was killed
		if p.Number != at {
			return world.NoFault
		}
		n.ran = append(n.ran, fmt.Sprintf("--- %s %s %s", fault, p.Kind, p.What))
		return fault
	})
	any, err := n.takenOver(server)
	switch {
	case err != nil:
		return n, fmt.Errorf("taking over: %w", err)
	case !any:
		return n, n.untouched()
	}
	if err := n.finish(); err != nil {
		return n, err
	}
	return n, errors.Join(n.sound(), n.once())
}

// untouched: no server has a marker, so the run never took one, or let go of all: all is as before, or at the target.
func (n *night) untouched() error {
	n.world.Settle(2 * time.Minute)
	var errs []error
	for _, target := range []bool{false, true} {
		on := map[string]bool{}
		for _, name := range n.world.Names() {
			on[name] = target
		}
		errs = append(errs, n.world.Rest("run", on))
	}
	if slices.Contains(errs, nil) {
		return nil
	}
	return errors.Join(errs...)
}

// TestCarriedOnFromAnotherMachine kills the driver before and after every effect and write of its journal, and carries the run on
// with what it left on its servers alone, from each of them.
func TestCarriedOnFromAnotherMachine(t *testing.T) {
	var cases, done, back, none atomic.Int64
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for i, at := range thinned(points(t, s), *every, changes) {
				for j, fault := range []world.Fault{world.KillBefore, world.KillAfter} {
					for server := range s.spec.Servers {
						if *every > 1 && (i+j)%s.spec.Servers != server {
							continue
						}
						synctest.Test(t, func(t *testing.T) {
							n, err := goesOver(s, at, fault, server)
							if err != nil {
								report(t, n, fmt.Errorf("%s point %d, then from server %d: %w", fault, at, server+1, err))
							}
							cases.Add(1)
							switch n.status().State {
							case journal.Done:
								done.Add(1)
							case journal.BackedOut:
								back.Add(1)
							default:
								none.Add(1)
							}
						})
					}
				}
			}
		})
	}
	t.Cleanup(func() {
		t.Logf("%d kills: %d ended at the target, %d backed out, %d had no marker", cases.Load(), done.Load(), back.Load(), none.Load())
	})
}

var _ = strings.Contains
