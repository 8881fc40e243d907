package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

func (p *program) rehearseCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:   "rehearse",
		Usage:  "without outage: the new Kea's test of the configurations, and the migration of a copy of each database, timed",
		Flags:  onFleet(append(aims(), yesFlag())...),
		Action: p.rehearse,
	}
}

func (p *program) rehearse(c *ufcli.Context) error {
	if _, err := arguments(c, ""); err != nil {
		return err
	}
	if err := writes(c, nil); err != nil {
		return err
	}
	file, err := load(c.String("fleet"))
	if err != nil {
		return err
	}
	wish, err := wishOf(c, file)
	if err != nil {
		return err
	}
	if err := p.answerable(c); err != nil {
		return err
	}
	store, err := p.rehearsals(c)
	if err != nil {
		return err
	}
	world, err := p.try(c.Context, file)
	if err != nil {
		return err
	}
	defer world.Close()
	return p.rehearseOn(c, world, file, wish, store)
}

// rehearseOn surveys, asks, rehearses, and keeps and shows what was found.
func (p *program) rehearseOn(c *ufcli.Context, world trying, file fleet.File, wish wish, store string) error {
	ctx, removing, stop := p.untilInterruptedTwice(c.Context)
	defer stop()
	facts, err := survey(ctx, world, file)
	if err != nil {
		return interrupted(ctx, err)
	}
	if err := hasGroup(facts, wish.opts.Group); err != nil {
		return err
	}
	plan := orchestrator.Make(facts, wish.target, wish.opts)
	plan.Made, plan.Fleet = time.Now().UTC(), file.Path
	hinders, others := plan.Hinders(facts)
	if len(hinders) > 0 {
		return p.notRehearsed(c, plan, hinders)
	}
	found, unasked := orchestrator.Leftovers(ctx, world, facts)
	if ctx.Err() != nil {
		return interrupted(ctx, ctx.Err())
	}
	dead := p.leftAlone(found, unasked)
	if q := view.Load(plan); len(q.Saw) > 0 {
		if err := p.agreed(ctx, c, q, "nothing was changed"); err != nil {
			return err
		}
	}
	if err := p.sweep(ctx, world, dead); err != nil {
		return interrupted(ctx, err)
	}
	id, err := orchestrator.NewRehearsal(time.Now(), p.random)
	if err != nil {
		return fmt.Errorf("beginning: %w", err)
	}
	r := orchestrator.Rehearsing{ID: id, Driver: p.driver, World: world, Plan: plan, Hinders: others, Told: p.aloud(c)}
	out := r.Run(ctx, removing)
	wish.opts.Measured = out.Measured()
	out.Predict(orchestrator.Make(facts, wish.target, wish.opts))
	err = errors.Join(keep(store, out), p.show(c, view.Rehearsal(out)))
	switch sentence := view.Rehearsal(out).Sentence(); {
	case ctx.Err() != nil:
		return exitError{code: codeInterrupted, err: errors.New("interrupted; Kea was not touched" + leftOf(out))}
	case err != nil:
		return err
	case sentence != "":
		return exitError{code: codeMismatch, err: errors.New(sentence)}
	}
	return nil
}

func leftOf(out orchestrator.Rehearsed) string {
	if len(out.Left) == 0 {
		return ", and nothing is left"
	}
	return "; what is left is named above, and kea-lockstep unlock removes it"
}

// notRehearsed shows what hinders a rehearsal.
func (p *program) notRehearsed(c *ufcli.Context, plan orchestrator.Plan, hinders []orchestrator.Finding) error {
	now := time.Now().UTC()
	shown := view.Rehearsal{Fleet: plan.Fleet, Target: plan.Target, Began: now, Ended: now, Verdict: orchestrator.NotBegun, Hinders: hinders, Warnings: plan.Warnings}
	if err := p.show(c, shown); err != nil {
		return err
	}
	plan.Refusals = hinders
	return refused(plan)
}

// leftAlone tells what belongs to rehearsals that may live, and gives what dead ones left.
func (p *program) leftAlone(found []orchestrator.Leftover, unasked []string) []orchestrator.Leftover {
	var dead []orchestrator.Leftover
	for _, l := range found {
		if !l.Alive {
			dead = append(dead, l)
			continue
		}
		p.say("%s is left alone: its driver lives, or that cannot be told%s", l, by(l.Driver))
	}
	for _, u := range unasked {
		p.say("whether a rehearsal left something cannot be asked: %s", u)
	}
	return dead
}

func by(driver string) string {
	if driver == "" {
		return ""
	}
	return " (" + driver + ")"
}

// sweep removes what dead rehearsals left.
func (p *program) sweep(ctx context.Context, world orchestrator.Scratch, dead []orchestrator.Leftover) error {
	for _, l := range dead {
		if err := l.Remove(ctx, world); err != nil {
			return fmt.Errorf("removing %s: %w", l, err)
		}
		p.say("removed %s", l)
	}
	return nil
}

func (p *program) say(format string, args ...any) {
	page := view.NewPage(view.Paper{})
	page.Line("kea-lockstep: " + fmt.Sprintf(format, args...))
	fmt.Fprint(p.Err, page)
}

// aloud tells how a rehearsal goes, and with --verbose what its jobs put out.
func (p *program) aloud(c *ufcli.Context) func(string) {
	paper := p.paper(p.Err, plainly(c))
	if c.Bool("verbose") {
		tell := func(server, line string) { fmt.Fprint(p.Err, view.Output(server, line, paper)) }
		p.output.Store(&tell)
	}
	return func(line string) {
		page := view.NewPage(paper)
		page.Line("  " + strings.TrimRight(line, "\n"))
		fmt.Fprint(p.Err, page)
	}
}
