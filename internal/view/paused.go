package view

import (
	"fmt"
	"slices"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// pausedBefore says which phase a group was paused before, with its number on the way forward.
func pausedBefore(g journal.GroupStatus) string {
	i := slices.IndexFunc(g.Phases, func(p journal.PhaseStatus) bool { return p.Name == g.Phase })
	switch {
	case g.Problem == nil || g.Problem.Phase == "":
		return ""
	case i >= 0:
		return fmt.Sprintf(" before phase %d, %s", i+1, g.Phase)
	default: // on the way back
		return " before " + g.Phase
	}
}

// cost says what clients pay for as long as a group stays paused: which of its servers give no answer, and for how long by now. Empty
// where all do.
func cost(s journal.Status, g journal.GroupStatus, now time.Time) string {
	var held, started []string
	living, since := 0, now
	for _, server := range s.Servers {
		if server.Group != g.ID || server.Dead {
			continue
		}
		living++
		outage, stopped := g.Outage.Server[server.Name]
		if !stopped || !outage.Back.IsZero() {
			continue
		}
		if outage.Stopped.Before(since) {
			since = outage.Stopped
		}
		if server.Fenced {
			held = append(held, server.Name)
		} else {
			started = append(started, server.Name)
		}
	}
	if g.State != journal.Paused || len(held)+len(started) == 0 {
		return ""
	}
	lasted := seconds(now.Sub(since).Seconds())
	if len(held) == 0 {
		return fmt.Sprintf("NOBODY KNOWS WHETHER %s ANSWER: started again, and not confirmed yet; stopped %s ago", names(started), lasted)
	}
	text := fmt.Sprintf("NO ANSWER FROM %s", names(held))
	if len(held) == living {
		text = "NO KEA ANSWERS"
		if len(s.Groups) > 1 {
			text = fmt.Sprintf("NO KEA OF %s ANSWERS", g.ID)
		}
	}
	text += fmt.Sprintf(": stopped and fenced for %s by now, and for as long as this run stays paused", lasted)
	if len(started) > 0 {
		text += fmt.Sprintf("; %s started again, and not confirmed yet", names(started))
	}
	return text
}
