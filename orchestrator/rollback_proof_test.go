package orchestrator_test

import (
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

// halt is a way in which a run comes to stand still after the point of no return.
type halt struct {
	name string
	at   func(*night) func(world.Point) world.Fault
}

func halts() []halt {
	return []halt{
		{"a torn migration", func(n *night) func(world.Point) world.Fault {
			return func(p world.Point) world.Fault {
				if p.Kind == "do" && strings.HasPrefix(p.What, "migrate-k1-") {
					time.AfterFunc(n.spec.Speed.Admin+time.Second, func() { disturb(n.world, "a migration killed", 0) })
				}
				return world.NoFault
			}
		}},
		{"a canary that is not confirmed", func(*night) func(world.Point) world.Fault {
			var started atomic.Bool
			return func(p world.Point) world.Fault {
				if p.Kind == "do" && strings.HasPrefix(p.What, "start-k1/") {
					started.Store(true)
				}
				if p.What == "service k1" && started.Load() {
					return world.Fails
				}
				return world.NoFault
			}
		}},
		{"a server of the rest that fails", func(n *night) func(world.Point) world.Fault {
			last := fmt.Sprintf("install-k%d/", n.spec.Servers)
			if n.opts.Early { // upgraded before the point of no return
				last = fmt.Sprintf("start-k%d/", n.spec.Servers)
			}
			return func(p world.Point) world.Fault {
				if p.Kind == "do" && strings.HasPrefix(p.What, last) {
					return world.Fails
				}
				return world.NoFault
			}
		}},
	}
}

func disturb(w *world.World, name string, seed int) {
	for _, d := range world.Disturbances() {
		if d.Name == name {
			d.Do(w, seed)
		}
	}
}

// halted is a night whose run stands still past the point of no return, and is to be rolled back.
func halted(s scenario, h halt) (*night, error) {
	n := newNight(s)
	if err := n.drive(h.at(n)); err != nil {
		return n, err
	}
	if g := n.status().Groups[0]; g.State != journal.Halted || !g.PastReturn {
		return n, fmt.Errorf("the run is %s, past the point of no return: %t", g.State, g.PastReturn)
	}
	n.world.Settle(time.Minute)
	n.back = true
	return n, nil
}

// replaced reports whether the way back put a backup over a database: somebody else may have done so before.
func (n *night) replaced() bool {
	return slices.ContainsFunc(n.log.After(0), func(e journal.Event) bool {
		return e.Type == journal.StepBegun && strings.HasPrefix(e.Step, "old-"+string(orchestrator.KindRestore)+"-")
	})
}

// rolledBack rolls a halted run back with something going wrong in it, and then carries on, by rollback and by resume, until it is over.
func rolledBack(s scenario, h halt, at func(*night) func(world.Point) world.Fault) (*night, error) {
	n, err := halted(s, h)
	if err != nil {
		return n, err
	}
	first := n.drive(at(n))
	for i := 0; !n.over(); i++ {
		n.world.Settle(time.Minute)
		if i == 6 {
			return n, fmt.Errorf("no end after %d drives (first: %v): %+v", n.drives, first, n.status().Groups)
		}
		n.back = i%2 == 1 || !n.status().Groups[0].RollingBack
		if err := n.drive(nil); err != nil {
			return n, fmt.Errorf("drive %d: %w", n.drives, err)
		}
	}
	if state := n.status().State; state != journal.RolledBack {
		return n, fmt.Errorf("it ended %s", state)
	}
	if len(n.status().Kept) == 0 && n.replaced() {
		return n, fmt.Errorf("what was there before the restore is not kept")
	}
	return n, n.sound()
}

// moving are the scenarios that have a point of no return.
func moving() []scenario {
	return slices.DeleteFunc(scenarios(), func(s scenario) bool {
		return s.spec.Servers < 2 || s.spec.Servers > 3 || s.spec.Separate || s.spec.From != "2.6.3"
	})
}

func nothing(*night) func(world.Point) world.Fault { return nil }

func TestRollbackEndsInTheOldState(t *testing.T) {
	for _, s := range moving() {
		for _, h := range halts() {
			t.Run(s.name+", "+h.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n, err := rolledBack(s, h, nothing)
					if err != nil {
						report(t, n, err)
					}
					if n.drives != 2 {
						t.Errorf("it took %d drives", n.drives)
					}
				})
			})
		}
	}
}

// rollbackPoints gives the points of a rollback that nothing disturbs.
func rollbackPoints(t *testing.T, s scenario, h halt) []world.Point {
	var all []world.Point
	synctest.Test(t, func(t *testing.T) {
		n, err := halted(s, h)
		if err != nil {
			t.Fatal(err)
		}
		all = pointsOf(t, n)
	})
	return all
}

// TestRollbackKilledAnywhere kills the driver before and after every single effect and write of the journal of a rollback, and goes
// on with rollback and resume: the old state serves again, every time.
func TestRollbackKilledAnywhere(t *testing.T) {
	rollbackProof(t, *every, changes, []world.Fault{world.KillBefore, world.KillAfter})
}

// TestRollbackFaultAnywhere lets every single query, effect and write of the journal of a rollback go wrong in every way.
func TestRollbackFaultAnywhere(t *testing.T) {
	rollbackProof(t, sparser(4), anyPoint, []world.Fault{world.Fails, world.Lost, world.Hangs, world.FalseFailed, world.FalseDone})
}

func rollbackProof(t *testing.T, one int, keep func(world.Point) bool, faults []world.Fault) {
	cases := counted(t, "cases")
	for _, s := range moving() {
		for _, h := range halts() {
			t.Run(s.name+", "+h.name, func(t *testing.T) {
				t.Parallel()
				for _, at := range thinned(rollbackPoints(t, s, h), one, keep) {
					for _, fault := range faults {
						hit := world.Point{}
						synctest.Test(t, func(t *testing.T) {
							n, err := rolledBack(s, h, func(*night) func(world.Point) world.Fault {
								return func(p world.Point) world.Fault {
									if p.Number != at {
										return world.NoFault
									}
									hit = p
									return fault
								}
							})
							if err != nil {
								report(t, n, fmt.Errorf("%s: %s %d (%s): %w", fault, hit.Kind, at, hit.What, err))
							}
							cases.add(n)
						})
					}
				}
			})
		}
	}
}

// TestTheWorldChangesInARollback disturbs the fleet at every point of a rollback, with the driver killed there or not.
func TestTheWorldChangesInARollback(t *testing.T) {
	cases := counted(t, "disturbances")
	s := moving()[0]
	for _, h := range halts() {
		for _, d := range world.Disturbances() {
			t.Run(h.name+", "+d.Name, func(t *testing.T) {
				t.Parallel()
				for _, at := range thinned(rollbackPoints(t, s, h), sparser(4), anyPoint) {
					for _, fault := range []world.Fault{world.NoFault, world.KillAfter} {
						hit := world.Point{}
						synctest.Test(t, func(t *testing.T) {
							n, err := rolledBack(s, h, func(n *night) func(world.Point) world.Fault {
								return func(p world.Point) world.Fault {
									if p.Number != at {
										return world.NoFault
									}
									hit = p
									d.Do(n.world, at)
									return fault
								}
							})
							if err != nil {
								report(t, n, fmt.Errorf("%s at %s %d (%s), driver %s: %w", d.Name, hit.Kind, at, hit.What, fault, err))
							}
							cases.add(n)
						})
					}
				}
			})
		}
	}
}
