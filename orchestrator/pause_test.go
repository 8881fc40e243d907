package orchestrator_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// pausable are the fleets and ways on which a pause is asked for in every phase.
func pausable() []scenario {
	early, serial := usual(), usual()
	early.Early, serial.Serial = true, true
	rolled := world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "3.0.0", To: "3.0.3"}
	return []scenario{{"lockstep", three(), usual()}, {"early", three(), early}, {"serial", three(), serial}, {"rolling", rolled, usual()}}
}

// paused gives the group of a drive that was paused before a phase, and holds it against what a pause leaves: nothing in flight, no phase
// half done, nothing asked that is about a failure.
func (p *play) paused(s journal.Status, err error) journal.GroupStatus {
	p.t.Helper()
	g := p.must(journal.Paused, s, err)
	if g.Problem == nil || !strings.Contains(g.Problem.What, "paused before "+g.Problem.Phase) || g.Problem.Phase != g.Phase || g.Problem.Why != "" {
		p.t.Errorf("in %s, problem %+v", g.Phase, g.Problem)
	}
	for _, phase := range g.Phases {
		if phase.State == journal.Running {
			p.t.Errorf("%s is not done", phase.Name)
		}
	}
	for id, step := range g.Steps {
		if step.Flight || step.Failed != "" {
			p.t.Errorf("%s is in flight: %t, failed: %s", id, step.Flight, step.Failed)
		}
	}
	if slices.Contains(p.asked, orchestrator.AskBack) || slices.Contains(p.asked, orchestrator.AskStop) {
		p.t.Errorf("who asks to pause is asked %v", p.asked)
	}
	p.sound()
	return g
}

// TestPauseInEveryPhase: what is in flight ends, no phase begins after it, and resume goes on to the target.
func TestPauseInEveryPhase(t *testing.T) {
	for _, s := range pausable() {
		var phases []string
		acted(t, s.spec, func(p *play) {
			p.opts = s.opts
			status, err := p.upgrade()
			for _, phase := range p.must(journal.Done, status, err).Phases {
				phases = append(phases, phase.Name)
			}
		})
		for i, phase := range phases {
			t.Run(s.name+", "+phase, func(t *testing.T) {
				acted(t, s.spec, func(p *play) {
					p.opts = s.opts
					p.once(within(phase), func() { p.requests <- orchestrator.Pause })
					status, err := p.upgrade()
					if i == len(phases)-1 {
						p.must(journal.Done, status, err) // there is none to hold before
						return
					}
					g := p.paused(status, err)
					if began := phaseNamed(g, phase); began.State != journal.Done {
						t.Errorf("%s, in which it was asked, is %s", phase, began.State)
					}
					if late := p.when(func(e journal.Event) bool {
						return e.Type == journal.PhaseBegun && e.Time.After(phaseNamed(g, phase).Ended)
					}); late.Phase != "" {
						t.Errorf("%s began after it", late.Phase)
					}
					if g.PastReturn != (p.when(stepBegun(orchestrator.KindMigrate)).Step != "") {
						t.Errorf("past the point of no return: %t", g.PastReturn)
					}
					p.asked = nil
					p.copied() // whose lock would still be held would keep this journal's drive out
					status, err = p.resume()
					p.must(journal.Done, status, err)
					p.serves(true)
				})
			})
		}
	}
}

func phaseNamed(g journal.GroupStatus, name string) journal.PhaseStatus {
	return g.Phases[slices.IndexFunc(g.Phases, func(p journal.PhaseStatus) bool { return p.Name == name })]
}

// TestPauseWaitsForWhatIsBesideIt: the phase of the other branch ends, however many steps it has still to begin.
func TestPauseWaitsForWhatIsBesideIt(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.opts.Serial = true
		began := map[string]bool{}
		p.once(func(e journal.Event) bool {
			began[e.Phase] = began[e.Phase] || e.Type == journal.PhaseBegun
			return began[orchestrator.ConfirmCanary] && began[orchestrator.UpgradeRest]
		}, func() { p.requests <- orchestrator.Pause })
		s, err := p.upgrade()
		g := p.paused(s, err)
		for _, step := range []string{"install-k3", "test-k3", "confirm-k1"} {
			if !g.Steps[step].Done {
				t.Errorf("%s is not done", step)
			}
		}
		if g.Phase != orchestrator.StartRest {
			t.Errorf("paused before %s", g.Phase)
		}
	})
}

