package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

func (p *program) upgradeCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:  "upgrade",
		Usage: "upgrade the fleet in lockstep with its databases' schema",
		Flags: onPlan(
			yesFlag(),
			&ufcli.BoolFlag{Name: "dry-run", Usage: "make the plan and stop there"},
			&ufcli.StringFlag{Name: "plan", Usage: "run exactly the plan saved in `FILE`, or refuse"},
			&ufcli.StringFlag{Name: "not-after", Usage: "do not begin the stop later than `TIME` (02:30, or 2026-11-22T02:30:00Z)"},
		),
		Action: p.upgrade,
	}
}

// shaping are the flags that a saved plan leaves no room for.
var shaping = []string{"to", "canary", "early", "serial", "parallel", "accept", "group"}

func (p *program) upgrade(c *ufcli.Context) error {
	if _, err := arguments(c, ""); err != nil {
		return err
	}
	file, err := load(c.String("fleet"))
	if err != nil {
		return err
	}
	wish, saved, err := p.wanted(c, file)
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return p.plan(c)
	}
	latest, err := notAfter(c.String("not-after"), time.Now())
	if err != nil {
		return err
	}
	if err := p.answerable(c); err != nil {
		return err
	}
	if c.Bool("yes") && slices.Contains(wish.opts.Accept, orchestrator.NoBackup) {
		return refuse("answer the gates on a terminal", "--yes does not go with --accept %s; nothing was changed", orchestrator.NoBackup)
	}
	store, err := p.store(c)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := p.clear(c, store, file, saved); err != nil {
		return err
	}
	wish.opts.Measured = p.measured(c, file.Path, wish.target)
	world, err := p.connect(c.Context, file)
	if err != nil {
		return err
	}
	defer world.Close()
	run, err := p.newRun()
	if err != nil {
		return err
	}
	d, err := p.newDriving(c, store, file, world, run)
	if err != nil {
		return err
	}
	d.op.notAfter = latest
	maker := planner{world, file, wish}
	d.drive.Again = maker.make
	return d.begin(c, maker, saved)
}

// wanted reads what is to be planned: from the flags, or from the plan that --plan names.
func (p *program) wanted(c *ufcli.Context, file fleet.File) (wish, *view.Plan, error) {
	name := c.String("plan")
	if name == "" {
		w, err := wishOf(c, file)
		return w, nil, err
	}
	for _, flag := range shaping {
		if c.IsSet(flag) {
			return wish{}, nil, usage("--plan leaves no room for --%s: the saved plan says it", flag)
		}
	}
	if c.Bool("dry-run") {
		return wish{}, nil, usage("--plan is a dry run's result: --dry-run does not go with it")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return wish{}, nil, usage("reading the plan: %v", err)
	}
	saved, err := view.ReadPlan(text)
	if err != nil {
		return wish{}, nil, usage("%s: %v", name, err)
	}
	return wishAgain(saved, file), &saved, nil
}

// clear checks that no run of this fleet is in the way, and that a saved plan was not used before.
func (p *program) clear(c *ufcli.Context, s store, file fleet.File, saved *view.Plan) error {
	all, err := s.all(c.Context)
	if err != nil {
		return err
	}
	if err := inTheWay(all, file.Path, where(c)); err != nil {
		return err
	}
	for _, k := range all {
		if saved != nil && k.status.Plan == saved.Hash && k.acted() {
			return refuse("kea-lockstep plan makes a new one", "this plan was used by run %s, which is %s; nothing was changed", k.status.Run, k.status.State)
		}
	}
	return nil
}

// begin makes the run durable, plans, shows the plan and drives it.
func (d *driving) begin(c *ufcli.Context, maker planner, saved *view.Plan) error {
	if err := d.drive.Begin(c.Context, begun(c, "upgrade", maker.file, maker.wish)); err != nil {
		d.close(d.drive.Status())
		return err
	}
	ctx, stop := d.untilInterrupted(c.Context)
	plan, err := maker.make(ctx, "")
	why := err
	if err != nil {
		why = interrupted(ctx, err)
	}
	stop()
	if err != nil {
		_ = d.drive.Refuse(c.Context, orchestrator.Plan{}, journal.Problem{What: err.Error()}) // the journal only loses its end
		d.close(d.drive.Status())
		return why
	}
	page := view.NewPage(d.paper)
	shown := view.NewPlan(plan, c.Bool("verbose"))
	shown.Text(page)
	d.op.say(page.String())
	why = refused(plan)
	if why == nil {
		why = asSaved(saved, shown)
	}
	if why == nil && c.Bool("yes") {
		why = provable(plan)
	}
	if why == nil {
		return d.run(c.Context, func(ctx context.Context) error { return d.drive.Upgrade(ctx, plan) })
	}
	err = d.drive.Refuse(c.Context, plan, problemOf(plan, why))
	d.close(d.drive.Status())
	return errors.Join(why, err)
}

// provable: --yes passes the point of no return over a backup that nobody can prove only where that is accepted, so a run that would end
// there is not begun.
func provable(plan orchestrator.Plan) error {
	if slices.Contains(plan.Accepted, orchestrator.UnprovedBackup) {
		return nil
	}
	for _, g := range plan.Groups {
		for _, base := range g.Databases {
			if base.Moves() && base.ByCommand {
				return refuse("answer the gates on a terminal, or --accept "+string(orchestrator.UnprovedBackup),
					"--yes does not go over the backup of %s, which is a command's of your own and cannot be proved; nothing was changed", base.Name)
			}
		}
	}
	return nil
}

// problemOf keeps in the journal why a plan was refused.
func problemOf(plan orchestrator.Plan, why error) journal.Problem {
	p := journal.Problem{What: why.Error()}
	var reasons []string
	for _, f := range plan.Refusals {
		reasons = append(reasons, f.Message)
		if f.Next != "" {
			reasons = append(reasons, "  "+f.Next)
		}
	}
	p.Why = strings.Join(reasons, "\n")
	return p
}

// asSaved compares the plan of now with the one that was saved. Nothing in a saved plan is ever executed.
func asSaved(saved *view.Plan, now view.Plan) error {
	if saved == nil {
		return nil
	}
	differences := view.Differences(*saved, now)
	if len(differences) == 0 {
		return nil
	}
	return exitError{
		code: codeRefused, err: fmt.Errorf("the fleet is no longer as in the saved plan; nothing was changed"),
		hints: append(differences, "kea-lockstep plan --save FILE    plans anew"),
	}
}
