package view

import (
	"slices"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// axis lays the time of a run along a line from 0 to 1. What nobody worked in, such as the night between a halt and the resume, is
// drawn short where it would leave the rest no room.
type axis struct {
	parts []part
}

// part is a stretch of time and where it lies.
type part struct {
	from, until time.Time
	x0, x1      float64
	short       bool // drawn shorter than it was
}

// newAxis lays out the spans of work; they may overlap. What lies beyond the last of them, up to the end, is shown too.
func newAxis(work []journal.Span, end time.Time) axis {
	work = slices.DeleteFunc(slices.Clone(work), func(s journal.Span) bool { return s.From.IsZero() || s.Until.Before(s.From) })
	if len(work) == 0 {
		return axis{}
	}
	slices.SortFunc(work, func(a, b journal.Span) int { return a.From.Compare(b.From) })
	var busy []journal.Span
	for _, s := range work {
		if n := len(busy); n > 0 && !s.From.After(busy[n-1].Until) {
			if s.Until.After(busy[n-1].Until) {
				busy[n-1].Until = s.Until
			}
			continue
		}
		busy = append(busy, s)
	}
	var sum time.Duration
	for _, s := range busy {
		sum += s.Until.Sub(s.From)
	}
	sum = max(sum, time.Millisecond)
	if last := busy[len(busy)-1].Until; end.After(last) {
		busy = append(busy, journal.Span{From: end, Until: end})
	}
	return axis{lay(busy, sum)}
}

// lay puts work and what lies between side by side.
func lay(busy []journal.Span, sum time.Duration) []part {
	var parts []part
	at := 0.0
	put := func(from, until time.Time, as time.Duration, short bool) {
		next := at + as.Seconds()
		parts = append(parts, part{from, until, at, next, short})
		at = next
	}
	for i, s := range busy {
		if i > 0 {
			idle := s.From.Sub(busy[i-1].Until)
			if idle > sum/8 {
				put(busy[i-1].Until, s.From, sum/14, true)
			} else {
				put(busy[i-1].Until, s.From, idle, false)
			}
		}
		put(s.From, s.Until, s.Until.Sub(s.From), false)
	}
	if at == 0 {
		at = 1
	}
	for i := range parts {
		parts[i].x0 /= at
		parts[i].x1 /= at
	}
	return parts
}

// at is where a moment lies; moments outside lie at the ends.
func (a axis) at(t time.Time) float64 {
	for _, p := range a.parts {
		if t.Before(p.from) {
			return p.x0
		}
		if !t.After(p.until) {
			long := p.until.Sub(p.from).Seconds()
			if long == 0 {
				return p.x0
			}
			return p.x0 + (p.x1-p.x0)*t.Sub(p.from).Seconds()/long
		}
	}
	return 1
}

// scale is how many seconds the whole line stands for, what is drawn short left out.
func (a axis) scale() (s float64) {
	for _, p := range a.parts {
		if !p.short {
			s += p.until.Sub(p.from).Seconds()
		}
	}
	return s
}

// tick is a moment that is written at the axis.
type tick struct {
	x    float64
	text string
}

// ticks are at most about so many round moments.
func (a axis) ticks(most int) []tick {
	step := time.Hour * 24
	for _, s := range []time.Duration{
		100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second,
		30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour,
	} {
		if a.scale()/s.Seconds() <= float64(most) {
			step = s
			break
		}
	}
	layout := time.TimeOnly
	if step < time.Second {
		layout = "15:04:05.0"
	}
	var all []tick
	for _, p := range a.parts {
		if p.short {
			continue
		}
		for t := p.from.UTC().Truncate(step); !t.After(p.until); t = t.Add(step) {
			if t.Before(p.from) {
				continue
			}
			if x := a.at(t); len(all) == 0 || x-all[len(all)-1].x > 0.6/float64(most) {
				all = append(all, tick{x, t.Format(layout)})
			}
		}
	}
	if len(all) == 0 && len(a.parts) > 0 {
		all = append(all, tick{0, a.parts[0].from.UTC().Format(layout)})
	}
	return all
}
