package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

func (p *program) abortCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:      "abort",
		Usage:     "stop a run and back out to the old state, where that is possible",
		ArgsUsage: oneRun,
		Flags:     onFleet(yesFlag()),
		Action: func(c *ufcli.Context) error {
			store, k, err := p.unfinished(c, nothingLeft)
			if err != nil {
				return err
			}
			defer store.Close()
			if err := canBackOut(k, where(c)); err != nil {
				return err
			}
			switch {
			case k.driven:
				return p.abortDriven(c, store, k)
			case k.backingOut():
				return p.carryOn(c, store, k, "abort", resuming)
			default:
				return p.carryOn(c, store, k, "abort", backingOut)
			}
		},
	}
}

// canBackOut says why a run cannot be aborted any more.
func canBackOut(k kept, at view.Where) error {
	past := slices.ContainsFunc(k.status.Groups, func(g journal.GroupStatus) bool {
		return !g.State.Over() && g.PastReturn && !g.RollingBack && (k.driven || !intended(g))
	})
	switch {
	case past:
		return exitError{
			code: codeHaltedPast, err: fmt.Errorf("run %s is past the point of no return: the old Kea would run against a newer schema", k.status.Run),
			hints: waysOn(k, at),
		}
	case !k.driven && !k.touched():
		return usage("run %s changed nothing: there is nothing to back out of", k.status.Run)
	}
	return nil
}

// intended reports whether no more is known of the group's migration than that it was about to begin: whether it did is asked of the fleet.
func intended(g journal.GroupStatus) bool {
	any := false
	for id, s := range g.Steps {
		if s.Attempt == 0 || !strings.HasPrefix(id, string(orchestrator.KindMigrate)+"-") {
			continue
		}
		if !s.Flight {
			return false
		}
		any = true
	}
	return any
}

// backingOut drives a run with the request to abort standing before anything is done.
func backingOut(d *driving) func(context.Context) error {
	heard := make(chan struct{})
	d.drive.Operator = &aborting{operator: d.op, heard: heard}
	d.drive.World = waiting{d.drive.World, heard}
	return func(ctx context.Context) error { return d.drive.Resume(ctx, d.begun) }
}

// aborting is an operator who wants to go back and nowhere else. The engine asks for requests again once it has taken one in.
type aborting struct {
	*operator
	mu    sync.Mutex
	asked int
	heard chan struct{}
}

func (a *aborting) Requests() <-chan orchestrator.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.asked++; a.asked {
	case 1:
		a.request(orchestrator.Abort)
	case 2:
		close(a.heard)
	}
	return a.operator.Requests()
}

func (a *aborting) Ask(ctx context.Context, q orchestrator.Question) (bool, error) {
	if q.Ask != orchestrator.AskBack {
		return false, nil
	}
	return a.operator.Ask(ctx, q)
}

// waiting lets a drive see no server before it has heard the request.
type waiting struct {
	fleet.Observer
	heard <-chan struct{}
}

func (w waiting) Pulse(ctx context.Context, name string) (fleet.Pulse, error) {
	select {
	case <-w.heard:
		return w.Observer.Pulse(ctx, name)
	case <-ctx.Done():
		return fleet.Pulse{}, ctx.Err()
	}
}

// abortDriven asks the process that drives the run to back out. One that has paused meanwhile, or ended before it heard, leaves that to this one.
func (p *program) abortDriven(c *ufcli.Context, s store, k kept) error {
	run := k.status.Run
	if k.backingOut() {
		fmt.Fprintf(p.Err, "kea-lockstep: %s is backing out already\n", k.status.Driver)
	}
	k, heard, err := p.askDriver(c.Context, s, k, orchestrator.Abort)
	if err != nil {
		return err
	}
	if k.status.State != journal.Paused && (heard || !k.unfinished()) {
		return p.endedElsewhere(c, k)
	}
	if err := canBackOut(k, where(c)); err != nil {
		return err
	}
	fmt.Fprintf(p.Err, "kea-lockstep: run %s is %s, and is backed out from here\n", run, k.status.State)
	how := backingOut
	if k.backingOut() {
		how = resuming
	}
	return p.carryOn(c, s, k, "abort", how)
}
