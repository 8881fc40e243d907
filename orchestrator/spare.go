package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// spare lets those of the rest serve that are ready, though others of the rest failed: the canary serves, and clients wait for
// them. It gives the failure that the group ends with, which stays the first unless something worse came.
func (g *groupDrive) spare(ctx context.Context, cause error) error {
	if !g.onlyTheRest(cause) {
		return cause
	}
	g.mu.Lock()
	g.stopping = nil
	g.mu.Unlock()
	ready := g.ready(ctx)
	if len(ready) == 0 || g.mayBegin(StartRest) != nil {
		return cause
	}
	ctx, cancel := context.WithCancel(ctx)
	watched := g.watch(ctx)
	watched.begin()
	err := g.startReady(ctx, ready)
	cancel()
	watched.wait()
	if fatal(err) {
		return err
	}
	return errors.Join(cause, err)
}

// onlyTheRest reports whether nothing failed but steps or the gate of the rest, once the canary was confirmed.
func (g *groupDrive) onlyTheRest(cause error) bool {
	if fatal(cause) || !g.status().PastReturn || !g.phaseDone(ConfirmCanary) || g.group.Mode != Lockstep {
		return false
	}
	var s *stepError
	var gate *gateError
	switch {
	case errors.As(cause, &s):
		return slices.Contains([]string{UpgradeRest, StartRest, ConfirmRest}, s.phase)
	case errors.As(cause, &gate):
		return gate.phase == StartRest
	}
	return false
}

// ready gives those of the rest that are upgraded, by the events and by the world, of which nothing failed and that do not serve yet.
func (g *groupDrive) ready(ctx context.Context) []string {
	w := g.scene()
	return slices.DeleteFunc(g.group.Rest(), func(name string) bool {
		return g.lame(name) || g.recorded(step(KindConfirm, name).ID).Done || !w.matches(ctx, []string{name}).OK()
	})
}

// lame reports whether the server's upgrade is not done, or its start or confirmation failed.
func (g *groupDrive) lame(name string) bool {
	for _, p := range g.group.Phases {
		if !slices.Contains([]string{UpgradeRest, StartRest, ConfirmRest}, p.Name) {
			continue
		}
		for _, s := range p.Steps() {
			is := g.recorded(s.ID)
			if s.Server == name && (is.Failed != "" || p.Name == UpgradeRest && !is.Done) {
				return true
			}
		}
	}
	return false
}

// startReady passes the gate for some of the rest, and starts and confirms them.
func (g *groupDrive) startReady(ctx context.Context, ready []string) error {
	v := g.until(ctx, patience, func() fleet.Verdict { return g.mayStart(ctx, ready) })
	asked := journal.Asking{Gate: string(GateCanary), Verdict: v}
	if err := g.record(ctx, journal.Event{Type: journal.GateAsked, Phase: StartRest}.With(asked)); err != nil {
		return err
	}
	if !v.OK() {
		return &gateError{GateCanary, StartRest, v}
	}
	for _, p := range g.group.Phases {
		switch p.Name {
		case StartRest:
			if p.Ask != "" && !g.begun(StartRest) {
				q := g.question(p.Ask)
				q.Text = fmt.Sprintf("%s is confirmed, and not all of the rest are ready; go on with %s?", g.group.Canary, join(ready))
				if yes, err := g.put(ctx, q); err != nil || !yes {
					return err
				}
			}
		case ConfirmRest:
		default:
			continue
		}
		if err := g.record(ctx, journal.Event{Type: journal.PhaseBegun, Phase: p.Name}); err != nil {
			return err
		}
		if err := g.lanes(ctx, p, of(ready, p.Lanes)); err != nil {
			return err
		}
	}
	return nil
}

// of gives the steps of some servers, in their lanes.
func of(servers []string, lanes [][]Step) [][]Step {
	var all [][]Step
	for _, lane := range lanes {
		lane = slices.DeleteFunc(slices.Clone(lane), func(s Step) bool { return !slices.Contains(servers, s.Server) })
		if len(lane) > 0 {
			all = append(all, lane)
		}
	}
	return all
}
