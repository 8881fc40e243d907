package orchestrator_test

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// heldBeforeReturn is a play whose run stands still before the point of no return.
func (p *play) heldBeforeReturn() {
	p.t.Helper()
	p.no[orchestrator.AskReturn], p.no[orchestrator.AskBack] = true, true
	s, err := p.upgrade()
	p.must(journal.Halted, s, err)
	clear(p.no)
	p.asked = nil
}

// unlockable lets no lock be had for so long: the database is being restarted, or has no connection left.
func (p *play) unlockable(long time.Duration) {
	from := time.Now()
	p.at = func(at world.Point) world.Fault {
		if at.Kind == "look" && at.What == "lock kea1" && time.Since(from) < long {
			return world.Fails
		}
		return world.NoFault
	}
}

// TestALockThatCannotBeHad is waited for. Where it stays away nothing is done, and nothing is taken back.
func TestALockThatCannotBeHad(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.heldBeforeReturn()
		p.unlockable(time.Hour)
		s, err := p.resume()
		if g := p.must(journal.Halted, s, err); g.BackingOut || len(p.asked) > 0 || !strings.Contains(g.Problem.What, "lock") {
			t.Errorf("backing out %t, asked %v: %+v", g.BackingOut, p.asked, g.Problem)
		}
		p.unlockable(20 * time.Second)
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestAHoldIsHeardWhileTheLockIsWaitedFor.
func TestAHoldIsHeardWhileTheLockIsWaitedFor(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.heldBeforeReturn()
		p.unlockable(time.Hour)
		began := time.Now()
		p.requests <- orchestrator.Hold
		s, err := p.resume()
		if g := p.must(journal.Halted, s, err); time.Since(began) > 5*time.Second || !strings.Contains(g.Problem.What, "held") {
			t.Errorf("after %s: %+v", time.Since(began), g.Problem)
		}
	})
}

// TestALostLock is taken again, whoever had it for a moment. Where another keeps it, the run holds, and offers nothing.
func TestALostLock(t *testing.T) {
	for _, phase := range []string{orchestrator.UpgradeCanary, orchestrator.UpgradeRest} {
		for _, long := range []time.Duration{2 * time.Second, time.Minute} {
			t.Run(phase+", "+long.String(), func(t *testing.T) {
				acted(t, three(), func(p *play) {
					p.once(within(phase), func() { p.world.TakeLock(0, "somebody", long) })
					p.at = func(at world.Point) world.Fault {
						if at.Kind == "do" && (at.What == "install-k1/1" || at.What == "install-k3/1") {
							passes(10 * time.Second)
						}
						return world.NoFault
					}
					s, err := p.upgrade()
					want := map[bool]journal.State{true: journal.Done, false: journal.Halted}[long < time.Minute]
					g := p.must(want, s, err)
					if slices.Contains(p.asked, orchestrator.AskStop) || slices.Contains(p.asked, orchestrator.AskBack) {
						t.Errorf("asked %v", p.asked)
					}
					if want == journal.Halted && !strings.Contains(g.Problem.What+g.Problem.Why, "somebody") {
						t.Errorf("it says %+v", g.Problem)
					}
					if want == journal.Halted {
						p.at, p.on = nil, nil
						p.world.Settle(2 * time.Minute)
						s, err = p.resume()
						p.must(journal.Done, s, err)
					}
					p.serves(true)
				})
			})
		}
	}
}

// TestALockThatOutlivesItsDrive: what holds it in the database is ended by the next drive, for it was written down; one that is not the
// run's own stays.
func TestALockThatOutlivesItsDrive(t *testing.T) {
	spec := three()
	spec.Lingers = true
	for _, step := range []string{"fence-k2", "migrate-k1-db1", "install-k3"} {
		t.Run(step, func(t *testing.T) {
			acted(t, spec, func(p *play) {
				p.killed(step)
				p.at = func(at world.Point) world.Fault {
					if at.Kind == "do" && at.What == "start-k3/1" {
						return world.KillAfter
					}
					return world.NoFault
				}
				if _, err := p.resume(); err == nil {
					t.Fatal("the second drive was not killed")
				}
				p.at = nil
				p.world.TakeLock(0, "somebody", 10*time.Second)
				s, err := p.resume()
				if g := p.must(journal.Halted, s, err); !strings.Contains(g.Problem.What+g.Problem.Why, "somebody") {
					t.Errorf("it says %+v", g.Problem)
				}
				p.world.Settle(time.Minute)
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestALostLockOfADatabaseThatIsAway: it is asked for until the database is back.
func TestALostLockOfADatabaseThatIsAway(t *testing.T) {
	acted(t, three(), func(p *play) {
		var lost, asked atomic.Int64
		p.at = func(at world.Point) world.Fault {
			switch from := lost.Load(); {
			case from > 0 && at.Kind == "look" && at.What == "lock kea1":
				asked.Add(1)
				if time.Now().UnixNano()-from < int64(8*time.Second) {
					return world.Fails
				}
				asked.Store(-1) // and it is there
			case at.Kind == "do" && at.What == "install-k3/1":
				passes(10 * time.Second)
			}
			return world.NoFault
		}
		p.once(within(orchestrator.UpgradeRest), func() {
			lost.Store(time.Now().UnixNano())
			p.world.TakeLock(0, "", 0)
		})
		s, err := p.upgrade()
		p.must(journal.Done, s, err)
		if asked.Load() != -1 {
			t.Errorf("it asked for the lost lock %d times, and never got it", asked.Load())
		}
		p.serves(true)
	})
}
