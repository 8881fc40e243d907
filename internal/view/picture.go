package view

import (
	"fmt"
	"slices"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// picture is a run drawn against time: for each group its phases, and below them how long each server gave no answer.
type picture struct {
	axis   axis
	groups []pictureGroup
	drives []tick // where each began
}

type pictureGroup struct {
	id            string
	phases, downs []lane
	returns       []time.Time // where it passed the point of no return
}

// lane is one row of bars.
type lane struct {
	name string
	all  bool // of the group, not of one server
	bars []bar
}

// bar is one stretch of a lane.
type bar struct {
	journal.Span
	kind barKind
	text string // how long, as people say it
}

type barKind string

// The kinds of bars.
const (
	barPhase    barKind = "phase"
	barBroken   barKind = "broken" // a phase that did not end well
	barAll      barKind = "all"    // no server answered
	barDown     barKind = "down"
	barEstimate barKind = "estimate"
)

// newPicture draws a run. It has no lanes where a clock was set back, or nothing was begun.
func newPicture(v Report) picture {
	var p picture
	var work []journal.Span
	moments := v.Moments()
	for _, d := range v.Drives {
		if d.Began.IsZero() {
			continue
		}
		work = append(work, journal.Span{From: d.Began, Until: d.Began})
		for _, m := range moments {
			if m.Epoch == d.Epoch { // from the drive's beginning on it looks at the fleet and asks
				work = append(work, journal.Span{From: d.Began, Until: m.Time})
				break
			}
		}
	}
	for _, m := range moments {
		if m.What == journal.Phase || m.What == journal.Step {
			work = append(work, journal.Span{From: m.Time, Until: v.until(m)})
		}
	}
	end := v.Ended
	for _, g := range v.Groups {
		if g.Outage.SetBack() {
			return p
		}
		one := pictureGroup{id: g.ID, phases: v.phaseLanes(g, moments), downs: v.downLanes(g), returns: returns(g, moments)}
		for _, l := range one.downs {
			for _, b := range l.bars {
				if b.Until.After(end) && b.kind != barEstimate {
					end = b.Until
				}
			}
		}
		if len(one.phases) > 0 {
			p.groups = append(p.groups, one)
		}
	}
	p.axis = newAxis(work, end)
	for i, d := range v.Drives {
		if i > 0 && !d.Began.IsZero() {
			p.drives = append(p.drives, tick{p.axis.at(d.Began), fmt.Sprintf("drive %d", d.Epoch)})
		}
	}
	return p
}

// until is when a moment ended; of what lasts, now, and of what was cut off without a word, when the run was last heard of.
func (v Report) until(m journal.Moment) time.Time {
	switch {
	case !m.Until.IsZero():
		return m.Until
	case m.Outcome == journal.CutOff && len(v.Drives) > 0:
		return v.Drives[len(v.Drives)-1].Last
	default:
		return v.now
	}
}

// phaseLanes gives each phase that was begun a lane, in the order in which they first were.
func (v Report) phaseLanes(g journal.GroupStatus, moments []journal.Moment) []lane {
	var all []lane
	for _, m := range moments {
		if m.What != journal.Phase || m.Group != g.ID {
			continue
		}
		i := slices.IndexFunc(all, func(l lane) bool { return l.name == m.Phase })
		if i < 0 {
			i, all = len(all), append(all, lane{name: m.Phase})
		}
		b := bar{Span: journal.Span{From: m.Time, Until: v.until(m)}, kind: barPhase}
		b.text = seconds(max(0, b.Until.Sub(b.From).Seconds()))
		switch m.Outcome {
		case journal.CutOff:
			b.kind, b.text = barBroken, b.text+", not finished"
		case "":
			b.text += " so far"
		}
		all[i].bars = append(all[i].bars, b)
	}
	return all
}

// downLanes gives the group and each server that was stopped a lane.
func (v Report) downLanes(g journal.GroupStatus) []lane {
	o := g.Outage
	whole := v.downLane("no server", barAll, journal.ServerOutage{Stopped: o.Stopped, Back: o.Back, Past: o.Past})
	if len(whole.bars) == 0 {
		return nil
	}
	whole.all = true
	var all []lane
	if !o.Rolled {
		if first := whole.bars[0]; g.Estimate > 0 {
			span := journal.Span{From: first.From, Until: first.From.Add(time.Duration(g.Estimate * float64(time.Second)))}
			whole.bars = append(whole.bars, bar{Span: span, kind: barEstimate, text: seconds(g.Estimate) + " estimated"})
		}
		all = append(all, whole)
	}
	for _, name := range serversOf(v.Status, g) {
		if l := v.downLane(name, barDown, g.Outage.Server[name]); len(l.bars) > 0 {
			all = append(all, l)
		}
	}
	return all
}

func (v Report) downLane(name string, kind barKind, o journal.ServerOutage) lane {
	l := lane{name: name}
	for _, s := range o.Spans() {
		b := bar{Span: s, kind: kind}
		if b.Until.IsZero() && v.State.Over() {
			continue // when it came back is not known
		}
		so := ""
		if b.Until.IsZero() {
			b.Until, so = v.now, " so far"
		}
		b.text = seconds(max(0, b.Until.Sub(b.From).Seconds())) + so
		l.bars = append(l.bars, b)
	}
	return l
}

// returns are the moments at which a group passed the point of no return: the intent to migrate, or that somebody else did.
func returns(g journal.GroupStatus, moments []journal.Moment) (all []time.Time) {
	past := false
	for _, m := range moments {
		switch {
		case m.Group != g.ID:
		case m.What == journal.Untouched:
			past = false
		case m.What == journal.Moved, m.What == journal.Step && m.Kind == journal.KindMigrate && m.Attempt > 0:
			if !past {
				all = append(all, m.Time)
			}
			past = true
		}
	}
	return all
}
