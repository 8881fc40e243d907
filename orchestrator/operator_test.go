package orchestrator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

func TestNoToTheStopTouchesNothing(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskGo] = true
		s, err := p.upgrade()
		g := p.must(journal.Refused, s, err)
		if e := p.when(stepBegun(orchestrator.KindClaim)); e.Step != "" || p.when(stepBegun(orchestrator.KindFence)).Step != "" {
			t.Errorf("%s was begun", e.Step)
		}
		if !strings.Contains(g.Problem.What, "no") {
			t.Errorf("problem %+v", g.Problem)
		}
		p.serves(false)
	})
}

func TestNoToThePointOfNoReturnBacksOut(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskReturn] = true
		s, err := p.upgrade()
		g := p.must(journal.BackedOut, s, err)
		if g.PastReturn || p.when(stepBegun(orchestrator.KindMigrate)).Step != "" {
			t.Error("the migration was begun")
		}
		if len(g.Outage.Per) != 3 || g.Outage.AllDown <= 0 {
			t.Errorf("all three were down and are back: %+v", g.Outage)
		}
		p.serves(false)
	})
}

// TestNoToBackingOutHoldsStill: stopped and fenced, and the next drive goes on from there.
func TestNoToBackingOutHoldsStill(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskReturn], p.no[orchestrator.AskBack] = true, true
		s, err := p.upgrade()
		if g := p.must(journal.Halted, s, err); g.PastReturn {
			t.Error("past the point of no return")
		}
		for _, server := range s.Servers {
			if !server.Fenced {
				t.Errorf("%s is not said to be fenced", server.Name)
			}
		}
		clear(p.no)
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestNoToTheRestHoldsStill: the canary serves the target, the others stay stopped and fenced until the next drive.
func TestNoToTheRestHoldsStill(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskRest] = true
		s, err := p.upgrade()
		if g := p.must(journal.Halted, s, err); !g.PastReturn || g.Phase == orchestrator.StartRest || g.Outage.AllDown <= 0 {
			t.Errorf("phase %s, past the point of no return %t, outage %+v", g.Phase, g.PastReturn, g.Outage)
		}
		for i, server := range s.Servers {
			if server.Fenced != (i != 0) {
				t.Errorf("%s is said to be fenced: %t", server.Name, server.Fenced)
			}
		}
		p.sound()
		clear(p.no)
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// phases are those of a group that moves in lockstep.
func phases() []string {
	return []string{
		orchestrator.Preflight, orchestrator.Prefetch, orchestrator.Stop, orchestrator.BackUp, orchestrator.UpgradeCanary,
		orchestrator.Migrate, orchestrator.VerifySchema, orchestrator.StartCanary, orchestrator.ConfirmCanary, orchestrator.UpgradeRest,
		orchestrator.StartRest, orchestrator.ConfirmRest, orchestrator.Finish,
	}
}

// TestHoldInEveryPhase: nothing new begins, what stands is said, and resume ends the run.
func TestHoldInEveryPhase(t *testing.T) {
	for i, phase := range phases() {
		t.Run(phase, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.once(within(phase), func() { p.requests <- orchestrator.Hold })
				s, err := p.upgrade()
				if phase == orchestrator.Finish && s.State == journal.Done {
					return // its steps all begin at once: what was asked may have come too late
				}
				want := journal.Halted
				if i < slices.Index(phases(), orchestrator.Stop) {
					want = journal.Interrupted
				}
				if g := p.must(want, s, err); g.Problem == nil || !strings.Contains(g.Problem.What, "held") {
					t.Errorf("problem %+v", g.Problem)
				}
				if slices.Contains(p.asked, orchestrator.AskBack) {
					t.Error("who asks to hold is asked to back out")
				}
				p.sound()
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestAbortInEveryPhase: over before the first effect, backed out before the point of no return, held still after it.
func TestAbortInEveryPhase(t *testing.T) {
	for i, phase := range phases() {
		t.Run(phase, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.once(within(phase), func() { p.requests <- orchestrator.Abort })
				s, err := p.upgrade()
				switch {
				case i < slices.Index(phases(), orchestrator.Stop):
					p.must(journal.Refused, s, err)
					p.serves(false)
				case i < slices.Index(phases(), orchestrator.Migrate):
					p.must(journal.BackedOut, s, err)
					p.serves(false)
				case phase == orchestrator.Finish && s.State == journal.Done:
				default:
					if g := p.must(journal.Halted, s, err); !g.PastReturn {
						t.Error("halted before the point of no return")
					}
					p.sound()
				}
			})
		})
	}
}

