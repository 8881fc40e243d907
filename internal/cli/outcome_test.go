package cli

import (
	"testing"

	"kea-lockstep/orchestrator/journal"
)

func TestOutcome(t *testing.T) {
	group := func(s journal.State, change func(*journal.GroupStatus)) journal.GroupStatus {
		g := journal.GroupStatus{State: s}
		if change != nil {
			change(&g)
		}
		return g
	}
	past := func(g *journal.GroupStatus) { g.PastReturn = true }
	untold := func(g *journal.GroupStatus) { g.PastReturn, g.Untold = true, true }
	for name, c := range map[string]struct {
		groups            []journal.GroupStatus
		interrupted, held bool
		want              code
	}{
		"nothing to do":                           {nil, false, false, codeRefused},
		"nothing yet, and interrupted":            {nil, true, false, codeInterrupted},
		"done":                                    {[]journal.GroupStatus{group(journal.Done, nil)}, false, false, codeDone},
		"refused":                                 {[]journal.GroupStatus{group(journal.Refused, nil)}, false, false, codeRefused},
		"interrupted before anything":             {[]journal.GroupStatus{group(journal.Halted, nil)}, true, false, codeInterrupted},
		"the worst of two":                        {[]journal.GroupStatus{group(journal.Done, nil), group(journal.Halted, past), group(journal.BackedOut, nil)}, false, false, codeHaltedPast},
		"paused":                                  {[]journal.GroupStatus{group(journal.Paused, past)}, false, false, codePaused},
		"paused before anything":                  {[]journal.GroupStatus{group(journal.Paused, nil), group(journal.Waiting, nil)}, false, false, codePaused},
		"paused beside one that backed out":       {[]journal.GroupStatus{group(journal.BackedOut, nil), group(journal.Paused, nil)}, false, false, codePaused},
		"halted beside one that is paused":        {[]journal.GroupStatus{group(journal.Paused, past), group(journal.Halted, func(g *journal.GroupStatus) { g.Steps = map[string]journal.StepStatus{"claim-k1": {Attempt: 1}} })}, false, false, codeHalted},
		"rolled back":                             {[]journal.GroupStatus{group(journal.RolledBack, past)}, false, false, codeBackedOut},
		"another's lock, before anything":         {[]journal.GroupStatus{group(journal.Halted, nil)}, false, true, codeHeld},
		"another's lock, past the point":          {[]journal.GroupStatus{group(journal.Halted, past)}, false, true, codeHaltedPast},
		"another's lock, as it was taken over":    {[]journal.GroupStatus{group(journal.Halted, untold)}, false, true, codeHeld},
		"taken over, and then a server is silent": {[]journal.GroupStatus{group(journal.Halted, untold)}, false, false, codeHaltedPast},
	} {
		if got := outcome(journal.Status{Groups: c.groups}, c.interrupted, c.held); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
