package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// fail ends a group that could not go on. Where the operator paused it, it holds still and that is all. Else, before the first effect it
// is refused, or was interrupted; before the point of no return it backs out to the old state; after it, and once servers are let go
// because all is done, the group holds still.
func (g *groupDrive) fail(ctx context.Context, cause error) (journal.State, error) {
	if fatal(cause) {
		return "", cause
	}
	if ctx.Err() != nil {
		return "", fmt.Errorf("cut short: %w", ctx.Err())
	}
	if isPause(cause) {
		worse := g.mayAct() // an abort may have come since
		if worse == nil {
			return g.ended(ctx, journal.Paused, g.problem(cause))
		}
		cause = worse
	}
	if !errors.Is(cause, errHeld) {
		g.overtaken()
	}
	switch {
	case !g.touched():
		state := journal.Refused
		if g.holds(cause) { // an abort here is over: there is nothing to carry on
			state = journal.Interrupted
		}
		return g.ended(ctx, state, g.problem(cause))
	case g.back, g.begun(Finish), g.holds(cause), errors.Is(errors.Join(cause, g.mayAct()), errUnlocked): // who holds the lock may be at work right now
		return g.ended(ctx, journal.Halted, g.problem(cause))
	}
	if s := g.status(); s.PastReturn && !s.Served {
		if err := g.weigh(ctx); err != nil {
			return "", err
		}
	}
	if g.status().PastReturn {
		if errors.Is(cause, errHeld) {
			cause = errPast
		}
		return g.ended(ctx, journal.Halted, g.problem(cause))
	}
	if err := g.superseded(ctx); err != nil {
		return "", err
	}
	yes, err := g.ask(ctx, AskBack)
	if err != nil || !yes {
		return g.ended(ctx, journal.Halted, g.problem(cause))
	}
	return g.backOut(ctx, cause)
}

// errPast is the end of an abort that came too late.
var errPast = errors.New("it is past the point of no return: the old Kea would run against a newer schema")

// holds reports whether the operator's request was to hold and nothing else went wrong.
func (g *groupDrive) holds(cause error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return errors.Is(cause, errHeld) && !g.abort
}

// backOut drives the way back to the old state before the point of no return. Every step probes first, so that only what was
// done is undone.
func (g *groupDrive) backOut(ctx context.Context, cause error) (journal.State, error) {
	g.turn()
	// Whatever the events say, the old software goes with the old schema alone: another drive may have migrated meanwhile, or
	// somebody's own kea-admin be about to.
	if v := g.until(ctx, patience, func() fleet.Verdict {
		return fleet.All(g.scene().noAdmins(ctx), g.idle(ctx), g.scene().unmigrated(ctx))
	}); !v.OK() {
		if err := g.weigh(ctx); err != nil {
			return "", err
		}
		return g.heldBack(ctx, fmt.Errorf("the old software is not put back: %s", strings.TrimRight(v.Saw, ": ")), cause)
	}
	if err := g.record(ctx, journal.Event{Type: journal.BackingOut}.With(cause.Error())); err != nil {
		return "", err
	}
	if err := g.goBack(ctx, nil); err != nil {
		return g.heldBack(ctx, err, cause)
	}
	return g.ended(ctx, journal.BackedOut, g.problem(cause))
}

// turn forgets what stood in the way forward.
func (g *groupDrive) turn() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.backing = true
	g.held, g.stranger, g.stopping, g.pause.at, g.free = false, fleet.Verdict{}, nil, nil, map[string]bool{}
}

// goBack drives the phases of the way back, and those of databases for the ones that moved alone.
func (g *groupDrive) goBack(ctx context.Context, moved []fleet.DatabaseID) error {
	if len(moved) == 0 {
		if err := g.clear(ctx); err != nil {
			return err
		}
		return g.phases(ctx, g.group.backFor(nil), nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	watched := g.watch(ctx)
	err := g.phases(ctx, g.group.backFor(moved), watched)
	cancel()
	watched.wait()
	return err
}

// heldBack ends a group that stands still on its way back: what stopped it there comes first, and then what turned it, if anything did.
func (g *groupDrive) heldBack(ctx context.Context, cause, turned error) (journal.State, error) {
	if fatal(cause) || ctx.Err() != nil {
		return "", errors.Join(cause, ctx.Err())
	}
	p := g.problem(cause)
	if p.Why == p.What {
		p.Why = ""
	}
	if turned != nil {
		p.Why = strings.TrimSpace(p.Why + "\nit was backing out: " + turned.Error())
	}
	if isPause(cause) {
		return g.ended(ctx, journal.Paused, p)
	}
	return g.ended(ctx, journal.Halted, p)
}

// clear takes every server of the run in hand before the way back: claimed by this drive, and, where the target's software or
// configuration may be in place or a daemon was started by hand, fenced and stopped.
func (g *groupDrive) clear(ctx context.Context) error {
	for _, name := range g.group.Names() {
		if err := g.step(ctx, BackSoftware, step(KindClaim, name)); err != nil {
			return err
		}
		on := backwards(Step{Server: name})
		w := g.scene()
		if fleet.All(installed(ctx, w, on), configured(ctx, w, on), w.pulse(ctx, name, noneByHand)).OK() {
			continue
		}
		for _, k := range []Kind{KindFence, KindStop} {
			if err := g.step(ctx, BackSoftware, step(k, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// mend takes what was started behind the run's back in hand, after the point of no return and with the operator's yes: it is
// fenced and stopped again, and the run goes on.
func (g *groupDrive) mend(ctx context.Context, cause error) (again bool, err error) {
	var s *strangerSeen
	if !errors.As(cause, &s) || !g.status().PastReturn {
		return false, cause
	}
	if err := g.superseded(ctx); err != nil {
		return false, err
	}
	g.mu.Lock()
	g.stranger, g.stopping = fleet.Verdict{}, nil
	g.mu.Unlock()
	yes, err := g.ask(ctx, AskStop)
	if err != nil || !yes {
		return false, errors.Join(cause, err)
	}
	if err := g.hold(ctx, g.fencedNames()); err != nil {
		return false, errors.Join(err, cause)
	}
	if v := g.until(ctx, patience, func() fleet.Verdict { return g.othersQuiet(ctx) }); !v.OK() {
		return false, errors.Join(&gateError{GateQuiet, g.status().Phase, v}, cause)
	}
	return true, nil
}

// superseded says, before the operator is asked what to do about a failure, whether it is the work of a newer drive: the marker of a server
// is its, or was let go of by it. Then nothing is to be asked here.
func (g *groupDrive) superseded(ctx context.Context) error {
	v := g.scene().onAll(g.group.Names(), func(name string) fleet.Verdict {
		mine := g.recorded(step(KindClaim, name).ID).Done && g.recorded(step(KindRelease, name).ID).Attempt == 0
		p, err := g.World.Pulse(ctx, name)
		if err == nil && (p.Claim.Run == g.Run && p.Claim.Epoch > g.epoch || p.Claim.Run == "" && mine) {
			return fleet.Deny("%s: %s", name, describeClaim(p.Claim))
		}
		return fleet.Affirm("")
	})
	if v.OK() {
		return nil
	}
	return fmt.Errorf("%s: %w", v.Saw, ErrSuperseded)
}

// hold fences and stops the servers, as far as they are not.
func (g *groupDrive) hold(ctx context.Context, servers []string) error {
	return g.lanes(ctx, Phase{Name: Stop}, lanes(servers, kindsOf(KindFence, KindStop)))
}
