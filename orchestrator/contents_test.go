package orchestrator_test

import (
	"testing"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// TestTheFingerprintOutlivesItsServer: the canary dies before the point of no return, and what it saw at the dump is what counts.
func TestTheFingerprintOutlivesItsServer(t *testing.T) {
	for _, written := range []bool{false, true} {
		acted(t, three(), func(p *play) {
			p.no[orchestrator.AskReturn], p.no[orchestrator.AskBack] = true, true
			s, err := p.upgrade()
			p.must(journal.Halted, s, err)
			clear(p.no)
			p.world.Die(0)
			if written {
				p.happens("a write to the database", 0)
			}
			p.dead = []string{"k1"}
			s, err = p.resume()
			p.must(journal.Done, s, err)
			for _, step := range []string{"dump-k2-db1", "dump-k3-db1", "prove-k2-db1"} {
				if again := p.times(journal.StepBegun, step) == 2; again != written {
					t.Errorf("written to: %t, %s again: %t", written, step, again)
				}
			}
			if again := p.times(journal.StepBegun, "contents-k2-db1") == 1; again != written {
				t.Errorf("written to: %t, fingerprint again: %t", written, again)
			}
			p.sound()
		})
	}
}

// TestADumpTakenAnewIsProvedAnew: one look at the contents that fails as the run is carried on voids a dump, or its proof, alone. The
// proof of a dump that is not there any more proves nothing.
func TestADumpTakenAnewIsProvedAnew(t *testing.T) {
	anew := 0
	for nth := 1; nth <= 8; nth++ {
		acted(t, three(), func(p *play) {
			p.no[orchestrator.AskReturn], p.no[orchestrator.AskBack] = true, true
			s, err := p.upgrade()
			p.must(journal.Halted, s, err)
			clear(p.no)
			looks := 0
			p.at = func(at world.Point) world.Fault {
				if at.What != "contents kea1" {
					return world.NoFault
				}
				if looks++; looks == nth {
					return world.Fails
				}
				return world.NoFault
			}
			s, err = p.resume()
			p.at = nil
			for range 2 {
				if s.State == journal.Halted {
					s, err = p.resume()
				}
			}
			p.must(journal.Done, s, err)
			dumps, proofs := p.times(journal.StepBegun, "dump-k2-db1"), p.times(journal.StepBegun, "prove-k2-db1")
			if proofs < dumps {
				t.Errorf("look %d: %d dumps, and %d proofs", nth, dumps, proofs)
			}
			if dumps > 1 {
				anew++
			}
			p.sound()
		})
	}
	if anew == 0 {
		t.Error("no dump was ever taken anew")
	}
}
