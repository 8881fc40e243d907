package view

import (
	"strings"
	"time"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// climbing words how far a migration has come, and how long it has been at work: "22.2 -> 30.0: step 5 of 8 (26.0 to 27.0), 41 s". Without
// a time for one that may be at work still, that is left out.
func climbing(m journal.Migrating, now time.Time) string {
	until := m.Ended
	if until.IsZero() {
		until = now
	}
	if until.IsZero() || m.Began.IsZero() {
		return m.String()
	}
	return m.String() + ", " + seconds(max(0, until.Sub(m.Began).Seconds()))
}

// Still words the migrations that are under way, as Progress does when they come farther: a step may take minutes.
func Still(s journal.Status, now time.Time, on Paper) string {
	p := NewProgress(on)
	page := NewPage(on)
	p.widen(s, "")
	for _, m := range s.UnderWay {
		if m.What == journal.Step && m.Kind == string(orchestrator.KindMigrate) {
			e := journal.Event{Time: now, Group: m.Group, Phase: m.Phase, Step: m.Step, Server: m.Server}
			p.put(page, e, s, m.Server, plain, climbingStep(e, s))
		}
	}
	return page.String()
}

// climbingStep words how far the step of an event has come by then; of several databases, with the name of its own.
func climbingStep(e journal.Event, s journal.Status) string {
	text, name, inGroup := "", "", 0
	for _, d := range s.Bases {
		if d.Group != e.Group {
			continue
		}
		inGroup++
		if d.Migration != nil && strings.HasSuffix(e.Step, "-"+d.Label) {
			text, name = climbing(*d.Migration, e.Time), d.Name+": "
		}
	}
	if text == "" || inGroup == 1 {
		return text
	}
	return name + text
}
