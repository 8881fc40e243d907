package orchestrator_test

import (
	"strings"
	"testing"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// TestAllowedClientThatWrites: its writes are in no backup. Only who accepted that passes the point of no return over them.
func TestAllowedClientThatWrites(t *testing.T) {
	for _, test := range []struct {
		name   string
		allow  []string
		accept []orchestrator.Risk
		want   journal.State
		says   []string
	}{
		{"nobody is allowed", nil, []orchestrator.Risk{orchestrator.AllowedWriters}, journal.BackedOut, []string{"was written to since its dump"}},
		{"not accepted", []string{"stork@192.0.2.9"}, nil, journal.BackedOut, []string{"was written to since its dump", "stork@192.0.2.9", "--accept allowed-writers"}},
		{"accepted", []string{"stork@192.0.2.9"}, []orchestrator.Risk{orchestrator.AllowedWriters}, journal.Done, []string{"was written to since its dump", "stork@192.0.2.9", "accepted"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.opts.Allow, p.opts.Accept = test.allow, test.accept
				p.once(phaseDone(orchestrator.BackUp), func() { p.happens("a write to the database", 0) })
				s, err := p.upgrade()
				p.must(test.want, s, err)
				gate := string(p.when(func(e journal.Event) bool {
					return e.Type == journal.GateAsked && e.Phase == orchestrator.Migrate
				}).Data)
				for _, part := range test.says {
					if !strings.Contains(gate, part) {
						t.Errorf("the gate says %s, without %q", gate, part)
					}
				}
				if test.want == journal.Done {
					p.serves(true)
				} else {
					p.serves(false)
				}
			})
		})
	}
}

func phaseDone(name string) func(journal.Event) bool {
	return func(e journal.Event) bool { return e.Type == journal.PhaseDone && e.Phase == name }
}
