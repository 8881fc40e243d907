package orchestrator

import (
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/orchestrator/journal"
)

// turn is one way in which the state of a group changes, and when it does.
type turn struct {
	from, to journal.State
	when     string
}

// turns are all of them. The diagram of states is made from them, and the tests over the model fleet see no other.
var turns = [...]turn{
	{journal.Waiting, journal.Running, "its first phase begins"},
	{journal.Waiting, journal.Paused, "paused before its first phase"},
	{journal.Waiting, journal.Interrupted, "Ctrl-C before its first phase"},
	{journal.Waiting, journal.Refused, "it must not begin"},
	{journal.Waiting, journal.Done, "nothing is left to do, or its servers tell that it was done"},
	{journal.Waiting, journal.BackedOut, "its servers tell that it was taken back"},
	{journal.Running, journal.Paused, "paused before its next phase, on either way"},
	{journal.Running, journal.Interrupted, "Ctrl-C before the first effect, or the driver died"},
	{journal.Running, journal.Refused, "a failure, a no or an abort before the first effect"},
	{journal.Running, journal.BackedOut, "a failure, a no or an abort before the point of no return"},
	{journal.Running, journal.Halted, "Ctrl-C, or what keeps it from either end"},
	{journal.Running, journal.RolledBack, "rollback"},
	{journal.Running, journal.Done, "every phase is done"},
	{journal.Paused, journal.Running, "resume, abort, rollback"},
	{journal.Interrupted, journal.Running, "resume, abort, rollback"},
	{journal.Halted, journal.Running, "resume, abort, rollback"},
}

// MayTurn reports whether the state of a group may change so.
func MayTurn(from, to journal.State) bool {
	return slices.ContainsFunc(turns[:], func(t turn) bool { return t.from == from && t.to == to })
}

// States are the states of a group, as they come in the table.
func States() []journal.State {
	var all []journal.State
	for _, t := range turns {
		for _, s := range []journal.State{t.from, t.to} {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// StateDiagram draws them in Mermaid's language.
func StateDiagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range States() {
		fmt.Fprintf(&b, "  state \"%s\" as %s\n", s, stateNode(s))
	}
	fmt.Fprintf(&b, "  [*] --> %s\n", stateNode(turns[0].from))
	for _, t := range turns {
		fmt.Fprintf(&b, "  %s --> %s: %s\n", stateNode(t.from), stateNode(t.to), t.when)
	}
	for _, s := range States() {
		if s.Over() {
			fmt.Fprintf(&b, "  %s --> [*]\n", stateNode(s))
		}
	}
	return b.String()
}

func stateNode(s journal.State) string { return strings.ReplaceAll(string(s), "-", "_") }
