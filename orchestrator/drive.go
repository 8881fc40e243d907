package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// Drive is one process's drive of one run. Its fields are set once, before Begin or Resume.
type Drive struct {
	Run      string
	Driver   string // user@host and process: who drives, for others to read
	Version  string // of this program
	Log      journal.Log
	World    fleet.Observer
	Actor    Actor
	Locker   Locker // nil: markers alone name the driver
	Operator Operator
	Dead     []string // servers that Resume asks the operator to declare dead
	// Absence is how long there may be no answer at all, to a gate or a step, before that is a no. Zero: 40 s.
	Absence time.Duration
	// Again surveys the fleet and makes the plan of one group anew, for the gate that asks whether it is still as planned.
	Again func(ctx context.Context, group string) (Plan, error)
	// Told hears of every event once it is durable. It must not block. Nil: nobody listens.
	Told func(journal.Event, journal.Status)

	mu    sync.Mutex
	fold  journal.Folding
	epoch int
	plan  Plan
	back  bool // the operator wants the old state, now or in an earlier drive
}

// Begin makes the run durable: event 1, before the first look at the fleet.
func (d *Drive) Begin(ctx context.Context, b journal.Begun) error {
	d.epoch = 1
	b.Driver, b.Version = d.Driver, d.Version
	return d.record(ctx, journal.Event{Type: journal.RunBegun}.With(b))
}

// Upgrade drives a plan from its beginning. How it ended is in the journal and in Status; the error is for a drive that could
// not go on at all: the journal cannot be written, or another drive has taken over.
func (d *Drive) Upgrade(ctx context.Context, plan Plan) error {
	d.plan = plan
	if err := d.record(ctx, journal.Event{Type: journal.PlanMade}.With(plan)); err != nil {
		return err
	}
	return d.groups(ctx, false)
}

// Resume carries a run on: it takes a higher epoch, asks the world how far things got, and goes on from there. The run is held before
// its events are read: another drive between the two would leave this one with an epoch that was taken.
func (d *Drive) Resume(ctx context.Context, b journal.Begun) error {
	if err := d.Log.Hold(d.Run); err != nil {
		return fmt.Errorf("holding the journal of run %s: %w", d.Run, err)
	}
	for e, err := range d.Log.Read(ctx, d.Run) {
		if err != nil {
			return fmt.Errorf("reading the journal of run %s: %w", d.Run, err)
		}
		if err := d.fold.Add(e); err != nil {
			return err
		}
		if e.Type == journal.PlanMade {
			if err := e.Read(&d.plan); err != nil {
				return err
			}
		}
	}
	return d.again(ctx, b)
}

// again begins the next drive of the run that was read.
func (d *Drive) again(ctx context.Context, b journal.Begun) error {
	before := d.fold.Status()
	d.epoch = before.Epoch + 1
	d.back = d.back || slices.ContainsFunc(before.Groups, func(g journal.GroupStatus) bool { return g.RollingBack })
	declared, err := d.buried(ctx)
	if err != nil {
		return err
	}
	b.Driver, b.Version = d.Driver, d.Version
	if err := d.record(ctx, journal.Event{Type: journal.DriveBegun}.With(b)); err != nil {
		return err
	}
	for _, e := range declared {
		if err := d.record(ctx, e); err != nil {
			return err
		}
	}
	return d.groups(ctx, true)
}

// Rollback carries a run back to the old software, configuration and schema, as Resume carries it on. A run that it began to take
// back stays on that way: Resume goes on with it.
func (d *Drive) Rollback(ctx context.Context, b journal.Begun) error {
	d.back = true
	return d.Resume(ctx, b)
}

// Refuse ends a run that must not begin, with the reasons.
func (d *Drive) Refuse(ctx context.Context, plan Plan, p journal.Problem) error {
	d.plan = plan
	err := d.record(ctx, journal.Event{Type: journal.PlanMade}.With(plan))
	for _, g := range plan.Groups {
		err = errors.Join(err, d.record(ctx, journal.Event{Type: journal.GroupEnded, Group: g.ID}.With(journal.Ended{State: journal.Refused, Problem: &p})))
	}
	return errors.Join(err, d.end(ctx))
}

// Plan gives the plan that is driven.
func (d *Drive) Plan() Plan { return d.plan }

// Status gives where the run stands.
func (d *Drive) Status() journal.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fold.Status()
}

// groups drives one group after the other. A group that does not end well leaves the later ones waiting.
func (d *Drive) groups(ctx context.Context, resumed bool) error {
	var before *groupDrive
	for i := range d.plan.Groups {
		g := &groupDrive{Drive: d, group: &d.plan.Groups[i], resumed: resumed}
		state := g.status().State
		if state.Over() {
			continue
		}
		g.follows(before)
		before = g
		state, err := g.run(ctx)
		if err != nil {
			return err
		}
		if state != journal.Done && state != journal.BackedOut && !(d.back && state.Over()) {
			break
		}
	}
	return d.end(ctx)
}

func (d *Drive) end(ctx context.Context) error {
	return d.record(ctx, journal.Event{Type: journal.DriveEnded})
}

// record makes events durable, at once, and takes them into the status. It is not cut short by a context that ended: what happened
// is written down.
func (d *Drive) record(ctx context.Context, events ...journal.Event) error {
	for i := range events {
		events[i].Run, events[i].Epoch, events[i].Time = d.Run, d.epoch, time.Now().UTC()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.Log.Append(context.WithoutCancel(ctx), events...); err != nil {
		return &journalError{err}
	}
	for _, e := range events {
		e.Seq = d.fold.Seq() + 1 // as the log numbers it: nobody else writes to a driven run
		if err := d.fold.Add(e); err != nil {
			return &journalError{err}
		}
		if d.Told != nil {
			d.Told(e, d.fold.Status())
		}
	}
	return nil
}

// journalError is a journal that cannot be written: nothing that it would announce may be done.
type journalError struct{ err error }

func (e *journalError) Error() string { return "the journal cannot be written: " + e.err.Error() }
func (e *journalError) Unwrap() error { return e.err }

// fatal reports whether an error ends the drive at once, without another event or effect.
func fatal(err error) bool {
	var j *journalError
	return errors.As(err, &j) || errors.Is(err, ErrSuperseded)
}
