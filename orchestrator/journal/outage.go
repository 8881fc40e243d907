package journal

import (
	"maps"
	"slices"
	"time"
)

// Outage is how long the group's clients went without an answer, as far as the events tell: from the first stop to the first
// confirmed server, and per server from its stop to its own confirmation. What is stopped again later counts once more. Zero
// durations mean not stopped, or not back yet.
type Outage struct {
	Stopped time.Time               `json:"stopped,omitzero"`
	Back    time.Time               `json:"back,omitzero"`
	Earlier time.Duration           `json:"-"` // without any server, before it was stopped for the last time
	AllDown float64                 `json:"all_down_s"`
	Server  map[string]ServerOutage `json:"-"`
	Per     map[string]float64      `json:"per_server"`
}

// SetBack reports whether a clock was set back meanwhile, so that nobody can tell how long it was.
func (o Outage) SetBack() bool {
	back := func(s ServerOutage) bool { return s.Earlier < 0 || !s.Back.IsZero() && s.Back.Before(s.Stopped) }
	return back(ServerOutage{o.Stopped, o.Back, o.Earlier}) || slices.ContainsFunc(slices.Collect(maps.Values(o.Server)), back)
}

// ServerOutage is when one server stopped and came back, the last time that it did.
type ServerOutage struct {
	Stopped, Back time.Time
	Earlier       time.Duration // of the times before
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
	o.Server[server] = ServerOutage{Stopped: at, Earlier: s.Earlier + s.Back.Sub(s.Stopped)}
	for _, other := range o.Server {
		if !other.Back.IsZero() {
			return
		}
	}
	o.Earlier += o.Back.Sub(o.Stopped)
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
			o.Per[name] = (s.Earlier + s.Back.Sub(s.Stopped)).Seconds()
		}
	}
	if !o.Back.IsZero() {
		o.AllDown = (o.Earlier + o.Back.Sub(o.Stopped)).Seconds()
	}
}
