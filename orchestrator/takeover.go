package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// ErrNoMarker is returned by Inherit for a server that no run holds: there is nothing to carry on by it.
var ErrNoMarker = errors.New("no run holds it")

// ErrUnasked is returned by Inherit when a server of the run cannot be asked, or what it tells cannot be read: what the run left
// cannot be told.
var ErrUnasked = errors.New("it cannot be told what the run left there")

// ErrAnotherRun is returned by Inherit when another run holds a server of the run.
var ErrAnotherRun = errors.New("another run holds it")

// Heritage is what a run left on its servers.
type Heritage struct {
	Run    string
	Server string // by whose marker it was found
	Epoch  int    // of its newest drive
	Driver string // of that
	Plan   Plan   // as that drove it
	left   map[string]fleet.Remains
	over   map[string]journal.State // of groups that it let go of
}

// Inherit asks the servers what the run left that holds one of them. Servers that are to be declared dead need not answer.
func Inherit(ctx context.Context, world fleet.Observer, server string, dead []string) (Heritage, error) {
	first, err := world.Remains(ctx, server)
	if err != nil {
		return Heritage{}, fmt.Errorf("%s: %w: %w", server, ErrUnasked, err)
	}
	h := Heritage{Run: first.Claim.Run, Server: server, left: map[string]fleet.Remains{server: first}, over: map[string]journal.State{}}
	if h.Run == "" {
		return h, fmt.Errorf("%s: %w", server, ErrNoMarker)
	}
	if err := h.newest(server); err != nil {
		return h, err
	}
	others := slices.DeleteFunc(h.servers(), func(name string) bool { return name == server })
	if err := h.ask(ctx, world, others, dead); err != nil {
		return h, err
	}
	for _, name := range h.servers() { // of the first marker's plan: a newer drive may have a smaller one
		if err := h.newest(name); err != nil {
			return h, err
		}
	}
	return h, h.finished(ctx, world)
}

// servers names the plan's servers.
func (h *Heritage) servers() []string {
	var all []string
	for _, g := range h.Plan.Groups {
		all = append(all, g.Names()...)
	}
	return all
}

// ask asks servers, all at once.
func (h *Heritage) ask(ctx context.Context, world fleet.Observer, servers, dead []string) error {
	errs := make([]error, len(servers))
	var wait sync.WaitGroup
	var mu sync.Mutex
	for i, name := range servers {
		wait.Go(func() {
			left, err := world.Remains(ctx, name)
			switch {
			case err != nil && slices.Contains(dead, name):
			case err != nil:
				errs[i] = fmt.Errorf("%s: %w: %w", name, ErrUnasked, err)
			default:
				mu.Lock()
				h.left[name] = left
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// newest takes the plan of a server's marker if none of a newer drive was seen. The marker must be the run's, or none.
func (h *Heritage) newest(server string) error {
	left := h.left[server] // nothing, of one that is dead
	switch {
	case left.Claim.Run != "" && left.Claim.Run != h.Run:
		return fmt.Errorf("%s: %w: %s", server, ErrAnotherRun, describeClaim(left.Claim))
	case left.Claim.Epoch <= h.Epoch:
		return nil
	}
	var plan Plan
	if err := json.Unmarshal(left.Plan, &plan); err != nil {
		return fmt.Errorf("%s: %w: the plan in its marker cannot be read: %w", server, ErrUnasked, err)
	}
	if plan.Format != PlanFormat || len(plan.Groups) == 0 {
		return fmt.Errorf("%s: %w: its marker holds no plan", server, ErrUnasked)
	}
	h.Epoch, h.Driver, h.Plan = left.Claim.Epoch, left.Claim.Driver, plan
	return nil
}

// Markers lists the servers that the run holds, each with the drive that its marker is of.
func (h *Heritage) Markers() []string {
	var all []string
	for _, name := range h.servers() {
		if c := h.left[name].Claim; c.Run == h.Run {
			all = append(all, fmt.Sprintf("%s  %s", name, describeClaim(c)))
		}
	}
	return all
}

// Question asks whether the run may be taken over.
func (h *Heritage) Question() Question {
	return Question{
		Ask: AskTake, Saw: h.Markers(),
		Text: fmt.Sprintf("carry run %s on from here? It must be driven no more by %s", h.Run, h.Driver),
	}
}

// takeover is the event that begins the run's new journal.
func (h *Heritage) takeover() journal.Event {
	t := journal.Takeover{Server: h.Server, Driver: h.Driver, Markers: []string{}, Groups: []string{}, Events: []journal.Event{}}
	add := func(g GroupPlan, e journal.Event) {
		e.Run, e.Epoch, e.Time, e.Group = h.Run, h.Epoch, time.Now().UTC(), g.ID
		t.Events = append(t.Events, e)
	}
	for _, g := range h.Plan.Groups {
		for _, name := range h.held(g) {
			t.Markers = append(t.Markers, name)
			add(g, begun(step(KindClaim, name), 1))
		}
		if len(h.held(g)) > 0 {
			t.Groups = append(t.Groups, g.ID)
		}
		if state, over := h.over[g.ID]; over {
			add(g, journal.Event{Type: journal.GroupEnded}.With(journal.Ended{State: state}))
		}
	}
	return journal.Event{Type: journal.TakenOver}.With(t)
}

// held names the servers of a group that the run holds.
func (h *Heritage) held(g GroupPlan) []string {
	return slices.DeleteFunc(g.Names(), func(name string) bool { return h.left[name].Claim.Run != h.Run })
}

// finished finds the groups that the run let go of, and how it left them: at the target, or as before.
func (h *Heritage) finished(ctx context.Context, world fleet.Observer) error {
	for _, g := range h.Plan.Groups {
		if len(h.held(g)) > 0 {
			continue
		}
		for _, name := range g.Names() {
			if _, ended := h.left[name].Over[h.Run]; !ended {
				continue
			}
			now, err := world.Software(ctx, name)
			if err != nil {
				return fmt.Errorf("%s: %w: %w", name, ErrUnasked, err)
			}
			h.over[g.ID] = journal.BackedOut
			if now.Kea == h.Plan.Target {
				h.over[g.ID] = journal.Done
			}
		}
	}
	return nil
}

// TakeOver carries the drive's run on by what it left on its servers, in a journal of its own. The operator has been asked (Question). How far
// each group got is asked of its servers once they are in hand, so that whoever drove the run until then acts no more.
func (d *Drive) TakeOver(ctx context.Context, b journal.Begun, h Heritage) error {
	d.epoch, d.plan, d.back = h.Epoch, h.Plan, h.Plan.Back
	b.Driver, b.Version = d.Driver, d.Version
	if err := d.record(ctx, journal.Event{Type: journal.RunBegun}.With(b), journal.Event{Type: journal.PlanMade}.With(h.Plan), h.takeover()); err != nil {
		return err
	}
	return d.again(ctx, b)
}