// gates are the questions before phases, in their order.
var gates = map[orchestrator.Ask]string{
	orchestrator.AskGo: orchestrator.Stop, orchestrator.AskReturn: orchestrator.Migrate, orchestrator.AskRest: orchestrator.StartRest,
}

// TestPauseWhileAQuestionIsOpen: nobody answers it any more, and the next drive asks it again.
func TestPauseWhileAQuestionIsOpen(t *testing.T) {
	for ask, phase := range gates {
		t.Run(string(ask), func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.before = func(ctx context.Context, q orchestrator.Question) {
					if q.Ask == ask {
						p.unanswered = true
						p.requests <- orchestrator.Pause
						<-ctx.Done()
					}
				}
				s, err := p.upgrade()
				if g := p.paused(s, err); g.Phase != phase {
					t.Errorf("paused before %s", g.Phase)
				}
				p.before, p.unanswered, p.asked = nil, false, nil
				s, err = p.resume()
				p.must(journal.Done, s, err)
				if len(p.asked) == 0 || p.asked[0] != ask {
					t.Errorf("asked %v", p.asked)
				}
				p.serves(true)
			})
		})
	}
}

// TestAYesThatComesWithThePauseBeginsNothing: it was given before the request was known.
func TestAYesThatComesWithThePauseBeginsNothing(t *testing.T) {
	for ask, phase := range gates {
		t.Run(string(ask), func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.before = func(ctx context.Context, q orchestrator.Question) {
					if q.Ask == ask {
						p.requests <- orchestrator.Pause
						<-ctx.Done()
					}
				}
				s, err := p.upgrade()
				if g := p.paused(s, err); g.Phase != phase || p.when(phaseBegun(phase)).Phase != "" {
					t.Errorf("paused before %s", g.Phase)
				}
				p.before = nil
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestANoThatComesWithThePauseIsANo.
func TestANoThatComesWithThePauseIsANo(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskReturn] = true
		p.before = func(ctx context.Context, q orchestrator.Question) {
			if q.Ask == orchestrator.AskReturn {
				p.requests <- orchestrator.Pause
				<-ctx.Done()
			}
		}
		s, err := p.upgrade()
		p.must(journal.BackedOut, s, err)
		p.serves(false)
	})
}

// TestAFailureCountsForMoreThanAPause: backed out before the point of no return, halted after it.
func TestAFailureCountsForMoreThanAPause(t *testing.T) {
	for _, c := range []struct {
		phase, fails string
		want         journal.State
	}{
		{orchestrator.Prefetch, "prefetch-k2", journal.Refused},
		{orchestrator.UpgradeCanary, "install-k1", journal.BackedOut},
		{orchestrator.BackUp, "dump-k2-db1", journal.BackedOut},
		{orchestrator.StartCanary, "start-k1", journal.Halted},
		{orchestrator.UpgradeRest, "install-k3", journal.Halted},
	} {
		t.Run(c.fails, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.fails(c.fails)
				p.once(within(c.phase), func() { p.requests <- orchestrator.Pause })
				s, err := p.upgrade()
				g := p.must(c.want, s, err)
				if !strings.Contains(g.Problem.What+g.Problem.Why, "failed") {
					t.Errorf("what failed is not said: %+v", g.Problem)
				}
				p.at = nil
				if c.want != journal.Halted {
					p.serves(false)
					return
				}
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestAStrangerCountsForMoreThanAPause: who comes while what is in flight ends is not left for the next drive to find.
func TestAStrangerCountsForMoreThanAPause(t *testing.T) {
	acted(t, three(), func(p *play) {
		var leave func()
		p.once(within(orchestrator.UpgradeCanary), func() {
			p.requests <- orchestrator.Pause
			leave = p.world.Intrude(0)
		})
		s, err := p.upgrade()
		p.must(journal.BackedOut, s, err)
		leave()
		p.serves(false)
	})
}

// TestAbortAfterAPause: it wins, in whatever phase, whether the run is on its way to the pause or stands at a question.
func TestAbortAfterAPause(t *testing.T) {
	for i, phase := range phases() {
		if phase == orchestrator.Preflight { // which ends at once
			continue
		}
		t.Run(phase, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.once(within(phase), func() {
					p.requests <- orchestrator.Pause
					p.requests <- orchestrator.Abort
				})
				s, err := p.upgrade()
				switch {
				case i < slices.Index(phases(), orchestrator.Stop):
					p.must(journal.Refused, s, err)
				case i < slices.Index(phases(), orchestrator.Migrate):
					p.must(journal.BackedOut, s, err)
					p.serves(false)
				case phase == orchestrator.Finish && s.State == journal.Done:
				default:
					p.must(journal.Halted, s, err)
				}
			})
		})
	}
	t.Run("at a question", func(t *testing.T) {
		acted(t, three(), func(p *play) {
			p.before = func(ctx context.Context, q orchestrator.Question) {
				if q.Ask == orchestrator.AskReturn {
					p.requests <- orchestrator.Pause
					p.requests <- orchestrator.Abort
					<-ctx.Done()
				}
			}
			s, err := p.upgrade()
			p.must(journal.BackedOut, s, err)
			p.serves(false)
		})
	})
}

