package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// tear kills kea-admin's process group a moment after the migration was begun.
func (p *play) tear() {
	p.once(stepBegun(orchestrator.KindMigrate), func() {
		go func() {
			passes(2 * time.Second)
			p.happens("a migration killed", 0)
		}()
	})
}

func TestTornMigrationIsRestoredByResume(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.tear()
		s, err := p.upgrade()
		g := p.must(journal.Halted, s, err)
		if !g.PastReturn || !strings.Contains(g.Problem.Why, "torn") {
			t.Errorf("past the point of no return %t, problem %+v", g.PastReturn, g.Problem)
		}
		if slices.Contains(p.asked, orchestrator.AskRestore) || slices.Contains(p.asked, orchestrator.AskBack) {
			t.Errorf("asked %v: nothing is put back in the drive that saw it torn", p.asked)
		}
		p.on = nil
		s, err = p.resume()
		p.must(journal.Done, s, err)
		if !slices.Contains(p.asked, orchestrator.AskRestore) {
			t.Error("the backup was restored without a word")
		}
		p.serves(true)
	})
}

func TestNoToTheRestoreHoldsStill(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.tear()
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.on, p.no[orchestrator.AskRestore] = nil, true
		s, err = p.resume()
		if g := p.must(journal.Halted, s, err); !g.PastReturn || p.when(stepBegun(orchestrator.KindRestore)).Step != "" {
			t.Error("the backup was restored against the operator's word")
		}
		p.sound()
		clear(p.no)
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// sleeper holds a driver at one of its points until it is woken, as a suspended laptop does.
type sleeper struct {
	sync.Mutex
	before string // the point, by its kind and what it does
	asleep chan struct{}
	wake   chan struct{}
	down   bool
}

func (s *sleeper) at(p world.Point) world.Fault {
	s.Lock()
	if !s.down && p.Kind+" "+p.What == s.before {
		s.down = true
		close(s.asleep)
	}
	down := s.down && p.Kind != "append" // what is being written is written: others wait for it
	s.Unlock()
	if down {
		<-s.wake
	}
	return world.NoFault
}

// TestWhoeverWakesUpActsNoMore suspends a driver before each of its effects, lets another drive end the run from a journal of
// its own, and wakes the first one up.
func TestWhoeverWakesUpActsNoMore(t *testing.T) {
	for _, before := range []string{"fence-k2", "stop-k3", "dump-k2-db1", "install-k1", "prove-k2-db1", "migrate-k1-db1", "unfence-k1", "start-k1", "install-k3", "unfence-k2", "start-k3"} {
		t.Run(before, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				s := &sleeper{before: "do " + before + "/1", asleep: make(chan struct{}), wake: make(chan struct{})}
				p.at = s.at
				ended := make(chan error, 1)
				go func() {
					_, err := p.upgrade()
					ended <- err
				}()
				<-s.asleep
				passes(10 * time.Minute)
				p.happens("a lost lock connection", 0)
				p.copied()
				p.at = nil
				status, err := p.resume()
				p.must(journal.Done, status, err)
				p.serves(true)
				close(s.wake)
				if err := <-ended; !errors.Is(err, orchestrator.ErrSuperseded) {
					t.Errorf("the first drive ended with %v", err)
				}
				p.serves(true)
			})
		})
	}
}

// TestWhoeverWakesUpBeforeItsClaim: the marker that it would take was let go by a run that is over. It finds that out by its
// first claim, asks nobody anything and touches nothing.
func TestWhoeverWakesUpBeforeItsClaim(t *testing.T) {
	for _, before := range []string{"claim-k1", "claim-k2", "claim-k3"} {
		t.Run(before, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				s := &sleeper{before: "do " + before + "/1", asleep: make(chan struct{}), wake: make(chan struct{})}
				p.at = s.at
				ended := make(chan error, 1)
				go func() {
					_, err := p.upgrade()
					ended <- err
				}()
				<-s.asleep
				passes(10 * time.Minute)
				p.happens("a lost lock connection", 0)
				first := p.log
				p.copied()
				p.at = nil
				status, err := p.resume()
				p.must(journal.Done, status, err)
				p.serves(true)
				asked, told := len(p.asked), len(first.After(0))
				close(s.wake)
				if err := <-ended; !errors.Is(err, orchestrator.ErrSuperseded) {
					t.Errorf("the first drive ended with %v", err)
				}
				if len(p.asked) != asked {
					t.Errorf("it asked %v", p.asked[asked:])
				}
				for _, e := range first.After(told) {
					if e.Type == journal.StepBegun && !strings.HasPrefix(e.Step, "claim-") || e.Type == journal.StepDone || e.Type == journal.BackingOut {
						t.Errorf("it went on: %s %s", e.Type, e.Step)
					}
				}
				p.serves(true)
			})
		})
	}
}

