package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// chapter is one drive of a run as a report tells it, line after line.
type chapter struct {
	drive journal.DriveStatus
	lines []entry
	torn  bool // what came next is not known
}

// entry is one line of a chapter: a phase or a turn of the run, or, below a phase, a step.
type entry struct {
	at      time.Time
	lasted  time.Duration // of a phase or a step; of several steps, the longest
	spans   bool          // it lasted, and did not just happen
	still   bool          // it is under way
	step    bool
	amid    bool     // a turn among steps
	group   string   // where a run has several
	text    string   // what happened
	servers []string // where
	detail  string   // what was seen, verbatim
	tone    tone
}

// took says how long a phase or a step lasted.
func (e entry) took() string {
	switch {
	case e.still:
		return "…"
	case !e.spans || e.lasted < 0: // a clock was set back
		return ""
	}
	return seconds(e.lasted.Seconds())
}

// spanning is a line for what began and, but for what is under way, ended.
func spanning(m journal.Moment, text string, t tone) entry {
	return entry{at: m.Time, lasted: m.Until.Sub(m.Time), spans: !m.Until.IsZero(), still: m.Outcome == "", text: text, tone: t}
}

// chapters tells the drives of a run, each by itself.
func chapters(s journal.Status, verbose bool) []chapter {
	var all []chapter
	moments := s.Moments()
	for _, d := range s.Drives {
		one := chapter{drive: d}
		t := telling{several: len(s.Groups) > 1, verbose: verbose}
		for _, m := range moments {
			if m.Epoch == d.Epoch && !d.Began.IsZero() {
				t.take(m)
			}
		}
		one.lines = t.lines()
		all = append(all, one)
	}
	return all
}

// telling makes lines of moments.
type telling struct {
	several, verbose bool
	heads            []*head
}

// head is a line with the steps below it.
type head struct {
	entry
	moment journal.Moment
	steps  []stepEntry
}

type stepEntry struct {
	entry
	key string // of steps that are told together; empty for none
}

func (t *telling) lines() []entry {
	var all []entry
	for _, h := range t.heads {
		all = append(all, h.entry)
		for _, s := range h.steps {
			all = append(all, s.entry)
		}
	}
	return all
}

func (t *telling) take(m journal.Moment) {
	switch m.What {
	case journal.Step:
		t.step(m)
	case journal.Phase:
		if m.Outcome == journal.CutOff {
			t.add(m, spanning(m, m.Phase+", not finished", bad))
		} else {
			t.add(m, spanning(m, m.Phase, bold))
		}
	default:
		if e := t.turn(m); e.text != "" && !t.amid(m, e) {
			t.add(m, e)
		}
	}
}

// amid puts a turn among the steps of the phase that is under way, if one is.
func (t *telling) amid(m journal.Moment, e entry) bool {
	for _, h := range slices.Backward(t.heads) {
		within := m.Time.Sub(h.at)
		if h.moment.What == journal.Phase && h.moment.Group == m.Group && within > 0 && (h.still || within < h.lasted) && m.What != journal.GateAsked {
			e.amid = true
			h.steps = append(h.steps, stepEntry{entry: e})
			return true
		}
	}
	return false
}

// add adds a line, but for one that says what the one before it does: a gate is asked until it opens.
func (t *telling) add(m journal.Moment, e entry) {
	if t.several {
		e.group = m.Group
	}
	if n := len(t.heads); n > 0 && m.What == journal.GateAsked && t.heads[n-1].text == e.text && t.heads[n-1].detail == e.detail {
		return
	}
	t.heads = append(t.heads, &head{entry: e, moment: m})
}

// step puts a step below its phase. Steps of one that this drive has not begun are looked at, and done again where that is needed.
func (t *telling) step(m journal.Moment) {
	under := -1
	for i, h := range t.heads {
		if h.moment.What == journal.Phase && h.moment.Group == m.Group && h.moment.Phase == m.Phase {
			under = i
		}
	}
	if under < 0 {
		again := m
		again.What = journal.Phase
		t.add(again, entry{at: m.Time, text: "looked at: " + cmp.Or(m.Phase, "the fleet"), tone: bold})
		under = len(t.heads) - 1
	}
	h := t.heads[under]
	e := stepLine(m)
	e.key = fmt.Sprintf("%s\n%s\n%s", e.text, e.detail, m.Outcome)
	if i := slices.IndexFunc(h.steps, func(o stepEntry) bool { return o.key == e.key }); i >= 0 && !t.verbose {
		h.steps[i].join(e)
		return
	}
	h.steps = append(h.steps, e)
}

// join takes in the same step of another server.
func (s *stepEntry) join(o stepEntry) {
	s.lasted = max(s.lasted, o.lasted)
	s.still = s.still || o.still
	for _, name := range o.servers {
		if !slices.Contains(s.servers, name) {
			s.servers = append(s.servers, name)
		}
	}
	slices.SortFunc(s.servers, natural)
}

// natural orders k2 before k10.
func natural(a, b string) int {
	ta, tb := strings.TrimRight(a, "0123456789"), strings.TrimRight(b, "0123456789")
	if ta == tb && len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func stepLine(m journal.Moment) stepEntry {
	e := spanning(m, cmp.Or(m.Title, m.Step), plain)
	e.step, e.servers = true, []string{m.Server}
	if m.Attempt > 1 && m.Outcome != journal.AlreadySo {
		e.text += fmt.Sprintf(" (attempt %d)", m.Attempt)
	}
	switch m.Outcome {
	case journal.AlreadySo:
		e.text, e.tone, e.spans = "already so: "+e.text, faint, false
	case journal.HasFailed:
		e.text, e.tone, e.detail = "failed: "+e.text, bad, m.Said
	case journal.CutOff:
		e.text, e.tone = "cut off, its fate is asked of the fleet: "+e.text, bad
	}
	return stepEntry{entry: e}
}

// turn words what is a moment by itself; empty for what people need not see.
func (t *telling) turn(m journal.Moment) entry {
	e := entry{at: m.Time}
	switch m.What {
	case journal.GateAsked:
		e.text, e.tone = "gate "+m.Title+": "+string(m.Outcome), good
		if m.Outcome != "yes" {
			e.tone = bad
		}
		if m.Outcome != "yes" || t.verbose {
			e.detail = m.Said
		}
	case journal.Asked:
		e.text = "asked: " + m.Title + "  " + string(m.Outcome)
		if m.By != "" {
			e.text += " (" + m.By + ")"
		}
	case journal.PhaseVoid:
		e.text, e.tone = m.Phase+" no longer holds, and is done again", mild
	case journal.GroupEnded:
		e.text, e.tone, e.detail = string(m.Outcome), stateTone(journal.State(m.Outcome)), m.Title
		if t.several {
			e.text = m.Group + ": " + e.text
		}
	case journal.TakenOver:
		e.text, e.tone = fmt.Sprintf("taken over from the marker of %s: it was driven by %s", m.Server, m.Said), mild
	case journal.Found:
		e.text, e.tone = "its servers told how far it got", mild
	case journal.DeclaredDead:
		e.tone, e.text = turned(m.What, m.Said)
		e.servers = []string{m.Server}
	default:
		e.tone, e.text = turned(m.What, m.Said)
	}
	return e
}
