package orchestrator

import (
	"context"
	"errors"
	"fmt"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// migrate moves one database to the target's schema. Its intent is the point of no return. Whatever the job reports, the
// database itself says how far it got.
func (g *groupDrive) migrate(ctx context.Context, phase string, s Step) error {
	if g.resumed || g.status().Steps[s.ID].Attempt > 0 {
		if so, err := g.already(ctx, phase, s); so || err != nil {
			return err
		}
	}
	if err := g.mayAct(); err != nil {
		return err
	}
	if err := g.begin(ctx, phase, s); err != nil {
		return err
	}
	result, cause := g.order(ctx, s, kinds[s.Kind])
	if fatal(cause) || ctx.Err() != nil {
		return errors.Join(cause, ctx.Err())
	}
	return g.fate(ctx, phase, s, result, cause)
}

// already takes up what earlier attempts left: it waits for one that still runs, and restores what one tore. It reports whether
// nothing is left to do.
func (g *groupDrive) already(ctx context.Context, phase string, s Step) (bool, error) {
	d, _ := g.group.Database(s.Database)
	if err := g.found(ctx, d); err != nil {
		return false, err
	}
	now, err := g.classify(ctx, s)
	if err != nil {
		return false, err
	}
	switch {
	case now.State == fleet.Migrated:
		if !g.status().PastReturn { // whoever migrated: from here it is past it
			if err := g.begin(ctx, phase, s); err != nil {
				return false, err
			}
		}
		return true, g.done(ctx, phase, s, journal.Result{Saw: saw(now), Probed: true, Facts: schemaOf(d, d.Target)})
	case now.State == fleet.Torn, g.halfRestored(d):
		return false, g.restore(ctx, phase, s, now)
	}
	return false, nil
}

// fate asks the database how far a migration got that has ended or was lost. Where the version is the target's and nothing was
// reported amiss, the structure is the next phase's question.
func (g *groupDrive) fate(ctx context.Context, phase string, s Step, result journal.Result, cause error) error {
	d, _ := g.group.Database(s.Database)
	if c, err := g.World.Clients(ctx, s.At); cause == nil && err == nil && c.Schema == d.Target {
		result.Saw, result.Facts = fmt.Sprintf("the schema is at %s", c.Schema), schemaOf(d, d.Target)
		return g.done(ctx, phase, s, result)
	}
	now, err := g.classify(ctx, s)
	if err != nil {
		return g.failed(ctx, phase, s, fleet.Doubt("%v", err), cause)
	}
	switch now.State {
	case fleet.Migrated:
		result.Saw, result.Facts = saw(now), schemaOf(d, d.Target)
		return g.done(ctx, phase, s, result)
	default:
		return g.failed(ctx, phase, s, fleet.Deny("%s", saw(now)), cause)
	}
}

// schemaOf tells a journal which schema a database was seen at.
func schemaOf(d DatabasePlan, at kea.Schema) map[string]string {
	return map[string]string{journal.FactDatabase: string(d.ID), journal.FactSchema: at.String()}
}

// found waits for what an earlier drive began to change in a database and still runs.
func (g *groupDrive) found(ctx context.Context, d DatabasePlan) error {
	for _, s := range changing(d) {
		if err := g.outlast(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// outlast waits for the newest attempt of a step, where its job still runs. It starts nothing, and how far that got is for the world to say.
func (g *groupDrive) outlast(ctx context.Context, s Step) error {
	state, err := g.job(ctx, s)
	if err != nil {
		return fmt.Errorf("%s: looking for what was begun there (%s): %w", s.Server, s.Title, err)
	}
	if state != fleet.JobRunning {
		return nil
	}
	_, err = g.order(ctx, s, kinds[s.Kind])
	if fatal(err) || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if state, lost := g.job(ctx, s); lost != nil || state == fleet.JobRunning {
		return fmt.Errorf("%s: %s still runs: %w", s.Server, s.Title, errors.Join(err, lost))
	}
	return nil
}

// restore puts the backup back over a torn schema, with the operator's word. Only a resume does it: the drive that saw the
// schema torn holds still.
func (g *groupDrive) restore(ctx context.Context, phase string, s Step, now fleet.Migration) error {
	torn := fleet.Deny("%s", saw(now))
	if !g.resumed {
		return g.failed(ctx, phase, s, torn, nil)
	}
	yes, err := g.ask(ctx, AskRestore)
	if err != nil {
		return err
	}
	if !yes {
		return &declined{AskRestore}
	}
	d, _ := g.group.Database(s.Database)
	if err := g.step(ctx, phase, databaseStep(KindRestore, d.Backup().Server, d, d.Backup())); err != nil {
		return err
	}
	if now, err = g.classify(ctx, s); err != nil {
		return err
	}
	if now.State != fleet.Untouched {
		return g.failed(ctx, phase, s, fleet.Deny("after the restore %s", saw(now)), nil)
	}
	return nil
}

// classify asks the database how far its migration got, and waits as long as there may be no answer.
func (g *groupDrive) classify(ctx context.Context, s Step) (m fleet.Migration, err error) {
	d, _ := g.group.Database(s.Database)
	g.until(ctx, patience, func() fleet.Verdict {
		if m, err = g.World.Migration(ctx, s.At, d.Before, d.Target); err != nil {
			return fleet.Doubt("%v", err)
		}
		return fleet.Affirm("%s", saw(m))
	})
	if err != nil {
		return m, fmt.Errorf("asking how far the migration of %s got: %w", d.Name, err)
	}
	return m, nil
}

func saw(m fleet.Migration) string {
	text := fmt.Sprintf("the schema is at %s, %s", m.At, m.State)
	if m.Saw != "" {
		text += ": " + m.Saw
	}
	return text
}

// progress records how far a step has come. A job that is found again tells what it told before.
func (g *groupDrive) progress(ctx context.Context, s Step, p journal.Progress) {
	before := g.recorded(s.ID)
	if before.Progress != nil && *before.Progress == p {
		return
	}
	e := journal.Event{Type: journal.StepProgress, Phase: before.Phase, Step: s.ID, Server: s.Server}
	if err := g.record(ctx, e.With(p)); err != nil {
		g.halt(err)
	}
}
