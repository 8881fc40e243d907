package orchestrator_test

import (
	"testing"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// TestAPauseHoldsTheLaterGroup: the later ones wait, and where it was asked in the last phase of one the next is held before its first.
func TestAPauseHoldsTheLaterGroup(t *testing.T) {
	for phase, want := range map[string][2]journal.State{
		orchestrator.BackUp: {journal.Paused, journal.Waiting},
		orchestrator.Finish: {journal.Done, journal.Paused},
	} {
		t.Run(phase, func(t *testing.T) {
			spec := three()
			spec.Servers, spec.Separate = 2, true
			acted(t, spec, func(p *play) {
				p.once(within(phase), func() { p.requests <- orchestrator.Pause })
				s, err := p.upgrade()
				if p.must(journal.Paused, s, err); s.Groups[0].State != want[0] || s.Groups[1].State != want[1] {
					t.Errorf("%s and %s, want %v", s.Groups[0].State, s.Groups[1].State, want)
				}
				s, err = p.resume()
				p.must(journal.Done, s, err)
				p.serves(true)
			})
		})
	}
}

// TestWhatIsAskedAsAGroupEndsHoldsTheNext: a Ctrl-C, an abort, and a pause that a failure came before.
func TestWhatIsAskedAsAGroupEndsHoldsTheNext(t *testing.T) {
	for _, c := range []struct {
		name, phase, fails string
		ask                orchestrator.Request
		want               [2]journal.State
	}{
		{"held", orchestrator.Finish, "", orchestrator.Hold, [2]journal.State{journal.Done, journal.Interrupted}},
		{"aborted", orchestrator.BackUp, "", orchestrator.Abort, [2]journal.State{journal.BackedOut, journal.Refused}},
		{"failed and paused", orchestrator.UpgradeCanary, "install-k1", orchestrator.Pause, [2]journal.State{journal.BackedOut, journal.Paused}},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := three()
			spec.Servers, spec.Separate = 2, true
			acted(t, spec, func(p *play) {
				if c.fails != "" {
					p.fails(c.fails)
				}
				p.once(within(c.phase), func() { p.requests <- c.ask })
				s, err := p.upgrade()
				if err != nil || s.Groups[0].State != c.want[0] || s.Groups[1].State != c.want[1] {
					t.Errorf("%s and %s, want %v (%v)", s.Groups[0].State, s.Groups[1].State, c.want, err)
				}
				p.sound()
			})
		})
	}
}
