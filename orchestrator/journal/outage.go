package journal

import (
	"maps"
	"slices"
	"time"
)

// Outage is how long the group's clients went without an answer, as far as the events tell: from the first stop to the first
// confirmed server, and per server from its stop to its own confirmation. What is stopped again later counts once more. Zero
// durations mean not stopped, or not back yet; a group that is rolled is never without all its servers.
type Outage struct {
	Stopped time.Time               `json:"stopped,omitzero"`
	Back    time.Time               `json:"back,omitzero"`
	Past    []Span                  `json:"-"` // without any server, before it was stopped for the last time
	Rolled  bool                    `json:"-"` // its servers are stopped one by one, and others serve meanwhile
	AllDown float64                 `json:"all_down_s"`
	Server  map[string]ServerOutage `json:"-"`
	Per     map[string]float64      `json:"per_server"`
}

// SetBack reports whether a clock was set back meanwhile, so that nobody can tell how long it was.
func (o Outage) SetBack() bool {
	back := func(s ServerOutage) bool {
		return slices.ContainsFunc(s.Spans(), func(one Span) bool { return !one.Until.IsZero() && one.Until.Before(one.From) })
	}
	return back(ServerOutage{o.Stopped, o.Back, o.Past}) || slices.ContainsFunc(slices.Collect(maps.Values(o.Server)), back)
}

// ServerOutage is when one server stopped and came back, the last time that it did.
type ServerOutage struct {
	Stopped, Back time.Time
	Past          []Span // the times before
}

// Span is a time without an answer. Until is zero while it lasts.
type Span struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until,omitzero"`
}

// Spans gives each time without an answer, in order.
func (s ServerOutage) Spans() []Span {
	if s.Stopped.IsZero() {
		return nil
	}
	return append(slices.Clone(s.Past), Span{s.Stopped, s.Back})
}

// length is how long spans that have ended were.
func length(spans []Span) (sum time.Duration) {
	for _, s := range spans {
		if !s.Until.IsZero() {
			sum += s.Until.Sub(s.From)
		}
	}
	return sum
}

// SoFar is how long the group's clients have been without any server at a time. Zero where a clock was set back, for nobody can tell, and for a
// group that is rolled.
func (o Outage) SoFar(at time.Time) time.Duration {
	if o.SetBack() || o.Rolled || o.Stopped.IsZero() {
		return 0
	}
	now := Span{o.Stopped, o.Back}
	if now.Until.IsZero() {
		now.Until = at
	}
	return max(length(append(slices.Clone(o.Past), now)), 0)
}

// stopped notes that a server is stopped. One that was back, and is stopped again, is down once more.
func (o *Outage) stopped(server string, at time.Time) {
	if o.Stopped.IsZero() {
		o.Stopped = at
	}
	s := o.Server[server]
	switch {
	case s.Stopped.IsZero():
		o.Server[server] = ServerOutage{Stopped: at}
		return
	case s.Back.IsZero():
		return
	}
	o.Server[server] = ServerOutage{Stopped: at, Past: s.Spans()}
	for _, other := range o.Server {
		if !other.Back.IsZero() {
			return
		}
	}
	o.Past = append(slices.Clone(o.Past), Span{o.Stopped, o.Back})
	o.Stopped, o.Back = at, time.Time{}
}

// answered is when a confirmation first found the server serving; it settled after that.
func answered(r Result, done time.Time) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, r.Facts[FactAnswered]); err == nil {
		return at
	}
	return done
}

func (o *Outage) back(server string, at time.Time) {
	s, stopped := o.Server[server]
	if !stopped || !s.Back.IsZero() {
		return
	}
	s.Back = at
	o.Server[server] = s
	if o.Back.IsZero() || at.Before(o.Back) {
		o.Back = at
	}
}

func (o *Outage) total() {
	o.Per = map[string]float64{}
	if o.SetBack() {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(o.Server)) {
		if s := o.Server[name]; !s.Back.IsZero() {
			o.Per[name] = length(s.Spans()).Seconds()
		}
	}
	if !o.Back.IsZero() {
		o.AllDown = o.SoFar(o.Back).Seconds()
	}
}
