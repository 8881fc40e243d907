package orchestrator_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// TestAKeaWithoutASessionIsNotQuiet: it tries to reach its database, so that no session tells of it; its process does.
func TestAKeaWithoutASessionIsNotQuiet(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.once(phaseBegun(orchestrator.BackUp), func() { p.happens("a Kea started by hand that has not connected yet", 1) })
		s, err := p.upgrade()
		g := p.must(journal.BackedOut, s, err)
		if e := p.when(stepBegun(orchestrator.KindMigrate)); e.Step != "" || !strings.Contains(g.Problem.What+g.Problem.Why, "started by hand") {
			t.Errorf("migrated: %q, problem %+v", e.Step, g.Problem)
		}
		p.serves(false)
	})
}

// TestAnEditBeforeTheStopIsNotLost: what an administrator changes between the plan and the stop would be overwritten, so nothing is begun.
func TestAnEditBeforeTheStopIsNotLost(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.once(phaseDone(orchestrator.Prefetch), func() { p.world.Edit(1) })
		s, err := p.upgrade()
		p.must(journal.Refused, s, err)
		if e := p.when(stepBegun(orchestrator.KindClaim)); e.Step != "" {
			t.Errorf("%s was begun", e.Step)
		}
		p.sound()
	})
}

// TestAPackageThatIsMovedIsNotStarted: between a server's upgrade and its start its package was put back. It is not started so, and
// the next drive upgrades it again.
func TestAPackageThatIsMovedIsNotStarted(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && at.What == "install-k3/1" {
				passes(20 * time.Second)
			}
			return world.NoFault
		}
		p.once(func(e journal.Event) bool { return e.Type == journal.StepDone && e.Step == "test-k2" }, func() {
			p.happens("a package moved by hand", 1)
		})
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		if p.times(journal.StepBegun, "start-k2") > 0 {
			t.Error("it was started")
		}
		p.sound()
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestACrashBeforeTheEndIsSeen: a server that was confirmed and serves no more as the run ends.
func TestACrashBeforeTheEndIsSeen(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.once(phaseDone(orchestrator.ConfirmRest), func() { p.world.Crash(2) })
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestTheNextIsNotRolledBesideOneThatIsDown: a group whose schema stays serves all the time but for the one that is rolled.
func TestTheNextIsNotRolledBesideOneThatIsDown(t *testing.T) {
	spec := three()
	spec.From = "3.0.0"
	acted(t, spec, func(p *play) {
		p.no[orchestrator.AskBack] = true
		p.once(phaseDone("roll k1"), func() { p.world.Crash(0) })
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		if p.times(journal.StepBegun, "stop-k2") > 0 {
			t.Error("k2 was stopped while k1 was down")
		}
		clear(p.no)
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestPowerIsLostInAStep: what is there by halves is not taken for done, and what was torn is restored, to the last lease.
func TestPowerIsLostInAStep(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  orchestrator.Kind
		after time.Duration
		on    int
		first journal.State
	}{
		{"a package half installed", orchestrator.KindInstall, 2 * time.Second, 0, journal.BackedOut},
		{"a migration", orchestrator.KindMigrate, 2 * time.Second, 0, journal.Halted},
		{"a canary that settles", orchestrator.KindConfirm, time.Second, 0, journal.Halted},
	} {
		t.Run(c.name, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.once(stepBegun(c.kind), func() { p.later(c.after, "a reboot", c.on) })
				s, err := p.upgrade()
				p.must(c.first, s, err)
				p.sound()
				if c.first == journal.BackedOut {
					p.serves(false)
					return
				}
				p.on = nil
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestPowerIsLostInARestore: the structure is there again and the rows are not all.
func TestPowerIsLostInARestore(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.tear()
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.once(stepBegun(orchestrator.KindRestore), func() { p.later(550*time.Millisecond, "a reboot", 1) })
		if _, err = p.resume(); err != nil {
			t.Fatal(err)
		}
		p.on = nil
		p.world.Settle(time.Minute)
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// later lets a disturbance happen after a while.
func (p *play) later(after time.Duration, name string, to int) {
	go func() {
		passes(after)
		p.happens(name, to)
	}()
}

// TestOneOfTwoDatabasesIsMigrated: that the other is untouched takes nothing back.
func TestOneOfTwoDatabasesIsMigrated(t *testing.T) {
	spec := three()
	spec.Databases = 2
	acted(t, spec, func(p *play) {
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && strings.HasPrefix(at.What, "migrate-k1-db2/") {
				return world.Fails
			}
			return world.NoFault
		}
		s, err := p.upgrade()
		if g := p.must(journal.Halted, s, err); !g.PastReturn || g.BackingOut {
			t.Errorf("past the point of no return: %t, backing out: %t", g.PastReturn, g.BackingOut)
		}
		p.at = nil
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestTakenOverFromALaterDrive: the markers are of the second drive, and the third is newer.
func TestTakenOverFromALaterDrive(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.killed("install-k1")
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && strings.HasPrefix(at.What, "install-k2/") {
				return world.KillAfter
			}
			return world.NoFault
		}
		if _, err := p.resume(); err == nil {
			t.Fatal("the second drive was not killed")
		}
		p.at = nil
		p.world.Settle(time.Minute)
		s, err := p.takeOver("k2")
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestNoToStoppingAStrangerHoldsStill: what somebody let run past the point of no return is not stopped against the operator's word.
func TestNoToStoppingAStrangerHoldsStill(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskStop] = true
		p.once(phaseBegun(orchestrator.VerifySchema), func() { p.happens("a fence removed and Kea started", 2) })
		s, err := p.upgrade()
		if g := p.must(journal.Halted, s, err); !g.PastReturn || p.times(journal.StepBegun, "fence-k3") != 1 {
			t.Errorf("past the point of no return: %t, fenced %d times", g.PastReturn, p.times(journal.StepBegun, "fence-k3"))
		}
		clear(p.no)
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestASettledDaemonThatDoesNotAnswerIsAskedAgain: a busy server that does not answer the last question of a confirmation has not failed it.
func TestASettledDaemonThatDoesNotAnswerIsAskedAgain(t *testing.T) {
	acted(t, three(), func(p *play) {
		var confirming atomic.Bool
		var asked atomic.Int32
		p.once(func(e journal.Event) bool { return e.Type == journal.StepBegun && e.Step == "confirm-k1" }, func() { confirming.Store(true) })
		p.at = func(at world.Point) world.Fault {
			if confirming.Load() && at.Kind == "look" && at.What == "service k1" && asked.Add(1) == 2 {
				return world.Fails
			}
			return world.NoFault
		}
		s, err := p.upgrade()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}
