package orchestrator_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// fails lets an order fail, whatever attempt it is.
func (p *play) fails(order string) { p.meets(order, world.Fails) }

// meets lets an order meet with a fault, whatever attempt it is.
func (p *play) meets(order string, fault world.Fault) {
	p.at = func(at world.Point) world.Fault {
		if at.Kind == "do" && strings.HasPrefix(at.What, order+"/") {
			return fault
		}
		return world.NoFault
	}
}

// stands is a play whose run was halted past the point of no return because an order failed.
func (p *play) stands(order string) {
	p.t.Helper()
	p.fails(order)
	s, err := p.upgrade()
	if g := p.must(journal.Halted, s, err); !g.PastReturn {
		p.t.Fatal("halted before the point of no return")
	}
	p.at = nil
}

// TestRollbackFromEveryPhase: held in each phase, a run goes back to the old state, over its backup where the schema moved.
func TestRollbackFromEveryPhase(t *testing.T) {
	for i, phase := range phases() {
		if i < slices.Index(phases(), orchestrator.Stop) {
			continue
		}
		t.Run(phase, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.once(within(phase), func() { p.requests <- orchestrator.Hold })
				s, err := p.upgrade()
				if phase == orchestrator.Finish && s.State == journal.Done {
					return // its steps all begin at once: what was asked may have come too late
				}
				p.must(journal.Halted, s, err)
				moved := i >= slices.Index(phases(), orchestrator.Migrate)
				s, err = p.rollback()
				g := p.must(journal.RolledBack, s, err)
				if !slices.Contains(p.asked, orchestrator.AskOld) || g.PastReturn {
					t.Errorf("asked %v, past the point of no return: %t", p.asked, g.PastReturn)
				}
				if restored := p.when(stepBegun(orchestrator.KindRestore)).Step != ""; restored != moved || (len(s.Kept) > 0) != moved {
					t.Errorf("restored: %t, kept %v", restored, s.Kept)
				}
				if s.Bases[0].After != s.Bases[0].Before || s.Servers[0].After != s.Servers[0].Before && s.Servers[0].After.String() != "0.0.0" {
					t.Errorf("the status says %+v, %+v", s.Bases, s.Servers)
				}
				p.serves(false)
			})
		})
	}
}

// TestWhatARollbackAsks: the word, by a person, once a Kea of the target has served; what would be lost is said first.
func TestWhatARollbackAsks(t *testing.T) {
	for _, c := range []struct {
		fails string
		word  string
		says  []string
	}{
		{"verify-k1-db1", "", nil},
		{"unfence-k1", "", nil},
		{"install-k3", "rollback", []string{"has served", "22.2", "dump-k2-db1", "lease4 has 405 rows now, and 403 in the backup", "lost: 2 leases that were written since"}},
	} {
		t.Run(c.fails, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				if c.fails == "verify-k1-db1" {
					p.tear()
					s, err := p.upgrade()
					p.must(journal.Halted, s, err)
					p.on = nil
				} else {
					p.stands(c.fails)
				}
				p.no[orchestrator.AskOld] = true
				before := p.world.Violations()
				s, err := p.rollback()
				g := p.must(journal.Halted, s, err)
				if g.RollingBack || p.when(func(e journal.Event) bool { return e.Phase == orchestrator.BackStop }).Type != "" {
					t.Error("something was done without a yes")
				}
				if len(before) > 0 {
					t.Errorf("the invariant broke: %v", before)
				}
				q := p.question
				served := c.word != ""
				if c.fails == "unfence-k1" {
					served = true // its intent is durable: nobody knows
				}
				if (q.Word == "rollback") != served || q.Typed != served {
					t.Errorf("the question is %+v", q)
				}
				for _, text := range c.says {
					if !strings.Contains(strings.Join(q.Saw, "\n"), text) {
						t.Errorf("%q does not say %q", q.Saw, text)
					}
				}
				clear(p.no)
				s, err = p.resume() // the word was not given: forward it goes
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestThePresentCannotBeKept: where no Kea of the target has served, the way back goes on without a dump of the present that failed
// twice, and the journal has both; where one has, nothing is replaced that is not kept.
func TestThePresentCannotBeKept(t *testing.T) {
	for _, served := range []bool{false, true} {
		t.Run(fmt.Sprintf("served %t", served), func(t *testing.T) {
			acted(t, three(), func(p *play) {
				if served {
					p.stands("install-k3")
				} else {
					p.tear()
					s, err := p.upgrade()
					p.must(journal.Halted, s, err)
					p.on = nil
				}
				p.fails("old-keep-k2-db1")
				s, err := p.rollback()
				if served {
					g := p.must(journal.Halted, s, err)
					if !g.RollingBack || p.when(stepBegun(orchestrator.KindRestore)).Step != "" {
						t.Errorf("rolling back: %t; a restore was begun", g.RollingBack)
					}
					p.at = nil
					s, err = p.resume()
				}
				p.must(journal.RolledBack, s, err)
				if (len(s.Kept) > 0) != served {
					t.Errorf("kept %v", s.Kept)
				}
				failed := p.times(journal.StepFailed, "old-keep-k2-db1")
				if want := map[bool]int{false: 2, true: 1}[served]; failed != want {
					t.Errorf("failed %d times, expected %d", failed, want)
				}
				p.serves(false)
			})
		})
	}
}

// TestADumpThatWasCutOffDidNotFail: a driver that was killed over the dump of the present leaves its two attempts to the next.
func TestADumpThatWasCutOffDidNotFail(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.tear()
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.on = nil
		var orders atomic.Int32
		p.at = func(at world.Point) world.Fault {
			if at.Kind != "do" || !strings.HasPrefix(at.What, "old-keep-k2-db1/") {
				return world.NoFault
			}
			return []world.Fault{world.KillBefore, world.Fails, world.NoFault}[min(orders.Add(1), 3)-1]
		}
		if _, err := p.rollback(); err == nil {
			t.Fatal("nothing killed the driver")
		}
		s, err = p.resume()
		p.must(journal.RolledBack, s, err)
		if len(s.Kept) == 0 {
			t.Error("the present is not kept")
		}
		p.serves(false)
	})
}

// TestARollbackThatBeganStaysOne: resume goes on with the way back, asks nothing again, and an abort is nothing new.
func TestARollbackThatBeganStaysOne(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.stands("install-k3")
		p.fails("old-install-k2")
		s, err := p.rollback()
		if g := p.must(journal.Halted, s, err); !g.RollingBack || !strings.Contains(g.Problem.What, "k2") {
			t.Errorf("%+v", g.Problem)
		}
		p.at = nil
		asked := len(p.asked)
		s, err = p.resume()
		p.must(journal.RolledBack, s, err)
		if len(p.asked) != asked {
			t.Errorf("asked %v", p.asked[asked:])
		}
		p.serves(false)
	})
}