// TestAReleaseWithoutALastWord kills the driver once a server, or each of them, was let go: the next drive's higher epoch claims
// and lets go of them again.
func TestAReleaseWithoutALastWord(t *testing.T) {
	for _, last := range []string{"do release-k1/1", "do release-k3/1", "append step-done finishrelease-k2", "append group-ended ", "append drive-ended "} {
		t.Run(last, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				killed := false
				p.at = func(at world.Point) world.Fault {
					if at.Kind+" "+at.What != last {
						return world.NoFault
					}
					killed = true
					if at.Kind == "do" {
						return world.KillAfter
					}
					return world.KillBefore
				}
				if _, err := p.upgrade(); err == nil || !killed {
					t.Fatalf("the drive ended with %v, killed: %t", err, killed)
				}
				p.at = nil
				s, err := p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestAServerThatIsNotLetGo: the others were let go and cannot be claimed again by this drive, and everything serves the target.
// Nothing is taken back for it; the next drive lets go of what is left.
func TestAServerThatIsNotLetGo(t *testing.T) {
	for _, from := range []string{"2.6.3", "3.0.0"} {
		t.Run(from, func(t *testing.T) {
			spec := three()
			spec.From = from
			acted(t, spec, func(p *play) {
				p.at = func(at world.Point) world.Fault {
					if at.Kind == "do" && at.What == "release-k2/1" {
						return world.Fails
					}
					return world.NoFault
				}
				s, err := p.upgrade()
				p.must(journal.Halted, s, err)
				if slices.Contains(p.asked, orchestrator.AskBack) {
					t.Error("the operator was asked to take back what serves")
				}
				p.at = nil
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// copied goes on with a copy of the journal: the first drive cannot know what is added to it.
func (p *play) copied() {
	log := &world.Log{}
	to := p.world.Drive("copy", log)
	for _, e := range p.log.After(0) {
		if err := to.Append(context.Background(), e); err != nil {
			p.t.Fatal(err)
		}
	}
	p.log = log
}

// TestLockHeldByAnother: the second drive does nothing and offers nothing, and the first goes on to its end.
func TestLockHeldByAnother(t *testing.T) {
	acted(t, three(), func(p *play) {
		s := &sleeper{before: "do install-k1/1", asleep: make(chan struct{}), wake: make(chan struct{})}
		p.at = s.at
		type end struct {
			status journal.Status
			err    error
		}
		ended := make(chan end, 1)
		go func() {
			status, err := p.upgrade()
			ended <- end{status, err}
		}()
		<-s.asleep
		first := p.log
		p.copied()
		p.at = nil
		asked := len(p.asked)
		status, err := p.resume()
		g := p.must(journal.Halted, status, err)
		if !strings.Contains(g.Problem.What, "lock") || !strings.Contains(g.Problem.Why, "driver 1") {
			t.Errorf("who holds the lock is not said: %+v", g.Problem)
		}
		if len(p.asked) != asked {
			t.Errorf("asked %v: nothing can be answered while somebody else is at work", p.asked[asked:])
		}
		p.log = first
		close(s.wake)
		e := <-ended
		p.must(journal.Done, e.status, e.err)
		p.serves(true)
	})
}

// TestNoEffectWithoutItsIntent lets the disk of the journal be full at one write after the other: whatever is done then was
// announced, durably, and the next drive ends the run.
func TestNoEffectWithoutItsIntent(t *testing.T) {
	appends := 0
	acted(t, three(), func(p *play) {
		s, err := p.upgrade()
		p.must(journal.Done, s, err)
		appends = s.Seq
	})
	for full := 1; full <= appends; full += 3 {
		acted(t, three(), func(p *play) {
			seen := 0
			var mu sync.Mutex
			p.at = func(at world.Point) world.Fault {
				mu.Lock()
				defer mu.Unlock()
				switch at.Kind {
				case "append":
					if seen++; seen >= full {
						return world.Fails
					}
				case "do":
					if !announced(p.log, at.What) {
						t.Errorf("write %d fails: %s was done unannounced", full, at.What)
					}
				}
				return world.NoFault
			}
			if _, err := p.upgrade(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
				t.Fatalf("write %d fails: the drive ended with %v", full, err)
			}
			p.sound()
			p.at = nil
			if !planMade(p.log) {
				return // nothing is known of the fleet, and nothing was done to it
			}
			p.world.Settle(time.Minute)
			s, err := p.resume()
			p.must(journal.Done, s, err)
			p.serves(true)
		})
	}
}

// announced reports whether the newest event about a step is the intent to do it in that attempt.
func announced(log *world.Log, order string) bool {
	last := ""
	for _, e := range log.After(0) {
		var a journal.Attempt
		if e.Type == journal.StepBegun && e.Read(&a) == nil && order == fmt.Sprintf("%s/%d", e.Step, a.Number) {
			last = order
		} else if e.Step != "" && strings.HasPrefix(order, e.Step+"/") {
			last = ""
		}
	}
	return last == order
}

func planMade(log *world.Log) bool {
	return slices.ContainsFunc(log.After(0), func(e journal.Event) bool { return e.Type == journal.PlanMade })
}

// TestEveryPrefixOfARunFolds: wherever a driver dies, what it left can be read, and says less than what came after.
func TestEveryPrefixOfARunFolds(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.tear()
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.on = nil
		s, err = p.resume()
		p.must(journal.Done, s, err)
		var f journal.Folding
		epoch := 0
		for i, e := range p.log.After(0) {
			if err := f.Add(e); err != nil {
				t.Fatalf("event %d: %v", i+1, err)
			}
			now := f.Status()
			if now.Seq != i+1 || now.Epoch < epoch || now.State == journal.Done && i+1 < len(p.log.After(0))-1 {
				t.Errorf("after event %d (%s): state %s, epoch %d", i+1, e.Type, now.State, now.Epoch)
			}
			epoch = now.Epoch
		}
	})
}

// TestAServerThatIsCutOffForAWhile: the run waits for it, does again what did not reach it, and needs no resume.
func TestAServerThatIsCutOffForAWhile(t *testing.T) {
	for _, step := range []string{
		"claim-k3", "fence-k2", "stop-k1", "dump-k2-db1", "dump-k3-db1", "prove-k2-db1", "install-k1", "configure-k1", "migrate-k1-db1", "verify-k1-db1",
		"test-k1", "unfence-k1", "start-k1", "confirm-k1", "install-k3", "configure-k2", "test-k3", "unfence-k2", "start-k3", "confirm-k2", "release-k2",
	} {
		t.Run(step, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				server := int(strings.Split(step, "-")[1][1] - '1')
				p.once(func(e journal.Event) bool { return e.Type == journal.StepBegun && e.Step == step }, func() {
					p.happens("the network of a server cut for 15 s", server)
				})
				s, err := p.upgrade()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestADatabaseThatIsAwayForAWhile: as before, by the moments at which it is asked.
func TestADatabaseThatIsAwayForAWhile(t *testing.T) {
	for _, phase := range []string{orchestrator.BackUp, orchestrator.UpgradeCanary, orchestrator.VerifySchema, orchestrator.ConfirmCanary, orchestrator.ConfirmRest} {
		t.Run(phase, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.once(phaseBegun(phase), func() { p.happens("the database away for 5 s", 0) })
				s, err := p.upgrade()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestSomebodysOwnKeaAdminIsWaitedOut: two that migrate at once tear the schema. Its session is there for moments only; its process stays.
func TestSomebodysOwnKeaAdminIsWaitedOut(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.once(phaseDone(orchestrator.UpgradeCanary), func() { p.happens("a kea-admin by hand", 0) })
		s, err := p.upgrade()
		g := p.must(journal.Halted, s, err)
		if e := p.when(stepBegun(orchestrator.KindMigrate)); e.Step != "" || !g.PastReturn {
			t.Errorf("it migrated beside it: %+v, past the point of no return %t", e, g.PastReturn)
		}
		if !strings.Contains(g.Problem.What, "kea1 is at 30.0, migrated") || !strings.Contains(g.Problem.Why, "k1: kea-admin db-upgrade runs (pid") {
			t.Errorf("it says %+v", g.Problem)
		}
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestSomebodyMigratesAsTheRunBacksOut: the old software does not start over a schema that somebody moved, and rollback restores it.
func TestSomebodyMigratesAsTheRunBacksOut(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskReturn] = true
		p.once(phaseBegun(orchestrator.BackSoftware), func() { p.happens("a kea-admin by hand", 0) })
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		s, err = p.resume()
		if g := p.must(journal.Halted, s, err); !strings.Contains(g.Problem.What, "30.0") {
			t.Errorf("it says %+v", g.Problem)
		}
		s, err = p.rollback()
		p.must(journal.RolledBack, s, err)
		p.serves(false)
	})
}

// TestNoOldKeaBesideSomebodysKeaAdmin: no way back starts the old software while somebody's kea-admin is at work, however long it takes
// until it changes something.
func TestNoOldKeaBesideSomebodysKeaAdmin(t *testing.T) {
	spec := three()
	for _, back := range []string{"rollback", "back-out", "back-out, late"} {
		t.Run(back, func(t *testing.T) {
			acted(t, spec, func(p *play) {
				p.world.KeaAdminTakes(15 * time.Second)
				p.no[orchestrator.AskReturn], p.no[orchestrator.AskBack] = true, back == "rollback"
				if back != "rollback" {
					p.once(phaseBegun(orchestrator.BackSoftware), func() {
						go func() {
							if back == "back-out, late" {
								passes(3 * time.Second)
							}
							p.happens("a kea-admin by hand", 0)
						}()
					})
				}
				s, err := p.upgrade()
				g := p.must(journal.Halted, s, err)
				if back == "rollback" {
					p.happens("a kea-admin by hand", 0)
					s, err = p.rollback()
					g = p.must(journal.Halted, s, err)
				}
				if !strings.Contains(g.Problem.What+g.Problem.Why, "kea-admin db-upgrade runs") {
					t.Errorf("it says %+v", g.Problem)
				}
				p.world.Settle(time.Minute)
				p.sound()
				s, err = p.rollback()
				p.must(journal.RolledBack, s, err)
				p.serves(false)
			})
		})
	}
}
