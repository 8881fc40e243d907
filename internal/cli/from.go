package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// takesOver is the command that a journal begins with whose run began elsewhere.
const takesOver = "resume --from"

// takeOver carries a run on by what it left on the servers.
func (p *program) takeOver(c *ufcli.Context) error {
	named, err := arguments(c, "run")
	if err != nil {
		return err
	}
	if err := p.answerable(c); err != nil {
		return err
	}
	file, err := load(c.String("fleet"))
	if err != nil {
		return err
	}
	if from := c.String("from"); !slices.ContainsFunc(file.Servers, func(s fleet.ServerEntry) bool { return s.Name == from }) {
		return usage("--from %s: the fleet file has no such server", from)
	}
	s, err := p.store(c)
	if err != nil {
		return err
	}
	defer s.Close()
	world, err := p.connect(c.Context, file)
	if err != nil {
		return err
	}
	defer world.Close()
	ctx, stop := p.untilInterrupted(c.Context)
	d, h, err := p.heir(ctx, c, s, world, file, named)
	if err != nil {
		err = interrupted(ctx, err)
	}
	stop()
	if err != nil {
		return err
	}
	return d.run(c.Context, func(ctx context.Context) error { return d.drive.TakeOver(ctx, d.begun, h) })
}

// heir finds what is to be carried on, and prepares the drive that may do it.
func (p *program) heir(ctx context.Context, c *ufcli.Context, s store, world acting, file fleet.File, named string) (*driving, orchestrator.Heritage, error) {
	h, err := p.inherit(ctx, c, world, file, named)
	if err != nil {
		return nil, h, err
	}
	if err := backedUp(c, h.Plan); err != nil {
		return nil, h, err
	}
	damaged, err := s.place(ctx, h, where(c))
	if err != nil {
		return nil, h, err
	}
	d, err := p.newDriving(c, s, file, world, h.Run)
	if err != nil {
		return nil, h, err
	}
	maker := planner{world, file, wishAgain(view.NewPlan(h.Plan, false), file)}
	d.drive.Again = maker.make
	d.drive.Dead = c.StringSlice("declare-dead")
	d.begun = begun(c, takesOver, file, maker.wish)
	if err := d.mayTakeOver(ctx, h, damaged); err != nil {
		d.close(d.drive.Status())
		return nil, h, err
	}
	return d, h, nil
}

// mayTakeOver asks whether the run may be taken over, and makes room for its journal.
func (d *driving) mayTakeOver(ctx context.Context, h orchestrator.Heritage, damaged error) error {
	if damaged != nil {
		d.op.say(fmt.Sprintf("kea-lockstep: %v\nkea-lockstep: the markers on the servers are used instead\n", damaged))
	}
	yes, err := d.op.Ask(ctx, h.Question())
	switch {
	case err != nil:
		return err
	case !yes:
		return refuse("", "run %s is left to %s; nothing was changed", h.Run, h.Driver)
	case damaged != nil:
		return d.setAside(h.Run)
	}
	return nil
}

// setAside makes room for the journal that is to be begun.
func (d *driving) setAside(run string) error {
	to, err := d.store.SetAside(run)
	if err != nil {
		return err
	}
	d.op.say(fmt.Sprintf("kea-lockstep: the damaged journal is %s from now on\n", to))
	return nil
}

// inherit asks the servers what the run left that is to be carried on.
func (p *program) inherit(ctx context.Context, c *ufcli.Context, world looking, file fleet.File, named string) (orchestrator.Heritage, error) {
	server, at := c.String("from"), where(c)
	h, err := orchestrator.Inherit(ctx, world, server, c.StringSlice("declare-dead"))
	switch {
	case errors.Is(err, orchestrator.ErrNoMarker):
		return h, exitError{code: codeUsage, err: fmt.Errorf("there is nothing to carry on by %w", err), hints: []string{
			"kea-lockstep unlock" + at.Fleet + at.State + "    shows which run holds which server",
			"kea-lockstep check" + at.Fleet + "    asks every server whether it matches its database",
		}}
	case errors.Is(err, orchestrator.ErrUnasked):
		return h, refuse("mend the way to it, or give it up for good with --declare-dead SERVER", "%w; nothing was changed", err)
	case errors.Is(err, orchestrator.ErrAnotherRun):
		return h, exitError{code: codeHeld, err: fmt.Errorf("run %s cannot be carried on: %w; nothing was changed", h.Run, err), hints: []string{
			"kea-lockstep unlock" + at.Fleet + at.State + "    shows which run holds which server",
		}}
	case err != nil:
		return h, err
	case named != "" && named != h.Run:
		return h, refuse("kea-lockstep resume --from "+server+at.Fleet+at.State, "%s is held by run %s, not by run %s; nothing was changed", server, h.Run, named)
	}
	return h, nil
}

// place looks for the run's journal here: there must be none, but for one that is damaged, or whose beginning was cut off.
func (s store) place(ctx context.Context, h orchestrator.Heritage, at view.Where) (damaged error, err error) {
	k, err := s.read(ctx, h.Run)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, journal.ErrNoRun):
		return err, nil // its first event was cut off
	case err != nil:
		return nil, err
	case k.driven:
		return nil, exitError{code: codeHeld, err: fmt.Errorf("run %s is being driven here, by %s", h.Run, k.status.Driver),
			hints: []string{"kea-lockstep status " + h.Run + at.State + "    shows where it stands"}}
	case k.broken != nil:
		return k.broken, nil
	}
	return nil, refuse("kea-lockstep resume "+h.Run+at.State, "the journal of run %s is here, and whole: it tells more than the markers; nothing was changed", h.Run)
}

// byMarkers names the command that goes on without a run's journal.
func byMarkers(server, run string, at view.Where) []string {
	return []string{
		"kea-lockstep resume --from " + server + " " + run + at.Fleet + at.State + "    sets the damaged journal aside, and carries the run on by what it left on the servers",
		"kea-lockstep check" + at.Fleet + "    asks every server what stands of the run",
	}
}

// server names one of the run's servers, as far as its journal tells.
func (k kept) server() string {
	if len(k.status.Servers) == 0 {
		return "SERVER"
	}
	return k.status.Servers[0].Name
}
