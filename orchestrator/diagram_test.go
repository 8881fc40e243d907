package orchestrator_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kea-lockstep/internal/world"
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

A request to pause holds a group before its next phase, on either way: what is in flight ends first, in every phase that has begun, and resume goes
on with that phase. A failure counts for more than a pause, and so does an abort that comes after it.

The state of a group, and when it changes, from the table in orchestrator/states.go:

`+"```mermaid\n%s```"+`
`, orchestrator.Diagram(), orchestrator.PhaseTable(), orchestrator.StateDiagram())
}

// turned says where the state of a group changed, by a journal, as no table has it.
func turned(log *world.Log) error {
	var fold journal.Folding
	before := map[string]journal.State{}
	for e := range log.Events() {
		if err := fold.Add(e); err != nil {
			return err
		}
		if strings.HasPrefix(string(e.Type), "step-") { // which turn no state
			continue
		}
		for _, g := range fold.Status().Groups {
			from, known := before[g.ID]
			if before[g.ID] = g.State; known && from != g.State && !orchestrator.MayTurn(from, g.State) {
				return fmt.Errorf("at event %d, %s, %s turned from %s to %s", e.Seq, e.Type, g.ID, from, g.State)
			}
		}
	}
	return nil
}

// TestTheTableOfStatesHasEach: every state that a group can be in, with ways in and, where something is left to do, ways out.
func TestTheTableOfStatesHasEach(t *testing.T) {
	all := []journal.State{
		journal.Waiting, journal.Running, journal.Paused, journal.Halted, journal.Interrupted, journal.Refused, journal.Done, journal.BackedOut,
		journal.RolledBack,
	}
	for _, s := range all {
		in := slices.ContainsFunc(all, func(from journal.State) bool { return orchestrator.MayTurn(from, s) })
		out := slices.ContainsFunc(all, func(to journal.State) bool { return orchestrator.MayTurn(s, to) })
		if in == (s == journal.Waiting) || out == s.Over() {
			t.Errorf("%s: ways in %t, ways out %t", s, in, out)
		}
	}
	if len(orchestrator.States()) != len(all) {
		t.Errorf("the table has %v", orchestrator.States())
	}
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