// TestNoBackupNoRollback: what was migrated without a backup cannot go back, is left as it is, and resume leads on.
func TestNoBackupNoRollback(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.opts.Backup, p.opts.Accept = "none", []orchestrator.Risk{orchestrator.NoBackup}
		p.stands("install-k3")
		s, err := p.rollback()
		g := p.must(journal.Halted, s, err)
		if g.RollingBack || !strings.Contains(g.Problem.What, "no backup") || slices.Contains(p.asked, orchestrator.AskOld) {
			t.Errorf("%+v, asked %v", g.Problem, p.asked)
		}
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestNoBackupIsNeededBeforeTheMigration: the schema is as it was, so the old state needs none.
func TestNoBackupIsNeededBeforeTheMigration(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.opts.Backup, p.opts.Accept = "none", []orchestrator.Risk{orchestrator.NoBackup}
		p.no[orchestrator.AskReturn], p.no[orchestrator.AskBack] = true, true
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		clear(p.no)
		s, err = p.rollback()
		p.must(journal.RolledBack, s, err)
		p.serves(false)
	})
}

// TestRollbackWithoutADeadServer: the second copy is restored where the first died with its server, and nothing is where both did.
func TestRollbackWithoutADeadServer(t *testing.T) {
	for _, c := range []struct {
		name string
		dead []int
		want journal.State
	}{
		{"the canary, without a copy", []int{0}, journal.RolledBack},
		{"the one with the proved copy", []int{1}, journal.RolledBack},
		{"the one with the second copy", []int{2}, journal.RolledBack},
		{"both that hold copies", []int{1, 2}, journal.Halted},
	} {
		t.Run(c.name, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.stands("install-k3")
				for _, number := range c.dead {
					p.world.Die(number)
				}
				s, err := p.rollback()
				if g := p.must(journal.Halted, s, err); !strings.Contains(g.Problem.Why, p.world.Names()[c.dead[0]]) {
					t.Errorf("who does not answer is not said: %+v", g.Problem)
				}
				for _, number := range c.dead {
					p.dead = append(p.dead, p.world.Names()[number])
				}
				s, err = p.rollback()
				g := p.must(c.want, s, err)
				if c.want == journal.Halted {
					if !strings.Contains(g.Problem.What, "no server that is left holds a backup") {
						t.Errorf("%+v", g.Problem)
					}
					return
				}
				on := map[string]bool{}
				for _, name := range p.world.Names() {
					if !slices.Contains(p.dead, name) {
						on[name] = false
					}
				}
				p.world.Settle(time.Minute)
				if err := p.world.Rest("run", on); err != nil {
					t.Error(err)
				}
				p.sound()
			})
		})
	}
}

