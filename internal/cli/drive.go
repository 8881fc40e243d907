package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// driving is one process's drive of a run, with what listens and answers for it.
type driving struct {
	*program
	drive       *orchestrator.Drive
	store       store
	begun       journal.Begun
	at          view.Where
	op          *operator
	tell        *teller
	notices     *notices
	paper       view.Paper
	interrupted atomic.Bool
	held        atomic.Bool // somebody else holds a lock that this drive wanted
}

// newDriving prepares the drive of a run. The answers come from the terminal, or from --yes.
func (p *program) newDriving(c *ufcli.Context, s store, file fleet.File, world acting, run string) (*driving, error) {
	if err := writes(c, nil); err != nil {
		return nil, err
	}
	d := &driving{program: p, store: s, at: where(c), tell: newTeller(), paper: p.paper(p.Err, plainly(c))}
	d.op = &operator{
		yes: c.Bool("yes"), paper: d.paper, say: func(text string) { d.tell.say(p.Err, text) }, answered: d.tell.answered,
		requests: make(chan orchestrator.Request, 4), stop: make(chan struct{}), unproved: d.unproved,
	}
	d.notices = p.notices(file, d.at, d.op.aside)
	d.op.keyboard, _ = terminal(p.In)
	if c.Bool("verbose") {
		tell := func(server, line string) { d.op.aside(view.Output(server, line, d.paper)) }
		p.output.Store(&tell)
	}
	progress, json := view.NewProgress(d.paper), asJSON(c)
	d.drive = &orchestrator.Drive{
		Run: run, Driver: p.driver, Version: buildVersion(), Log: s, World: world, Actor: world, Locker: noticing{world, &d.held}, Operator: d.op,
		Absence: p.absence,
		Told: func(e journal.Event, status journal.Status) {
			d.op.aside(progress.Line(e, status))
			d.notices.hear(e, status)
			if line, err := view.Event(e); json && err == nil {
				d.tell.say(p.Out, line)
			}
		},
	}
	return d, nil
}

// answerable checks that the run's questions can be answered: on a terminal, or by --yes.
func (p *program) answerable(c *ufcli.Context) error {
	if _, ok := terminal(p.In); ok || c.Bool("yes") {
		return nil
	}
	return refuse("--yes answers the gates", "stdin is no terminal, so nobody could answer the gates; nothing was changed")
}

// noticing remembers that a lock was refused because somebody else has it.
type noticing struct {
	orchestrator.Locker
	held *atomic.Bool
}

func (n noticing) Lock(ctx context.Context, at fleet.Place, name, former string) (orchestrator.Lock, error) {
	lock, err := n.Locker.Lock(ctx, at, name, former)
	if errors.Is(err, orchestrator.ErrLocked) {
		n.held.Store(true)
	}
	return lock, err
}

// unproved names a backup of the group over which --yes must not go.
func (d *driving) unproved(group string) string {
	plan := d.drive.Plan()
	if slices.Contains(plan.Accepted, orchestrator.UnprovedBackup) {
		return ""
	}
	backups := d.drive.Status().Backups
	for _, g := range plan.Groups {
		for _, base := range g.Databases {
			proved := slices.ContainsFunc(backups, func(b journal.Backup) bool { return b.Database == base.ID && b.Proved != "" })
			if g.ID == group && base.Moves() && !proved {
				return base.Name
			}
		}
	}
	return ""
}

// run drives until do returns. The first interrupt asks to hold at a safe point, the second ends the process's part at once.
func (d *driving) run(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := d.onInterrupt(ctx, func(n int) {
		d.interrupted.Store(true)
		if n > 1 {
			d.op.say("kea-lockstep: stopping at once; resume asks the fleet how far it got\n")
			cancel()
			return
		}
		close(d.op.stop)
		d.op.request(orchestrator.Hold)
		d.op.say("kea-lockstep: what is in flight ends, then the run holds still; once more stops at once\n")
	})
	defer stop()
	d.store.forget(d.drive.Run) // what an earlier drive was asked, and did not live to hear
	go d.hearOthers(ctx)
	go d.tellStill(ctx)
	err := do(ctx)
	return d.end(ctx, err)
}

// tellStill says now and then how far a migration is whose step takes long.
func (d *driving) tellStill(ctx context.Context) {
	for tick := time.NewTicker(still); ; {
		select {
		case now := <-tick.C:
			d.op.aside(view.Still(d.drive.Status(), now, d.paper))
		case <-ctx.Done():
			tick.Stop()
			return
		}
	}
}

// still is how often that is said.
const still = 30 * time.Second

// end says how the drive ended and makes the exit code of it.
func (d *driving) end(ctx context.Context, err error) error {
	if errors.Is(err, journal.ErrDriven) { // it never began
		d.close(journal.Status{})
		return exitError{
			code: codeHeld, err: fmt.Errorf("another process drives run %s since a moment: %w; nothing was changed", d.drive.Run, err),
			hints: []string{"kea-lockstep status " + d.drive.Run + d.at.State + "    shows where it stands"},
		}
	}
	cancelled := ctx.Err() != nil
	status := d.drive.Status()
	status.Interrupt()
	interrupted := d.interrupted.Load() || cancelled
	held := d.held.Load() || errors.Is(err, orchestrator.ErrSuperseded)
	exit := outcome(status, interrupted, held)
	if err != nil && !cancelled {
		d.op.say(failure(err, d.paper))
		if exit == codeRefused || exit == codeInterrupted {
			exit = codeError
		}
		if held {
			exit = codeHeld
		}
	}
	if exit == codeInterrupted {
		for i := range status.Groups {
			status.Groups[i].State = journal.Interrupted
		}
		status.State = journal.Interrupted
	}
	page := view.NewPage(d.paper)
	view.NewEnding(status, d.at).Text(page)
	d.op.say(page.String())
	d.close(status)
	if exit == codeDone {
		return nil
	}
	return exitError{code: exit}
}

// close lets the run go, for others to carry on, tells the listeners how it ended, and then writes what is still to be told: that may take
// as long as nobody reads.
func (d *driving) close(ended journal.Status) {
	heard, release := d.signals()
	defer release()
	_ = d.store.Close() // what it holds is durable, or was said not to be
	d.notices.close(ended, heard)
	d.tell.close(heard)
}

// failure words an error of a drive.
func failure(err error, on view.Paper) string {
	page := view.NewPage(on)
	page.Failure(err.Error(), nil)
	return page.String()
}

// begun is what the journal keeps of how a drive was begun.
func begun(c *ufcli.Context, command string, file fleet.File, wish wish) journal.Begun {
	b := journal.Begun{Command: command, Fleet: file.Path, Target: wish.target, Answers: journal.Terminal}
	if c.Bool("yes") {
		b.Answers = journal.YesFlag
	}
	return b
}

// newRun names a run.
func (p *program) newRun() (string, error) {
	run, err := journal.NewRun(time.Now(), p.random)
	if err != nil {
		return "", fmt.Errorf("beginning: %w", err)
	}
	return run, nil
}
