package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// ErrNotDead is returned by Drive.Resume when a server cannot be declared dead: it answers, is none of the plan's, is the last of its
// group, or its group was not touched. Nothing was written down.
var ErrNotDead = errors.New("it cannot be declared dead")

// ErrDeclined is returned by Drive.Resume when the operator did not declare a server dead. Nothing was written down.
var ErrDeclined = errors.New("it was not declared dead")

// buried takes the servers that earlier drives declared dead from the plan, and asks about those that this drive is to declare. It
// gives the events that declare them.
func (d *Drive) buried(ctx context.Context) ([]journal.Event, error) {
	var known, fresh []string
	for _, s := range d.fold.Status().Servers {
		if s.Dead {
			known = append(known, s.Name)
		}
	}
	var declared []journal.Event
	for _, name := range d.Dead {
		if slices.Contains(known, name) || slices.Contains(fresh, name) {
			continue
		}
		e, err := d.declare(ctx, name, slices.Concat(known, fresh))
		if err != nil {
			return nil, err
		}
		fresh, declared = append(fresh, name), append(declared, e)
	}
	d.plan = d.plan.without(slices.Concat(known, fresh))
	return declared, nil
}

// declare asks whether a server is dead: of itself first, and then of the operator, who types its name.
func (d *Drive) declare(ctx context.Context, name string, dead []string) (journal.Event, error) {
	id, err := d.mayBeDead(name, dead)
	if err != nil {
		return journal.Event{}, err
	}
	_, silent := d.World.Pulse(ctx, name)
	if silent == nil {
		return journal.Event{}, fmt.Errorf("%s answers: %w", name, ErrNotDead)
	}
	q := Question{
		Ask: AskDead, Group: id, Word: name, Typed: true,
		Text: fmt.Sprintf("go on without %s, for good? It must not run: a Kea that still runs there would write behind this run's back", name),
		Saw:  []string{fmt.Sprintf("%s  %v", name, silent)},
	}
	yes, err := d.Operator.Ask(ctx, q)
	if err != nil {
		return journal.Event{}, fmt.Errorf("asking %q: %w", q.Text, err)
	}
	if !yes {
		return journal.Event{}, fmt.Errorf("%s: %w", name, ErrDeclined)
	}
	return journal.Event{Type: journal.DeclaredDead, Group: id, Server: name}.With(journal.Question{Question: q.Text, Yes: true, Typed: true}), nil
}

// mayBeDead gives the group that the server is left out of.
func (d *Drive) mayBeDead(name string, dead []string) (group string, err error) {
	for i := range d.plan.Groups {
		g := &groupDrive{Drive: d, group: &d.plan.Groups[i]}
		if _, ok := g.group.Server(name); !ok {
			continue
		}
		left := slices.DeleteFunc(g.group.Names(), func(n string) bool { return n == name || slices.Contains(dead, n) })
		switch {
		case g.status().State.Over() || !g.touched():
			return "", fmt.Errorf("%s: nothing of the run stands on its group, so it can be planned without: %w", name, ErrNotDead)
		case len(left) == 0:
			return "", fmt.Errorf("%s is the last server of its group: %w", name, ErrNotDead)
		}
		return g.group.ID, nil
	}
	return "", fmt.Errorf("the plan has no server %q: %w", name, ErrNotDead)
}

// without gives what is left of a plan when servers are dead: nothing is asked of them, and nothing is done to them. Where a canary is
// dead, the first server of its group that lives takes its place; what was done stays done, by the names of its steps.
func (p Plan) without(dead []string) Plan {
	if len(dead) == 0 {
		return p
	}
	p.Groups = slices.Clone(p.Groups)
	for i, g := range p.Groups {
		living := slices.DeleteFunc(slices.Clone(g.Servers), func(s ServerPlan) bool { return slices.Contains(dead, s.Name) })
		if len(living) == len(g.Servers) || len(living) == 0 {
			continue
		}
		g.Servers = living
		if slices.Contains(dead, g.Canary) {
			g.Canary = living[0].Name
		}
		g.Databases = slices.Clone(g.Databases)
		for n := range g.Databases {
			g.Databases[n] = g.Databases[n].without(dead, g.Canary)
		}
		g.Databases = slices.DeleteFunc(g.Databases, func(d DatabasePlan) bool { return len(d.Places) == 0 })
		g.Phases, g.Back = nil, nil
		switch g.Mode {
		case Lockstep:
			p.lockstep(&g)
			p.backOut(&g)
		case Rolling:
			p.rolling(&g)
			p.backOut(&g)
		}
		p.Groups[i] = g
	}
	return p
}

// without leaves the places of dead servers out. The database is moved from the canary, or from the first place that is left.
func (d DatabasePlan) without(dead []string, canary string) DatabasePlan {
	gone := func(at fleet.Place) bool { return slices.Contains(dead, at.Server) }
	d.Places = slices.DeleteFunc(slices.Clone(d.Places), gone)
	d.Backups = slices.DeleteFunc(slices.Clone(d.Backups), gone)
	if len(d.Places) == 0 {
		return d
	}
	for _, at := range d.Places { // a dump that is still to be taken is taken twice again
		if !d.Aside() && len(d.Backups) < 2 && !slices.ContainsFunc(d.Backups, func(b fleet.Place) bool { return b.Server == at.Server }) {
			d.Backups = append(d.Backups, at)
		}
	}
	if !gone(d.At) {
		return d
	}
	d.At = d.Places[0]
	for _, at := range d.Places {
		if at.Server == canary {
			d.At = at
		}
	}
	if d.Aside() {
		d.Backups = []fleet.Place{d.At}
	}
	return d
}
