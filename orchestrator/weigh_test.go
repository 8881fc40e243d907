package orchestrator_test

import (
	"slices"
	"testing"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// killedBefore is a play whose driver died between an intent and its first command.
func (p *play) killedBefore(order string) {
	p.t.Helper()
	killed := false
	p.at = func(at world.Point) world.Fault {
		if at.Kind == "do" && at.What == order {
			killed = true
			return world.KillBefore
		}
		return world.NoFault
	}
	if _, err := p.upgrade(); err == nil || !killed {
		p.t.Fatalf("the drive ended with %v, killed: %t", err, killed)
	}
	p.at = nil
}

// TestAnIntentAloneMigratesNothing: the driver died before its migration was started, and the database was written to since. The old dump is
// none of what is migrated then.
func TestAnIntentAloneMigratesNothing(t *testing.T) {
	for _, written := range []bool{false, true} {
		acted(t, three(), func(p *play) {
			p.killedBefore("migrate-k1-db1/1")
			if written {
				p.happens("a write to the database", 0)
			}
			s, err := p.resume()
			p.must(journal.Done, s, err)
			if again := p.times(journal.StepBegun, "dump-k2-db1") == 2; again != written {
				t.Errorf("written to: %t, dumped again: %t", written, again)
			}
			p.serves(true)
		})
	}
}

// TestAnIntentAloneIsAborted: nothing was migrated, so the old state is at hand.
func TestAnIntentAloneIsAborted(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.killedBefore("migrate-k1-db1/1")
		p.requests <- orchestrator.Abort
		s, err := p.resume()
		p.must(journal.BackedOut, s, err)
		p.serves(false)
	})
}

// TestOneLaneDoesNotSpeakForTheOther: two databases are migrated from two servers. One fails at once, before the other's job has changed anything.
func TestOneLaneDoesNotSpeakForTheOther(t *testing.T) {
	spec := three()
	spec.Databases = 2
	acted(t, spec, func(p *play) {

		p.made = apart
		p.world.KeaAdminTakes(15 * time.Second)
		p.at = func(at world.Point) world.Fault {
			switch {
			case at.Kind == "do" && at.What == "migrate-k1-db1/1":
				return world.Fails
			case at.Kind == "do" && at.What == "migrate-k2-db2/1":
				passes(2 * time.Second) // its intent is durable, and its job not there yet
			}
			return world.NoFault
		}
		s, err := p.upgrade()
		g := p.must(journal.Halted, s, err)
		if !g.PastReturn || slices.Contains(p.asked, orchestrator.AskBack) {
			t.Errorf("past the point of no return %t, asked %v", g.PastReturn, p.asked)
		}
		for _, e := range p.events {
			if e.Type == journal.Untouched {
				t.Errorf("the point of no return was taken back: %s", e.Data)
			}
		}
		p.at = nil
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

// apart has the second database migrated from the second server, side by side with the first.
func apart(plan orchestrator.Plan) orchestrator.Plan {
	g := &plan.Groups[0]
	to := g.Databases[1].Places[1]
	g.Databases[1].At = to
	for i := range g.Phases {
		var lanes [][]orchestrator.Step
		for _, lane := range g.Phases[i].Lanes {
			var moved []orchestrator.Step
			lane = slices.DeleteFunc(slices.Clone(lane), func(s orchestrator.Step) bool {
				if s.Kind != orchestrator.KindMigrate || s.Database != g.Databases[1].ID {
					return false
				}
				s.ID, s.Server, s.At = "migrate-k2-db2", to.Server, to
				moved = append(moved, s)
				return true
			})
			for _, l := range [][]orchestrator.Step{lane, moved} {
				if len(l) > 0 {
					lanes = append(lanes, l)
				}
			}
		}
		g.Phases[i].Lanes = lanes
	}
	return plan
}
