package orchestrator_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// dies lets a server die as a step begins.
func (p *play) dies(server int, step string) {
	p.once(func(e journal.Event) bool { return e.Type == journal.StepBegun && e.Step == step }, func() { p.world.Die(server) })
}

// living holds every server but the dead one against what it must be once the run is over.
func (p *play) living(dead string, onTarget bool) {
	p.t.Helper()
	p.world.Settle(time.Minute)
	on := map[string]bool{}
	for _, name := range p.world.Names() {
		if name != dead {
			on[name] = onTarget
		}
	}
	if err := p.world.Rest("run", on); err != nil {
		p.t.Error(err)
	}
	p.sound()
}

// TestADeadServerIsLeftBehind: wherever a server dies for good, the canary too, nothing goes on before it is declared dead, and then
// the others reach the target, or, where they were on their way back, the old state. Switched on again, it starts nothing that
// must not run.
func TestADeadServerIsLeftBehind(t *testing.T) {
	for _, c := range []struct {
		step string
		dead string
	}{
		{"claim-k3", "k3"}, {"fence-k3", "k3"}, {"stop-k2", "k2"}, {"dump-k2-db1", "k2"}, {"dump-k2-db1", "k1"}, {"dump-k3-db1", "k3"}, {"prove-k2-db1", "k3"}, {"install-k1", "k3"},
		{"install-k1", "k1"}, {"configure-k1", "k1"}, {"migrate-k1-db1", "k1"}, {"migrate-k1-db1", "k3"}, {"verify-k1-db1", "k1"}, {"test-k1", "k1"}, {"unfence-k1", "k1"},
		{"start-k1", "k1"}, {"confirm-k1", "k1"}, {"confirm-k1", "k3"}, {"install-k3", "k3"}, {"install-k3", "k1"}, {"test-k3", "k3"}, {"unfence-k3", "k3"}, {"start-k3", "k3"},
		{"start-k3", "k1"}, {"confirm-k3", "k3"}, {"confirm-k3", "k1"}, {"release-k2", "k2"}, {"release-k1", "k3"},
	} {
		for _, on := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, %s, on %t", c.step, c.dead, on), func(t *testing.T) {
				acted(t, three(), func(p *play) {
					number := int(c.dead[1] - '1')
					p.dies(number, c.step)
					p.no[orchestrator.AskBack] = on // held where it is, to go on from there
					s, err := p.upgrade()
					p.must(journal.Halted, s, err)
					p.on = nil
					s, err = p.resume()
					p.must(journal.Halted, s, err)
					p.dead = []string{c.dead}
					s, err = p.resume()
					if err != nil {
						t.Fatal(err)
					}
					want := journal.Done
					if s.Groups[0].BackingOut {
						want = journal.BackedOut
					}
					p.must(want, s, err)
					if on && want != journal.Done {
						t.Error("it went back against the operator's no")
					}
					gone := s.Servers[number]
					if !gone.Dead || !slices.Contains(p.asked, orchestrator.AskDead) {
						t.Errorf("%s is not said to be dead: %+v, asked %v", c.dead, gone, p.asked)
					}
					p.living(c.dead, want == journal.Done)
					if s.Groups[0].Steps["fence-"+c.dead].Done || want == journal.BackedOut || gone.After.String() == "3.0.3" {
						p.world.Return(number)
						p.sound()
					}
				})
			})
		}
	}
}

// TestWhoIsNotDead: one that answers, one that the plan does not have, the last of its group, and one that the operator does not
// give up. Nothing is written down, and the run is where it was.
func TestWhoIsNotDead(t *testing.T) {
	for _, c := range []struct {
		name string
		dead []string
		no   bool
		want error
	}{
		{"it answers", []string{"k2"}, false, orchestrator.ErrNotDead},
		{"it is none of the plan's", []string{"k9"}, false, orchestrator.ErrNotDead},
		{"the operator says no", []string{"k3"}, true, orchestrator.ErrDeclined},
	} {
		t.Run(c.name, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.dies(2, "install-k1")
				s, err := p.upgrade()
				p.must(journal.Halted, s, err)
				p.on, p.dead, p.no[orchestrator.AskDead] = nil, c.dead, c.no
				before := len(p.log.After(0))
				if _, err := p.resume(); !errors.Is(err, c.want) {
					t.Errorf("%v", err)
				}
				if len(p.log.After(0)) != before {
					t.Error("something was written down")
				}
			})
		})
	}
}

// TestTheLastServerIsNotDeclaredDead: there would be nobody to go on with.
func TestTheLastServerIsNotDeclaredDead(t *testing.T) {
	spec := three()
	spec.Servers = 1
	acted(t, spec, func(p *play) {
		p.dies(0, "install-k1")
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.on, p.dead = nil, []string{"k1"}
		if _, err := p.resume(); !errors.Is(err, orchestrator.ErrNotDead) {
			t.Errorf("%v", err)
		}
	})
}

// TestABackupIsTakenTwiceAgain: where one of the servers that hold copies dies before the point of no return, another takes its place.
func TestABackupIsTakenTwiceAgain(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.dies(1, "prove-k2-db1")
		p.no[orchestrator.AskBack] = true
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.on, p.dead = nil, []string{"k2"}
		s, err = p.resume()
		p.must(journal.Done, s, err)
		for _, step := range []string{"dump-k3-db1", "prove-k3-db1", "dump-k1-db1"} {
			if p.times(journal.StepDone, step) == 0 {
				t.Errorf("no %s", step)
			}
		}
	})
}

// TestATorsoIsNotKept: a server dies as it restores the backup. What another keeps before it restores its copy would be the torso.
func TestATorsoIsNotKept(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.stands("test-k1")
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && at.What == "old-restore-k2-db1/1" {
				p.world.Die(1)
			}
			return world.NoFault
		}
		s, err := p.rollback()
		p.must(journal.Halted, s, err)
		p.at, p.dead = nil, []string{"k2"}
		s, err = p.rollback()
		p.must(journal.RolledBack, s, err)
		if p.times(journal.StepDone, "old-restore-k3-db1") == 0 || p.times(journal.StepBegun, "old-keep-k3-db1") > 0 {
			t.Errorf("kept %+v", s.Kept)
		}
	})
}