func TestStrangerBeforeThePlanIsRefused(t *testing.T) {
	acted(t, three(), func(p *play) {
		leave := p.world.Intrude(0)
		s, err := p.upgrade()
		if g := p.must(journal.Refused, s, err); !strings.Contains(g.Problem.What, "kea@192.0.2.77") {
			t.Errorf("the stranger is not named: %+v", g.Problem)
		}
		leave()
		p.serves(false)
	})
}

// TestStrangerBeforeTheStopIsRefused: one that comes after the plan was made and stays.
func TestStrangerBeforeTheStopIsRefused(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.once(phaseBegun(orchestrator.Prefetch), func() { p.world.Intrude(0) })
		s, err := p.upgrade()
		if g := p.must(journal.Refused, s, err); !strings.Contains(g.Problem.Why, "kea@192.0.2.77") || !strings.Contains(g.Problem.What, orchestrator.Stop) {
			t.Errorf("the stranger is not named: %+v", g.Problem)
		}
		if p.when(stepBegun(orchestrator.KindClaim)).Step != "" {
			t.Error("a server was touched")
		}
		p.serves(false)
	})
}

func TestStrangerAfterTheStopBacksOut(t *testing.T) {
	acted(t, three(), func(p *play) {
		var leave func()
		p.once(phaseBegun(orchestrator.UpgradeCanary), func() { leave = p.world.Intrude(0) })
		s, err := p.upgrade()
		g := p.must(journal.BackedOut, s, err)
		if len(g.Strangers) == 0 || !strings.Contains(g.Strangers[0], "192.0.2.77") {
			t.Errorf("strangers %q", g.Strangers)
		}
		if p.when(stepBegun(orchestrator.KindMigrate)).Step != "" {
			t.Error("the migration was begun")
		}
		leave()
		p.serves(false)
	})
}

// TestOldKeaThatComesBackIsSeen: a configuration management lifts the fence of the third server and starts the old Kea.
func TestOldKeaThatComesBackIsSeen(t *testing.T) {
	for _, name := range []string{"a fence removed and Kea started", "a Kea started by hand"} {
		t.Run(name, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				var came time.Time
				p.once(phaseBegun(orchestrator.UpgradeCanary), func() {
					came = time.Now()
					p.happens(name, 2)
				})
				s, err := p.upgrade()
				p.must(journal.BackedOut, s, err)
				e := p.when(stranger)
				if !strings.Contains(string(e.Data), "k3") {
					t.Errorf("the server is not named: %s", e.Data)
				}
				if took := e.Time.Sub(came); took <= 0 || took > 2*time.Second {
					t.Errorf("seen after %s", took)
				}
				if p.when(stepBegun(orchestrator.KindMigrate)).Step != "" {
					t.Error("the migration was begun")
				}
				p.serves(false)
			})
		})
	}
}

// TestAKeaByHandKeepsAUnitFromRunning: somebody starts it once the fence is lifted. The unit fails for it, which is said, and resume
// holds the server again before it starts it.
func TestAKeaByHandKeepsAUnitFromRunning(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.on = func(e journal.Event) {
			if e.Type == journal.StepDone && e.Step == "unfence-k3" {
				p.happens("a Kea started by hand", 2)
			}
		}
		s, err := p.upgrade()
		g := p.must(journal.Halted, s, err)
		if text := g.Problem.What + g.Problem.Why; !strings.Contains(text, "k3") || !strings.Contains(text, "was started by hand") {
			t.Errorf("what kept the unit from running is not said: %+v", g.Problem)
		}
		p.on = nil
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestWhatComesBackAgainAndAgain: a loop undoes the fence as it is made. The run does not go round with it for ever, names the server,
// and ends with the next drive once whoever starts it is gone.
func TestWhatComesBackAgainAndAgain(t *testing.T) {
	for _, every := range []time.Duration{500 * time.Millisecond, 800 * time.Millisecond, 1400 * time.Millisecond} {
		t.Run(every.String(), func(t *testing.T) {
			acted(t, three(), func(p *play) {
				gone := make(chan struct{})
				p.once(phaseBegun(orchestrator.VerifySchema), func() {
					go func() {
						for {
							select {
							case <-gone:
								return
							case <-time.After(every):
								p.happens("a fence removed and Kea started", 2)
							}
						}
					}()
				})
				s, err := p.upgrade()
				close(gone)
				g := p.must(journal.Halted, s, err)
				if !g.PastReturn || g.Problem == nil || !strings.Contains(g.Problem.What, "somebody else is at work: k3") {
					t.Errorf("asked %v, problem %+v", p.asked, g.Problem)
				}
				p.on = nil
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}
