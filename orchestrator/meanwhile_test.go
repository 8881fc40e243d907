package orchestrator_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// TestAnotherOperatorMeanwhile has a second operator carry the run on from elsewhere at every point of the first drive, while that one
// goes on, or sleeps for ten minutes and then goes on. No lock keeps them apart: the connections that hold them were lost. Fleets of several
// groups are left out: there each drive may end with a group of its own, and no night tells of both.
func TestAnotherOperatorMeanwhile(t *testing.T) {
	cases := counted(t, "second operators")
	for _, s := range scenarios() {
		if s.spec.Separate {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range thinned(points(t, s), sparser(2), anyPoint) {
				for _, asleep := range []time.Duration{0, 10 * time.Minute} {
					synctest.Test(t, func(t *testing.T) {
						n, err := bothDrive(s, at, asleep)
						if err != nil {
							report(t, n, fmt.Errorf("a second operator at point %d, the first asleep for %s: %w", at, asleep, err))
						}
						cases.add(n)
					})
				}
			}
		})
	}
}

// bothDrive gives the night of whoever has the run in the end.
func bothDrive(s scenario, at int, asleep time.Duration) (*night, error) {
	first := newNight(s)
	second := &night{scenario: s, world: first.world, log: &world.Log{}, states: maps.Clone(first.states), drives: 100}
	ended := make(chan error, 1)
	joined := false
	err := first.drive(func(p world.Point) world.Fault {
		if p.Number == at {
			joined = true
			for i := range s.spec.Servers {
				disturb(first.world, "a lost lock connection", i)
			}
			go func() {
				_, err := second.takenOver(at%s.spec.Servers, nil)
				ended <- err
			}()
			if p.Kind != "append" { // what is being written is written: others wait for it
				time.Sleep(asleep)
			}
		}
		return world.NoFault
	})
	if !joined {
		return first, fmt.Errorf("there was no such point: %w", err)
	}
	if other := <-ended; other != nil && !errors.Is(other, orchestrator.ErrSuperseded) {
		return first, fmt.Errorf("the second drive: %w", other)
	}
	if err != nil && !errors.Is(err, orchestrator.ErrSuperseded) {
		return first, fmt.Errorf("the first drive: %w", err)
	}
	maps.Copy(first.states, second.states)
	maps.Copy(second.states, first.states)
	has := first
	if len(second.status().Groups) > 0 {
		has = second
	}
	taken := second.foundIn(first.asked.Group)
	// Who slept may ask once more about what was under way: what is answered acts on nothing that is another's.
	if late := first.askedAt.Sub(taken); !taken.IsZero() && late > time.Second && asleep == 0 {
		return has, fmt.Errorf("the first drive asked %q %s after it was taken over", first.asked.Text, late)
	}
	has.ran = slices.Concat(first.ran, []string{"--- and the second"}, second.ran)
	has.backToo = first.wentBack() || second.wentBack()
	if err := has.finish(); err != nil {
		return has, err
	}
	return has, has.sound()
}

// foundIn gives the time at which a drive had taken a group over, or the zero time: the other groups are the first drive's still.
func (n *night) foundIn(group string) time.Time {
	for _, e := range n.log.After(0) {
		if e.Type == journal.Found && e.Group == group {
			return e.Time
		}
	}
	return time.Time{}
}

// TestTheWorldChangesBeforeAGate lets everything happen that can, to each server and database, as each phase ends: the gates of the next are
// asked then.
func TestTheWorldChangesBeforeAGate(t *testing.T) {
	cases := counted(t, "changes before a gate")
	few := []string{"2 servers, 2 databases", "3 servers, 1 databases", "serial", "no schema change"}
	for _, s := range scenarios() {
		if !slices.Contains(few, s.name) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			number := *first
			for _, phase := range phasesOf(t, s) {
				for _, d := range world.Disturbances() {
					for to := range s.spec.Servers {
						if number++; number%max(1, *every/4) != 0 {
							continue
						}
						synctest.Test(t, func(t *testing.T) {
							n := newNight(s)
							n.on = func(e journal.Event) {
								if e.Type == journal.PhaseDone && e.Phase == phase {
									n.on = nil
									d.Do(n.world, to)
								}
							}
							err := n.drive(nil)
							n.on = nil
							if err == nil || errors.Is(err, orchestrator.ErrSuperseded) {
								err = n.finish()
							}
							if err == nil {
								err = n.sound()
							}
							if err != nil {
								report(t, n, fmt.Errorf("%s (%d) once %s is done: %w", d.Name, to+1, phase, err))
							}
							cases.add(n)
						})
					}
				}
			}
		})
	}
}

// phasesOf names the phases of a scenario's untroubled night.
func phasesOf(t *testing.T, s scenario) []string {
	var names []string
	synctest.Test(t, func(t *testing.T) {
		n := newNight(s)
		if err := n.drive(nil); err != nil {
			t.Fatal(err)
		}
		for _, e := range n.log.After(0) {
			if e.Type == journal.PhaseDone {
				names = append(names, e.Phase)
			}
		}
	})
	return names
}

// TestTornInAWorldThatChanged disturbs the fleet at every point of the first drive and kills its migration: the backup that is put back is
// of the database as it was, to the last lease.
func TestTornInAWorldThatChanged(t *testing.T) {
	cases := counted(t, "disturbances before a torn migration")
	for _, s := range moving() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			all := points(t, s)
			for _, d := range world.Disturbances() {
				for _, at := range thinned(all, sparser(10), anyPoint) {
					synctest.Test(t, func(t *testing.T) {
						n, err := survives(s, func(n *night) func(world.Point) world.Fault {
							return func(p world.Point) world.Fault {
								if p.Number == at {
									d.Do(n.world, at)
								}
								if p.Kind == "do" && strings.HasPrefix(p.What, "migrate-") {
									time.AfterFunc(s.spec.Speed.Admin+time.Second, func() { disturb(n.world, "a migration killed", 0) })
								}
								return world.NoFault
							}
						})
						if err != nil {
							report(t, n, fmt.Errorf("%s at %d, then a torn migration: %w", d.Name, at, err))
						}
						cases.add(n)
					})
				}
			}
		})
	}
}