// TestPauseOnTheWayBack: it holds before the next phase of that way, and resume carries on with it.
func TestPauseOnTheWayBack(t *testing.T) {
	for _, c := range []struct {
		fails  string // an order for which the run goes back or halts
		phases []string
		want   journal.State
	}{
		{"install-k1", []string{orchestrator.BackSoftware, orchestrator.BackStart, orchestrator.BackConfirm}, journal.BackedOut},
		{"start-k1", []string{
			orchestrator.BackStop, orchestrator.BackKeep, orchestrator.BackRestore, orchestrator.BackVerify, orchestrator.BackSoftware,
			orchestrator.BackStart, orchestrator.BackConfirm,
		}, journal.RolledBack},
	} {
		for _, phase := range c.phases {
			t.Run(fmt.Sprintf("%s, %s", c.want, phase), func(t *testing.T) {
				acted(t, three(), func(p *play) {
					p.fails(c.fails)
					p.once(phaseBegun(phase), func() { p.requests <- orchestrator.Pause })
					s, err := p.upgrade()
					if p.at = nil; c.want == journal.RolledBack {
						p.must(journal.Halted, s, err)
						s, err = p.rollback()
					}
					g := p.must(journal.Paused, s, err)
					if !g.BackingOut || g.RollingBack != (c.want == journal.RolledBack) || !strings.Contains(g.Problem.What, "paused before "+g.Phase) || g.Phase == phase {
						t.Errorf("backing out %t, in %s: %+v", g.BackingOut, g.Phase, g.Problem)
					}
					p.sound()
					s, err = p.resume()
					p.must(c.want, s, err)
					p.serves(false)
				})
			})
		}
	}
}

// TestPauseAtTheQuestionOfARollback: the word was not given, so that the run stands as before, and can go on either way.
func TestPauseAtTheQuestionOfARollback(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.stands("start-k1")
		p.before = func(ctx context.Context, q orchestrator.Question) {
			if q.Ask == orchestrator.AskOld {
				p.unanswered = true
				p.requests <- orchestrator.Pause
				<-ctx.Done()
			}
		}
		s, err := p.rollback()
		if g := p.must(journal.Paused, s, err); g.RollingBack || g.Phase != orchestrator.StartCanary {
			t.Errorf("rolling back %t, in %s", g.RollingBack, g.Phase)
		}
		p.before, p.unanswered = nil, false
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// TestAPauseEndsWithItsDrive: one that died before it paused leaves nothing that holds the next, and one that paused is carried on by a drive
// that dies too.
func TestAPauseEndsWithItsDrive(t *testing.T) {
	for _, heard := range []bool{false, true} {
		t.Run(fmt.Sprintf("paused before it died: %t", heard), func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.once(within(orchestrator.UpgradeCanary), func() { p.requests <- orchestrator.Pause })
				if heard {
					s, err := p.upgrade()
					p.paused(s, err)
					p.meets("migrate-k1-db1", world.KillAmid)
					_, _ = p.resume()
				} else {
					p.meets("install-k1", world.KillAmid)
					_, _ = p.upgrade()
				}
				p.world.Settle(time.Minute)
				p.at = nil
				s, err := p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}
