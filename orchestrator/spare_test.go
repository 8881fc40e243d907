package orchestrator_test

import (
	"slices"
	"strings"
	"testing"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// TestTheOthersServeThoughOneFails: a server of the rest that cannot be upgraded or started stays down, fenced where it was not let
// go, and named; the others are confirmed, and the next drive ends the run.
func TestTheOthersServeThoughOneFails(t *testing.T) {
	for _, c := range []struct {
		point string
		fault world.Fault
		stays bool // fenced
	}{
		{"install-k3/1", world.Fails, true},
		{"configure-k3/1", world.FalseDone, true},
		{"test-k3/1", world.Fails, true},
		{"unfence-k3/1", world.Fails, true},
		{"start-k3/1", world.FalseDone, false},
	} {
		t.Run(c.point, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.at = func(at world.Point) world.Fault {
					if at.Kind == "do" && at.What == c.point {
						return c.fault
					}
					return world.NoFault
				}
				s, err := p.upgrade()
				g := p.must(journal.Halted, s, err)
				if _, back := g.Outage.Per["k2"]; !back {
					t.Errorf("k2 waits for k3: %+v", g.Outage)
				}
				if _, back := g.Outage.Per["k3"]; back || s.Servers[2].Fenced != c.stays {
					t.Errorf("k3 is %+v, %+v", s.Servers[2], g.Outage)
				}
				if g.Problem == nil || !strings.Contains(g.Problem.What+g.Problem.Why, "k3") {
					t.Errorf("k3 is not named: %+v", g.Problem)
				}
				if !slices.Contains(p.asked, orchestrator.AskRest) || slices.Contains(p.asked, orchestrator.AskBack) {
					t.Errorf("asked: %v", p.asked)
				}
				p.sound()
				p.at = nil
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestNoneOfTheRestIsStartedAgainstANo: the operator wanted the canary alone.
func TestNoneOfTheRestIsStartedAgainstANo(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskRest] = true
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && at.What == "install-k3/1" {
				return world.Fails
			}
			return world.NoFault
		}
		s, err := p.upgrade()
		g := p.must(journal.Halted, s, err)
		if len(g.Outage.Per) != 1 || !s.Servers[1].Fenced {
			t.Errorf("back are %v", g.Outage.Per)
		}
		p.sound()
	})
}
