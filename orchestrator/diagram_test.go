package orchestrator_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// TestStatesAreDocumented holds docs/states.md against the tables.
func TestStatesAreDocumented(t *testing.T) {
	golden(t, filepath.Join("..", "docs", "states.md"), []byte(statesText()))
}

func statesText() string {
	return fmt.Sprintf(`# The procedure as a state machine

This page is made from the tables in orchestrator/phases.go by

    go test ./orchestrator -run TestStatesAreDocumented -update

and a test holds it to them. [procedure.md](procedure.md) tells the same in words.

A box is a phase of a group that moves in lockstep; in the red ones clients wait, until their server is started. A diamond is a gate: a
question to the fleet as it is at that moment, which must be answered yes, and where it says so, a question to the operator. Where several arrows
enter, all of them must have been gone. Phases without steps, such as those of the rest in a group of one, are left out of a plan; with --early the software
of the rest is upgraded as soon as the fleet is quiet.

`+"```mermaid\n%s```"+`

%s
Before the first effect a failure refuses the run. From there to the point of no return it leads to the way back, once the operator agrees; after it the run
holds still, and resume goes on in the phase that is not done, or rollback leads back. The way back begins with the stop where a schema moved, and with the
software where none did; a rollback that was begun leads nowhere else. A group that cannot be taken back holds still too.

The state of a group is one of %s.
`, orchestrator.Diagram(), orchestrator.PhaseTable(), strings.Join([]string{
		string(journal.Waiting), string(journal.Running), string(journal.Paused), string(journal.Halted), string(journal.Interrupted),
		string(journal.Refused), string(journal.Done), string(journal.BackedOut), string(journal.RolledBack)}, ", "))
}

// TestDiagramHoldsTogether: every arrow leads from and to something that is drawn, and every phase of a plan is drawn.
func TestDiagramHoldsTogether(t *testing.T) {
	text := orchestrator.Diagram()
	drawn := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+)[\[{]`).FindAllStringSubmatch(text, -1) {
		drawn[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+)(?:\{.*\})? -.*> (\w+)$`).FindAllStringSubmatch(text, -1) {
		if !drawn[m[1]] || !drawn[m[2]] {
			t.Errorf("%s leads nowhere", m[0])
		}
	}
	p := orchestrator.Make(surveyed(t, three()), version(t, "3.0.3"), usual())
	for _, way := range [][]orchestrator.Phase{p.Groups[0].Phases, p.Groups[0].Back} {
		for i, phase := range way {
			node := strings.ReplaceAll(phase.Name, " ", "_")
			if !drawn[node] {
				t.Errorf("%s is not drawn", phase.Name)
			}
			entered := strings.Count(text, "> "+node+"\n")
			if i > 0 && entered == 0 {
				t.Errorf("nothing leads to %s", phase.Name)
			}
		}
	}
}