// TestRollbackWaitsForAMigrationThatRuns: its driver is gone, it is not, and nothing is restored beside it.
func TestRollbackWaitsForAMigrationThatRuns(t *testing.T) {
	acted(t, three(), func(p *play) {
		var begun atomic.Bool
		ended := p.cutOff(func(at world.Point) world.Fault {
			switch {
			case at.Kind == "do" && at.What == "migrate-k1-db1/1":
				begun.Store(true)
			case at.Kind == "look" && begun.CompareAndSwap(true, false):
				return world.KillBefore
			}
			return world.NoFault
		})
		var waited atomic.Bool
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && at.What == "migrate-k1-db1/1" {
				waited.Store(true)
			}
			return world.NoFault
		}
		s, err := p.rollback()
		p.must(journal.RolledBack, s, err)
		if err := <-ended; err == nil {
			t.Error("nothing killed the first driver")
		}
		if !waited.Load() {
			t.Error("the migration was not waited for")
		}
		p.serves(false)
	})
}

// TestARolledGroupGoesBack: no schema moves, so that nothing is restored, and what was rolled serves the old again.
func TestARolledGroupGoesBack(t *testing.T) {
	spec := three()
	spec.From = "3.0.0"
	acted(t, spec, func(p *play) {
		p.no[orchestrator.AskBack] = true
		p.fails("install-k2")
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.at = nil
		s, err = p.rollback()
		p.must(journal.RolledBack, s, err)
		if len(s.Kept) > 0 || p.question.Typed {
			t.Errorf("kept %v, asked %+v", s.Kept, p.question)
		}
		p.serves(false)
	})
}

// TestNothingIsRolledForwardByARollback: a group that was not begun stays as it is.
func TestNothingIsRolledForwardByARollback(t *testing.T) {
	spec := three()
	spec.Servers, spec.Separate = 2, true
	acted(t, spec, func(p *play) {
		p.stands("start-k1")
		s, err := p.rollback()
		if err != nil || s.State != journal.RolledBack || s.Groups[1].State != journal.Refused {
			t.Fatalf("%v: %s, %+v", err, s.State, s.Groups)
		}
		p.serves(false)
	})
}

// TestAKeaThatComesBackInARollback: the database is not replaced under it, it is named, and the way back goes on once it is gone.
func TestAKeaThatComesBackInARollback(t *testing.T) {
	for _, phase := range []string{orchestrator.BackStop, orchestrator.BackKeep, orchestrator.BackRestore} {
		t.Run(phase, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.stands("install-k3")
				p.once(phaseBegun(phase), func() { p.happens("a fence removed and Kea started", 1) })
				s, err := p.rollback()
				if s.State == journal.RolledBack && err == nil && phase == orchestrator.BackStop {
					p.serves(false) // it came before the stop, and was stopped
					return
				}
				if g := p.must(journal.Halted, s, err); !strings.Contains(g.Problem.What+g.Problem.Why, "k2") {
					t.Errorf("%+v", g.Problem)
				}
				p.on = nil
				s, err = p.rollback()
				p.must(journal.RolledBack, s, err)
				p.serves(false)
			})
		})
	}
}

// TestWhoeverWakesUpInARollback: a drive that was suspended on the way forward touches nothing once another took the run back.
func TestWhoeverWakesUpInARollback(t *testing.T) {
	for _, before := range []string{"migrate-k1-db1", "unfence-k1", "start-k1", "install-k3", "unfence-k2"} {
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
				status, err := p.rollback()
				p.must(journal.RolledBack, status, err)
				p.serves(false)
				close(s.wake)
				if err := <-ended; !errors.Is(err, orchestrator.ErrSuperseded) {
					t.Errorf("the first drive ended with %v", err)
				}
				p.serves(false)
			})
		})
	}
}

// TestARestoreThatWasCutOffIsDoneAgain: the server is restarted when every table is there and not all of what they hold. Neither the
// drive that saw it nor the next takes the database for restored.
func TestARestoreThatWasCutOffIsDoneAgain(t *testing.T) {
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("driver killed: %t", killed), func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.stands("test-k1")
				var cut atomic.Bool
				p.at = func(at world.Point) world.Fault {
					switch {
					case at.Kind == "do" && at.What == "old-restore-k2-db1/1":
						go func() {
							passes(600 * time.Millisecond)
							p.happens("a reboot", 1)
							cut.Store(true)
						}()
					case killed && cut.Load():
						return world.KillBefore
					}
					return world.NoFault
				}
				s, err := p.rollback()
				if !cut.Load() || killed != (err != nil) {
					t.Fatalf("cut off: %t, %v", cut.Load(), err)
				}
				p.at = nil
				for range 2 { // the restart cut an installation off too
					if s.State != journal.RolledBack {
						s, err = p.rollback()
					}
				}
				p.must(journal.RolledBack, s, err)
				if begun := p.times(journal.StepBegun, "old-restore-k2-db1"); begun < 2 {
					t.Errorf("the restore was begun %d times", begun)
				}
				if kept := len(s.Kept); kept != 1 {
					t.Errorf("the present is kept %d times", kept)
				}
				p.serves(false)
			})
		})
	}
}
