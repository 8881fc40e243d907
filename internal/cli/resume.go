package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

func (p *program) resumeCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:      "resume",
		Usage:     "carry a run on after any failure or interruption (default: the newest unfinished one)",
		ArgsUsage: oneRun,
		Flags: onFleet(yesFlag(),
			&ufcli.StringFlag{Name: "from", Usage: "by what the run left on `SERVER` and the others alone, without the journal of the machine that began it"},
			declareDeadFlag()),
		Action: func(c *ufcli.Context) error {
			if err := p.mayBury(c); err != nil {
				return err
			}
			if c.IsSet("from") {
				return p.takeOver(c)
			}
			store, k, err := p.unfinished(c, nothingLeft)
			if err != nil {
				return err
			}
			defer store.Close()
			if k.rollingBack() && !k.driven {
				fmt.Fprintf(p.Err, "kea-lockstep: run %s is being rolled back, and stays on that way: resume goes on with it\n", k.status.Run)
			}
			return p.carryOn(c, store, k, "resume", resuming)
		},
	}
}

// mayBury checks that somebody is there who can declare a server dead: --yes cannot.
func (p *program) mayBury(c *ufcli.Context) error {
	if _, ok := terminal(p.In); ok || len(c.StringSlice("declare-dead")) == 0 {
		return nil
	}
	return refuse("run it on a terminal", "--declare-dead asks for the server's name, and stdin is no terminal; nothing was changed")
}

func resuming(d *driving) func(context.Context) error {
	return func(ctx context.Context) error { return d.drive.Resume(ctx, d.begun) }
}

// nothingLeft says why a run that is over is not carried on.
func nothingLeft(k kept) error {
	return usage("run %s is %s: there is nothing to carry on", k.status.Run, k.status.State)
}

// unfinished finds the run that is to be carried on. Of one that is over the command says why not.
func (p *program) unfinished(c *ufcli.Context, over func(kept) error) (store, kept, error) {
	named, err := arguments(c, "run")
	if err != nil {
		return store{}, kept{}, err
	}
	s, err := p.store(c)
	if err != nil {
		return s, kept{}, err
	}
	k, err := s.pick(c.Context, named, fleetPath(c), func(k kept) bool { return k.broken != nil || k.unfinished() })
	switch {
	case err != nil:
		if newest, none := s.newest(c.Context, named, fleetPath(c)); none == nil && newest.status.State.Over() {
			err = hinted(over(newest), elsewhere)
		}
	case k.broken != nil:
		err = exitError{code: codeError, err: k.broken, hints: byMarkers(k.server(), k.status.Run, where(c))}
	case !k.unfinished():
		err = over(k)
	}
	return s, k, err
}

// fleetPath is the absolute path of the fleet file that -f names.
func fleetPath(c *ufcli.Context) string {
	path, err := filepath.Abs(c.String("fleet"))
	if err != nil {
		return c.String("fleet")
	}
	return path
}

// backedUp: --yes does not carry on a run without a backup.
func backedUp(c *ufcli.Context, plan orchestrator.Plan) error {
	if c.Bool("yes") && slices.Contains(plan.Accepted, orchestrator.NoBackup) {
		return refuse("answer the gates on a terminal", "this run has no backup, so --yes does not carry it on")
	}
	return nil
}

// carryOn opens a run's fleet and drives it once more, with the fleet file that it was begun with unless -f names another.
func (p *program) carryOn(c *ufcli.Context, s store, k kept, command string, how func(*driving) func(context.Context) error) error {
	if k.driven {
		return exitError{
			code: codeHeld, err: fmt.Errorf("run %s is being driven by %s", k.status.Run, k.status.Driver),
			hints: []string{"kea-lockstep status " + k.status.Run + where(c).State + "    shows where it stands"},
		}
	}
	if err := p.answerable(c); err != nil {
		return err
	}
	if err := backedUp(c, k.plan); err != nil {
		return err
	}
	path := k.status.Fleet
	if c.IsSet("fleet") {
		path = c.String("fleet")
	}
	file, err := load(path)
	if err != nil {
		return err
	}
	world, err := p.connect(c.Context, file)
	if err != nil {
		return err
	}
	defer world.Close()
	d, err := p.newDriving(c, s, file, world, k.status.Run)
	if err != nil {
		return err
	}
	maker := planner{world, file, wishAgain(view.NewPlan(k.plan, false), file)}
	d.drive.Again = maker.make
	d.drive.Dead = c.StringSlice("declare-dead")
	d.begun = begun(c, command, file, maker.wish)
	return d.run(c.Context, how(d))
}
