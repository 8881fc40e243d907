package view

import (
	"fmt"
	"strings"
	"time"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// Progress words the events of a run as they come, a line each: the time, how long clients have had no answer, the phase, the
// server, and what happened. It is fed in order and by one caller at a time.
type Progress struct {
	paper   Paper
	servers int // width of the widest server's name
	begun   map[string]journal.Attempt
	when    map[string]time.Time
	throngs []*throng
}

// NewProgress words events.
func NewProgress(on Paper) *Progress {
	return &Progress{paper: on, begun: map[string]journal.Attempt{}, when: map[string]time.Time{}}
}

// Line words an event; the status is the one after it. It is empty for an event that people need not see.
func (p *Progress) Line(e journal.Event, s journal.Status) string {
	inGroup := p.widen(s, e.Group)
	page := NewPage(p.paper)
	if e.Type == journal.PhaseDone {
		for _, text := range p.remaining(e) {
			p.put(page, e, s, "", plain, text)
		}
	}
	if kind, ok := p.takes(e, inGroup); ok {
		p.put(page, e, s, "", plain, p.counted(e, kind, inGroup))
	} else {
		t, text := p.words(e, s)
		p.put(page, e, s, e.Server, t, text)
	}
	return page.String()
}

// widen makes room for the servers' names, and counts those of a group.
func (p *Progress) widen(s journal.Status, group string) (inGroup int) {
	for _, server := range s.Servers {
		p.servers = max(p.servers, width(clean(server.Name)))
		if server.Group == group {
			inGroup++
		}
	}
	return inGroup
}

// put puts a line, unless there is nothing to say.
func (p *Progress) put(page *Page, e journal.Event, s journal.Status, server string, t tone, text string) {
	if text == "" {
		return
	}
	first, rest, _ := strings.Cut(text, "\n")
	page.put(faint, fmt.Sprintf("%s  %5s  ", e.Time.UTC().Format(time.TimeOnly), outageClock(e, s)))
	page.put(plain, pad(e.Phase, phaseWidth)+"  "+pad(clean(server), p.servers)+"  ")
	page.line(t, "%s", first)
	page.block(plain, phaseWidth+p.servers+21, rest)
}

// Output words a line that a job on a server put out.
func Output(server, line string, on Paper) string {
	page := NewPage(on)
	page.line(faint, "%s%s: %s", strings.Repeat(" ", len("15:04:05  00:00  ")), clean(server), clean(line))
	return page.String()
}

// phaseWidth is as wide as the longest name of a phase.
const phaseWidth = len(orchestrator.BackSoftware)

// outageClock is how long the event's group has been without any server by then; empty while one serves.
func outageClock(e journal.Event, s journal.Status) string {
	for _, g := range s.Groups {
		o := g.Outage
		if g.ID == e.Group && !o.Stopped.IsZero() && o.Back.IsZero() && !o.Rolled {
			return Clock(max(0, e.Time.Sub(o.Stopped)))
		}
	}
	return ""
}

func (p *Progress) words(e journal.Event, s journal.Status) (tone, string) {
	switch e.Type {
	case journal.StepBegun, journal.StepDone, journal.StepFailed:
		return p.step(e)
	case journal.StepProgress:
		return plain, climbingStep(e, s)
	case journal.GateAsked:
		var a journal.Asking
		if e.Read(&a) != nil {
			return plain, ""
		}
		if a.Verdict.OK() {
			return good, "gate open: " + a.Gate
		}
		return bad, fmt.Sprintf("gate %s: %s", a.Gate, a.Verdict)
	case journal.Asked:
		var q journal.Question
		if e.Read(&q) != nil {
			return plain, ""
		}
		return plain, fmt.Sprintf("asked: %s  %s", q.Question, map[bool]string{true: "yes", false: "no"}[q.Yes])
	default:
		return p.turn(e, s)
	}
}

// turn words the events that change where a run stands.
func (p *Progress) turn(e journal.Event, s journal.Status) (tone, string) {
	var said string
	switch e.Type {
	case journal.RunBegun:
		return bold, "run " + e.Run + " begins"
	case journal.TakenOver:
		var t journal.Takeover
		_ = e.Read(&t) // the event tells it all the same
		return mild, fmt.Sprintf("taken over from the marker of %s: it was driven by %s, and holds %s", t.Server, t.Driver, names(t.Markers))
	case journal.Found:
		return mild, foundText(e, s)
	case journal.DriveBegun:
		return bold, fmt.Sprintf("run %s is carried on, drive %d", e.Run, e.Epoch)
	case journal.PhaseBegun:
		return bold, "begins"
	case journal.PhaseDone:
		return good, "done"
	case journal.PhaseVoid:
		return mild, "no longer holds, and is done again"
	case journal.Moved:
		var seen []journal.Sighting
		_ = e.Read(&seen) // the event tells it all the same
		return turned(e.Type, sightings(seen))
	case journal.Stranger, journal.Untouched, journal.BackingOut, journal.RollingBack:
		_ = e.Read(&said) // without words it has happened all the same
		return turned(e.Type, said)
	case journal.DeclaredDead:
		return turned(e.Type, "")
	case journal.GroupEnded:
		for _, g := range s.Groups {
			if g.ID == e.Group {
				return stateTone(g.State), g.ID + ": " + string(g.State)
			}
		}
	}
	return plain, ""
}

// turned words an event that is no part of the procedure, with what was said.
func turned(t journal.Type, said string) (tone, string) {
	switch t {
	case journal.Stranger:
		return bad, "not by this run: " + said
	case journal.Untouched:
		return mild, "the point of no return is taken back: " + said
	case journal.Moved:
		return bad, "past the point of no return, and not by this run: " + said
	case journal.DeclaredDead:
		return bad, "declared dead: the run goes on without it"
	case journal.BackingOut:
		return mild, "backing out to the old state: " + said
	case journal.RollingBack:
		return mild, "rolling back to the old state; from here the run goes nowhere else"
	}
	return plain, ""
}

// sightings says which schemas somebody else moved, and how far.
func sightings(seen []journal.Sighting) string {
	var parts []string
	for _, s := range seen {
		parts = append(parts, s.Saw)
	}
	return strings.Join(parts, ", ")
}

// foundText says how far the servers of a group that was taken over tell that it got.
func foundText(e journal.Event, s journal.Status) string {
	for _, g := range s.Groups {
		switch {
		case g.ID != e.Group:
		case g.PastReturn:
			return "found past the point of no return"
		case g.BackingOut:
			return "found before the point of no return, and not stopped as a whole"
		case g.Phase != "":
			return "found before the point of no return, in " + g.Phase
		}
	}
	return "found before the point of no return"
}

// slow are the kinds of steps whose beginning is told too.
func slow(kind string) bool {
	switch orchestrator.Kind(kind) {
	case orchestrator.KindPrefetch, orchestrator.KindDump, orchestrator.KindKeep, orchestrator.KindProve, orchestrator.KindInstall, orchestrator.KindMigrate,
		orchestrator.KindRestore, orchestrator.KindConfirm:
		return true
	}
	return false
}

func (p *Progress) step(e journal.Event) (tone, string) {
	key := e.Group + " " + e.Step
	switch e.Type {
	case journal.StepBegun:
		var a journal.Attempt
		if e.Read(&a) != nil {
			return plain, ""
		}
		p.begun[key], p.when[key] = a, e.Time
		if !slow(a.Kind) {
			return plain, ""
		}
		if a.Number > 1 {
			return plain, fmt.Sprintf("%s ... (attempt %d)", a.Title, a.Number)
		}
		return plain, a.Title + " ..."
	case journal.StepDone:
		var r journal.Result
		if e.Read(&r) != nil {
			return plain, ""
		}
		if r.Probed {
			return faint, "already so: " + r.Saw
		}
		text := p.title(key, e.Step)
		if from, ok := p.when[key]; ok {
			text += ": " + seconds(e.Time.Sub(from).Seconds())
		}
		return plain, text
	default:
		var why string
		_ = e.Read(&why) // a failure without words is a failure all the same
		return bad, "failed: " + why
	}
}

func (p *Progress) title(key, step string) string {
	if a, ok := p.begun[key]; ok {
		return a.Title
	}
	return step
}
