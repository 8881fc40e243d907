package cli

import (
	"slices"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator/journal"
)

// outcome is the exit code for where a run stands, its worst group first. Interrupted says that the operator stopped it; held, that
// somebody else was found to hold the fleet.
func outcome(s journal.Status, interrupted, held bool) code {
	worst := codeDone
	order := []code{codeDone, codeInterrupted, codeRefused, codeHeld, codeBackedOut, codePaused, codeHalted, codeHaltedPast}
	if len(s.Groups) == 0 && interrupted {
		return codeInterrupted
	}
	if len(s.Groups) == 0 {
		return codeRefused
	}
	for _, g := range s.Groups {
		if c := groupOutcome(g, interrupted, held); slices.Index(order, c) > slices.Index(order, worst) {
			worst = c
		}
	}
	return worst
}

func groupOutcome(g journal.GroupStatus, interrupted, held bool) code {
	switch g.State {
	case journal.Done, journal.Waiting:
		return codeDone
	case journal.BackedOut, journal.RolledBack:
		return codeBackedOut
	case journal.Paused:
		return codePaused
	}
	switch {
	case held && g.Untold: // taken over from a marker, and another's lock came before the first question
		return codeHeld
	case g.PastReturn:
		return codeHaltedPast
	case view.Touched(g):
		return codeHalted
	case held:
		return codeHeld
	case interrupted || g.State == journal.Interrupted:
		return codeInterrupted
	default:
		return codeRefused
	}
}
