package journal

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"kea-lockstep/internal/fleet"
)

// chronicle makes moments of events. What has ended is only ever added to, so that a status can share it.
type chronicle struct {
	ended  []Moment
	open   map[string]Moment      // phases and steps under way, by place
	titles map[string]stepOutline // what the plan calls its steps, by place
	drives []DriveStatus
	last   time.Time // of the event before
}

// add takes the next event in. State is that of the run after it.
func (c *chronicle) add(e Event, state State) error {
	defer func() { c.last = e.Time }()
	if n := len(c.drives); n > 0 && e.Type != DriveBegun {
		c.drives[n-1].Last, c.drives[n-1].State = e.Time, state
	}
	switch e.Type {
	case RunBegun, DriveBegun:
		return c.drive(e)
	case DriveEnded:
		c.cut("", e.Time)
		if n := len(c.drives); n > 0 {
			c.drives[n-1].Ended = e.Time
		}
	case PhaseBegun:
		c.begin(e, Moment{What: Phase})
	case PhaseDone:
		c.end(e, Phase, WasDone, "")
	case StepBegun, StepDone, StepFailed:
		return c.step(e)
	case GroupEnded:
		c.cut(e.Group, e.Time)
		return c.turn(e)
	case Locked, StepProgress:
	default:
		return c.turn(e)
	}
	return nil
}

// drive begins the next drive. What the one before left under way ended with it, when nobody knows.
func (c *chronicle) drive(e Event) error {
	var b Begun
	if err := e.Read(&b); err != nil {
		return err
	}
	c.cut("", c.last)
	if n := len(c.drives); n > 0 && c.drives[n-1].Ended.IsZero() && c.drives[n-1].State == Running {
		c.drives[n-1].State = Interrupted
	}
	c.drives = append(c.drives, DriveStatus{
		Epoch: e.Epoch, Command: b.Command, Driver: b.Driver, Version: b.Version, Answers: b.Answers, Began: e.Time, Last: e.Time, State: Running,
	})
	return nil
}

func (c *chronicle) step(e Event) error {
	at := place(e, Step)
	switch e.Type {
	case StepBegun:
		var a Attempt
		if err := e.Read(&a); err != nil {
			return err
		}
		c.begin(e, Moment{What: Step, Kind: a.Kind, Attempt: a.Number, Title: a.Title})
	case StepDone:
		var r Result
		if err := e.Read(&r); err != nil {
			return err
		}
		if _, begun := c.open[at]; !begun {
			c.begin(e, Moment{What: Step, Kind: r.Kind, Title: cmp.Or(c.titles[at].Title, e.Step)})
		}
		outcome := WasDone
		if r.Probed {
			outcome = AlreadySo
		}
		c.end(e, Step, outcome, r.Saw)
	case StepFailed:
		var why string
		if err := e.Read(&why); err != nil {
			return err
		}
		if _, begun := c.open[at]; !begun {
			c.begin(e, Moment{What: Step, Kind: c.titles[at].Kind, Title: cmp.Or(c.titles[at].Title, e.Step)})
		}
		c.end(e, Step, HasFailed, why)
	}
	return nil
}

// turn notes an event that is a moment by itself.
func (c *chronicle) turn(e Event) error {
	m := moment(e)
	m.What = e.Type
	var err error
	switch e.Type {
	case GateAsked:
		var a Asking
		err = e.Read(&a)
		m.Title, m.Outcome, m.Said = a.Gate, Outcome(a.Verdict.Answer.String()), a.Verdict.Saw
	case Asked, DeclaredDead:
		var q Question
		err = e.Read(&q)
		m.Title, m.Outcome = q.Question, Outcome(answer(q.Yes).String())
		if n := len(c.drives); n > 0 && !q.Typed {
			m.By = c.drives[n-1].Answers
		} else if q.Typed {
			m.By = Terminal
		}
	case GroupEnded:
		var end Ended
		err = e.Read(&end)
		m.Outcome = Outcome(end.State)
		if end.Problem != nil {
			m.Title, m.Said = end.Problem.What, end.Problem.Why
		}
	case Stranger, Untouched, BackingOut, RollingBack:
		err = e.Read(&m.Said)
	case Moved:
		var seen []Sighting
		err = e.Read(&seen)
		for i, s := range seen {
			m.Said += map[bool]string{true: "", false: ", "}[i == 0] + s.Saw
		}
	case TakenOver:
		var t Takeover
		err = e.Read(&t)
		m.Server, m.Said, m.Epoch = t.Server, t.Driver, e.Epoch+1 // of the drive that begins with it
		c.elsewhere(t.Driver)
	case PlanMade:
		var o outline
		err = e.Read(&o)
		m.Said = o.Hash
		c.titles = map[string]stepOutline{}
		o.steps(func(group string, s stepOutline) { c.titles[place(Event{Group: group, Step: s.ID}, Step)] = s })
	}
	c.ended = append(c.ended, m)
	return err
}

// elsewhere: what the run did until it was taken over is in a journal that is not this one.
func (c *chronicle) elsewhere(driver string) {
	if n := len(c.drives); n > 0 {
		c.drives[n-1] = DriveStatus{Epoch: c.drives[n-1].Epoch, Driver: driver, State: Interrupted}
	}
}

func (c *chronicle) begin(e Event, m Moment) {
	at := place(e, m.What)
	if before, open := c.open[at]; open {
		c.close(at, before, c.last, CutOff, "")
	}
	if c.open == nil {
		c.open = map[string]Moment{}
	}
	of := moment(e)
	of.What, of.Kind, of.Attempt, of.Title = m.What, m.Kind, m.Attempt, m.Title
	c.open[at] = of
}

func (c *chronicle) end(e Event, what Type, outcome Outcome, said string) {
	at := place(e, what)
	if m, open := c.open[at]; open {
		c.close(at, m, e.Time, outcome, said)
	}
}

func (c *chronicle) close(at string, m Moment, until time.Time, outcome Outcome, said string) {
	m.Until, m.Outcome, m.Said = until, outcome, said
	c.ended = append(c.ended, m)
	delete(c.open, at)
}

// cut ends what is under way in a group, or in all where none is named.
func (c *chronicle) cut(group string, at time.Time) {
	for _, key := range slices.Sorted(maps.Keys(c.open)) {
		if m := c.open[key]; group == "" || m.Group == group {
			c.close(key, m, at, CutOff, "")
		}
	}
}

// underWay gives what has begun and not ended, in order.
func (c *chronicle) underWay() []Moment {
	all := slices.Collect(maps.Values(c.open))
	slices.SortFunc(all, func(a, b Moment) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Group, b.Group), cmp.Compare(a.What, b.What), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Phase, b.Phase))
	})
	return all
}

func place(e Event, what Type) string {
	if what == Step {
		return string(what) + " " + e.Group + " " + e.Step
	}
	return string(what) + " " + e.Group + " " + e.Phase
}

func moment(e Event) Moment {
	return Moment{Time: e.Time, Epoch: e.Epoch, Group: e.Group, Phase: e.Phase, Step: e.Step, Server: e.Server}
}

func answer(yes bool) fleet.Answer {
	if yes {
		return fleet.Yes
	}
	return fleet.No
}
