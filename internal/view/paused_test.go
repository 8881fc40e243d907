package view_test

import (
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator/journal"
)

// TestAPausedRunSaysWhatItCosts: as long as clients have no answer, loudly, and who is meant; where all have one, nothing of it.
func TestAPausedRunSaysWhatItCosts(t *testing.T) {
	at := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	down := journal.ServerOutage{Stopped: at}
	up := journal.ServerOutage{Stopped: at, Back: at.Add(9 * time.Second)}
	for name, c := range map[string]struct {
		group   journal.GroupStatus
		fenced  map[string]bool
		more    bool // groups
		heading string
		says    string // empty: nothing of an outage
	}{
		"nothing stopped": {
			journal.GroupStatus{Phase: "stop"}, nil, false, "paused before phase 1, stop\n", "",
		},
		"all stopped": {
			journal.GroupStatus{Phase: "migrate", Outage: journal.Outage{Stopped: at, Server: map[string]journal.ServerOutage{"k1": down, "k2": down}}},
			map[string]bool{"k1": true, "k2": true}, false, "paused before phase 2, migrate\n",
			"NO KEA ANSWERS: stopped and fenced for 12 s by now, and for as long as this run stays paused",
		},
		"all of one group stopped": {
			journal.GroupStatus{Phase: "migrate", Outage: journal.Outage{Stopped: at, Server: map[string]journal.ServerOutage{"k1": down, "k2": down}}},
			map[string]bool{"k1": true, "k2": true}, true, "g: paused before phase 2, migrate\n", "NO KEA OF g ANSWERS: ",
		},
		"the canary started": {
			journal.GroupStatus{Phase: "migrate", PastReturn: true, Outage: journal.Outage{Stopped: at, Server: map[string]journal.ServerOutage{"k1": down, "k2": down}}},
			map[string]bool{"k2": true}, false, "migrate, past the point of no return\n", "NO ANSWER FROM k2: stopped and fenced for 12 s by now, and for as long as this run stays paused; k1 started again, and not confirmed yet",
		},
		"the canary confirmed": {
			journal.GroupStatus{Phase: "migrate", PastReturn: true, Outage: journal.Outage{Stopped: at, Back: up.Back, Server: map[string]journal.ServerOutage{"k1": up, "k2": down}}},
			map[string]bool{"k2": true}, false, "migrate, past the point of no return\n", "NO ANSWER FROM k2: stopped and fenced for 12 s by now, and for as long as this run stays paused\n",
		},
		"all started": {
			journal.GroupStatus{Phase: "confirm the old", BackingOut: true, Outage: journal.Outage{Stopped: at, Server: map[string]journal.ServerOutage{"k1": down, "k2": down}}},
			nil, false, "paused before confirm the old, backing out\n", "NOBODY KNOWS WHETHER k1 and k2 ANSWER: started again, and not confirmed yet; stopped 12 s ago",
		},
		"all back": {
			journal.GroupStatus{Phase: "finish", PastReturn: true, Outage: journal.Outage{Stopped: at, Back: up.Back, Server: map[string]journal.ServerOutage{"k1": up, "k2": up}}},
			nil, false, "paused before finish, past the point of no return\n", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := c.group
			g.ID, g.State, g.Problem = "g", journal.Paused, &journal.Problem{What: "paused before " + g.Phase + ", as asked", Phase: g.Phase}
			g.Phases = []journal.PhaseStatus{{Name: "stop"}, {Name: "migrate"}}
			g.Steps = map[string]journal.StepStatus{"claim-k1": {Attempt: 1}}
			s := journal.Status{Run: "R1", State: journal.Paused, Ended: at.Add(12 * time.Second), Groups: []journal.GroupStatus{g}}
			for _, name := range []string{"k1", "k2"} {
				s.Servers = append(s.Servers, journal.ServerStatus{Name: name, Group: "g", Fenced: c.fenced[name]})
			}
			if c.more {
				s.Groups = append(s.Groups, journal.GroupStatus{ID: "h", State: journal.Waiting})
			}
			page := view.NewPage(view.Paper{})
			view.NewEnding(s, view.Where{}).Text(page)
			status := view.NewPage(view.Paper{})
			view.NewStatus(s, s.Ended, view.Where{}).Text(status)
			if !strings.Contains(page.String(), c.heading) {
				t.Errorf("the heading is not %q:\n%s", c.heading, page)
			}
			for _, text := range []string{page.String(), status.String()} {
				if c.says == "" && strings.Contains(text, "ANSWER") || !strings.Contains(text, c.says) {
					t.Errorf("it does not say %q:\n%s", c.says, text)
				}
			}
			if want := "kea-lockstep resume R1"; view.Complete(s, view.Where{}).Next != want {
				t.Errorf("next is %q", view.Complete(s, view.Where{}).Next)
			}
		})
	}
}
