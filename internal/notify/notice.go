package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// What is what a notice tells.
type What string

// What is told. A drive is one process's part of a run; stop, the point of no return and failure are told of each group, and once a drive,
// but for a group that is stopped again after it was back.
const (
	Start   What = "start"              // the drive begins to act, or to look
	Stop    What = "stop"               // the first Kea of the group is about to be stopped: the outage begins
	Return  What = "point-of-no-return" // the group is past it
	Failure What = "failure"            // a step failed, or the group halted
	End     What = "end"                // the drive is over
)

// Notice is what a listener gets.
type Notice struct {
	What   What          `json:"what"`
	Run    string        `json:"run"`
	Time   time.Time     `json:"time"`
	Fleet  string        `json:"fleet"`  // path of the fleet file
	Target kea.Version   `json:"target"` // the Kea to reach
	Driver string        `json:"driver"` // user@host and process
	Group  string        `json:"group,omitempty"`
	Phase  string        `json:"phase,omitempty"`
	Server string        `json:"server,omitempty"`
	State  journal.State `json:"state"`    // of the group, or of the run where there is none
	Outage float64       `json:"outage_s"` // seconds without any server so far; of several groups the longest
	Next   string        `json:"next"`     // the command to type, may be empty
	Text   string        `json:"text"`     // all of it for people
}

// MarshalJSON puts the name of the format first.
func (n Notice) MarshalJSON() ([]byte, error) {
	type bare Notice
	return json.Marshal(struct {
		Format string `json:"format"`
		bare
	}{"kea-lockstep.notice/1", bare(n)})
}

// Words are what others say of a status.
type Words struct {
	Next   func(journal.Status) string // the command to type
	Ending func(journal.Status) string // how the run ended, in a sentence
}

// Watch makes notices of the events of one drive. Its methods are called one at a time.
type Watch struct {
	words  Words
	begun  bool // the first event was seen
	told   bool // the start was
	groups map[string]seen
}

// seen is what was told of a group, or was so before the drive.
type seen struct {
	stopped time.Time
	past    bool
	failed  bool
}

// NewWatch is a watch that has seen nothing.
func NewWatch(words Words) *Watch { return &Watch{words: words, groups: map[string]seen{}} }

// Of gives what an event is a reason to tell, with the status that it led to.
func (w *Watch) Of(e journal.Event, s journal.Status) []Notice {
	if !w.begun || e.Type == journal.TakenOver || e.Type == journal.Found { // what was so before this drive is no news
		w.begun = true
		for _, g := range s.Groups {
			w.groups[g.ID] = seen{stopped: g.Outage.Stopped, past: g.PastReturn, failed: w.groups[g.ID].failed}
		}
	}
	g, ok := groupOf(s, e.Group)
	if !ok {
		return nil
	}
	var all []Notice
	tell := func(what What, format string, args ...any) {
		all = append(all, w.notice(what, e.Time, e, s, g, fmt.Sprintf(format, args...)))
	}
	if refused := e.Type == journal.GroupEnded && g.State == journal.Refused; !w.told && !refused {
		w.told = true
		begins := w.notice(Start, e.Time, journal.Event{}, s, journal.GroupStatus{State: s.State},
			fmt.Sprintf("%s begins: the fleet of %s, Kea %s, driven by %s", s.Command, s.Fleet, s.Target, s.Driver))
		all = append(all, begins)
	}
	before := w.groups[g.ID]
	now := seen{stopped: g.Outage.Stopped, past: g.PastReturn, failed: before.failed}
	if now.stopped != before.stopped {
		tell(Stop, "every Kea of %s is stopped from now on", g.ID)
	}
	if now.past && !before.past {
		tell(Return, "%s is past the point of no return: %s", g.ID, beyond(e))
	}
	if what := failure(e, g); what != "" && !before.failed {
		now.failed = true
		tell(Failure, "%s: %s", g.ID, what)
	}
	w.groups[g.ID] = now
	return all
}

// Over gives what is to be told at the end of the drive, by the status that it left; nothing if no event of a run was seen.
func (w *Watch) Over(at time.Time, s journal.Status) []Notice {
	if !w.begun {
		return nil
	}
	worst, text := journal.GroupStatus{State: s.State}, w.words.Ending(s)
	for _, g := range s.Groups {
		if g.State != s.State {
			continue
		}
		worst.Phase = g.Phase
		if why := reason(g); why != "" {
			text += ": " + why
		}
		break
	}
	return []Notice{w.notice(End, at, journal.Event{}, s, worst, text)}
}

func (w *Watch) notice(what What, at time.Time, e journal.Event, s journal.Status, g journal.GroupStatus, text string) Notice {
	n := Notice{
		What: what, Run: s.Run, Time: at, Fleet: s.Fleet, Target: s.Target, Driver: s.Driver,
		Group: g.ID, Phase: g.Phase, Server: e.Server, State: g.State, Next: w.words.Next(s),
	}
	for _, one := range s.Groups {
		if g.ID == "" || g.ID == one.ID {
			n.Outage = max(n.Outage, one.Outage.SoFar(at).Seconds())
		}
	}
	n.Text = fmt.Sprintf("kea-lockstep run %s: %s", s.Run, text)
	if n.Outage > 0 {
		n.Text += fmt.Sprintf("; without any server for %.1f s so far", n.Outage)
	}
	if n.Next != "" {
		n.Text += "; next: " + n.Next
	}
	return n
}

func groupOf(s journal.Status, id string) (journal.GroupStatus, bool) {
	for _, g := range s.Groups {
		if g.ID == id {
			return g, true
		}
	}
	return journal.GroupStatus{}, false
}

// beyond says what brought a group past the point of no return.
func beyond(e journal.Event) string {
	if e.Type == journal.Moved {
		return "somebody else migrated its schema"
	}
	return "its schema is being migrated"
}

// failure says in one line what an event tells to have failed; empty: nothing.
func failure(e journal.Event, g journal.GroupStatus) string {
	switch {
	case e.Type == journal.StepFailed:
		return first(e.Step + ": " + g.Steps[e.Step].Failed)
	case e.Type == journal.GroupEnded && g.State == journal.Halted && g.Problem != nil:
		return first(g.Problem.What)
	}
	return ""
}

// reason is why a group ended as it did, in one line. What is said of one that was refused is a list, of which it is the first.
func reason(g journal.GroupStatus) string {
	switch {
	case g.Problem == nil:
		return ""
	case g.State == journal.Refused && g.Problem.Why != "":
		return first(g.Problem.Why)
	}
	return first(g.Problem.What)
}

// first is the first line of a text.
func first(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
