package orchestrator_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
)

// survives runs one night in which something goes wrong in the first drive, and carries on until it is over.
func survives(s scenario, at func(*night) func(world.Point) world.Fault) (*night, error) {
	n := newNight(s)
	err := n.drive(at(n))
	var end error
	switch {
	case err == nil, errors.Is(err, orchestrator.ErrSuperseded):
	default:
		end = err // a drive that ended with an error of its own may be resumed all the same
	}
	if err := n.finish(); err != nil {
		return n, fmt.Errorf("%w (first drive: %v)", err, end)
	}
	return n, n.sound()
}

// points gives the points of a scenario's untroubled night.
func points(t *testing.T, s scenario) []world.Point {
	var all []world.Point
	synctest.Test(t, func(t *testing.T) { all = pointsOf(t, newNight(s)) })
	return all
}

// pointsOf gives the points of a night's next drive, which nothing troubles.
func pointsOf(t *testing.T, n *night) []world.Point {
	var all []world.Point
	var mu sync.Mutex // lanes side by side
	err := n.drive(func(p world.Point) world.Fault {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, p)
		return world.NoFault
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b world.Point) int { return a.Number - b.Number })
	return all
}

// thinned keeps one point in so many, from -first on.
func thinned(all []world.Point, one int, keep func(world.Point) bool) []int {
	var numbers []int
	for i, p := range all {
		if keep(p) && (i+*first)%one == 0 {
			numbers = append(numbers, p.Number)
		}
	}
	return numbers
}

// sparser takes so many times fewer points, where much is tried at each; every single one stays every single one.
func sparser(times int) int {
	if *every == 1 {
		return 1
	}
	return times * *every
}

func anyPoint(world.Point) bool { return true }

// changes keeps effects and writes of the journal: between two of them a driver changes nothing, so that where it dies there
// makes no difference.
func changes(p world.Point) bool { return p.Kind != "look" }

// report fails with everything that was written down.
func report(t *testing.T, n *night, err error) {
	t.Helper()
	for i, line := range n.ran {
		n.ran[i] = fmt.Sprintf("%.240s", line)
	}
	t.Fatalf("%v\n%s", err, strings.Join(n.ran, "\n"))
}

// TestKilledAnywhere kills the driver before and after every single query, effect and write of the journal, and resumes.
func TestKilledAnywhere(t *testing.T) {
	cases := counted(t, "kills")
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			total := points(t, s)
			for _, at := range thinned(total, *every, changes) {
				for _, fault := range []world.Fault{world.KillBefore, world.KillAfter} {
					killed := world.Point{}
					synctest.Test(t, func(t *testing.T) {
						n, err := survives(s, func(*night) func(world.Point) world.Fault {
							return func(p world.Point) world.Fault {
								if p.Number != at {
									return world.NoFault
								}
								killed = p
								return fault
							}
						})
						if err != nil {
							report(t, n, fmt.Errorf("%s %s %d (%s): %w", fault, killed.Kind, at, killed.What, err))
						}
						cases.add(n)
					})
				}
			}
		})
	}
}

// TestFaultAnywhere lets every single query, effect and write of the journal go wrong in every way, and resumes.
func TestFaultAnywhere(t *testing.T) {
	cases := counted(t, "faults")
	faults := []world.Fault{world.Fails, world.Lost, world.Hangs, world.FalseFailed, world.FalseDone}
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			total := points(t, s)
			for _, at := range thinned(total, *every, anyPoint) {
				for _, fault := range faults {
					hit := world.Point{}
					synctest.Test(t, func(t *testing.T) {
						n, err := survives(s, func(*night) func(world.Point) world.Fault {
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

// TestWorldChangesMeanwhile disturbs the fleet at every point of the first drive, kills the driver there, and resumes into the
// world as it then is.
func TestWorldChangesMeanwhile(t *testing.T) {
	cases := counted(t, "disturbances")
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			total := points(t, s)
			for _, d := range world.Disturbances() {
				for _, at := range thinned(total, sparser(10), anyPoint) {
					for _, fault := range []world.Fault{world.NoFault, world.KillAfter} {
						hit := world.Point{}
						synctest.Test(t, func(t *testing.T) {
							n, err := survives(s, func(n *night) func(world.Point) world.Fault {
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
			}
		})
	}
}

// TestPairsAtRandom draws faults, kills and disturbances in pairs, over several drives, from a printed seed. Every third first drive is asked to
// pause besides.
func TestPairsAtRandom(t *testing.T) {
	seed := cmp.Or(*again, uint64(time.Now().UnixNano()))
	t.Logf("seed %d", seed)
	all := scenarios()
	faults := []world.Fault{world.KillBefore, world.KillAfter, world.Fails, world.Lost, world.Hangs, world.FalseFailed, world.FalseDone}
	totals := make([]int, len(all))
	for i, s := range all {
		totals[i] = len(points(t, s))
	}
	cases := counted(t, "pairs")
	for count, end := 0, time.Now().Add(*forLong); time.Now().Before(end); count++ {
		draw := rand.New(rand.NewPCG(seed, uint64(count)))
		i := draw.IntN(len(all))
		first, second := 1+draw.IntN(totals[i]), 1+draw.IntN(totals[i])
		d := world.Disturbances()[draw.IntN(len(world.Disturbances()))]
		fault, other := faults[draw.IntN(len(faults))], faults[draw.IntN(len(faults))]
		pause := draw.IntN(3) == 0
		if fault == world.Hangs && strings.HasSuffix(d.Name, "by hand") {
			fault = world.Lost // a command that hangs is past the look that would have seen it
		}
		synctest.Test(t, func(t *testing.T) {
			n := newNight(all[i])
			_ = n.drive(func(p world.Point) world.Fault {
				if p.Number == first {
					d.Do(n.world, first)
					return fault
				}
				if pause && p.Number == second {
					n.requests <- orchestrator.Pause
				}
				return world.NoFault
			})
			n.world.Settle(time.Minute)
			if !n.over() {
				_ = n.drive(func(p world.Point) world.Fault {
					if p.Number == second {
						return other
					}
					return world.NoFault
				})
			}
			err := n.finish()
			if err == nil {
				err = n.sound()
			}
			if err != nil {
				report(t, n, fmt.Errorf("seed %d, case %d: %s with %s at %d, then %s at %d: %w", seed, count, fault, d.Name, first, other, second, err))
			}
			cases.add(n)
		})
	}
}
