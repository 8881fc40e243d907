package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

func (p *program) unlockCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:   "unlock",
		Usage:  "show who holds what, and remove the markers of a dead run, after a yes",
		Flags:  onFleet(yesFlag()),
		Action: p.unlock,
	}
}

func (p *program) unlock(c *ufcli.Context) error {
	if _, err := arguments(c, ""); err != nil {
		return err
	}
	file, err := load(c.String("fleet"))
	if err != nil {
		return err
	}
	store, err := p.store(c)
	if err != nil {
		return err
	}
	defer store.Close()
	world, err := p.connect(c.Context, file)
	if err != nil {
		return err
	}
	defer world.Close()
	ctx, stop := p.untilInterrupted(c.Context)
	defer stop()
	facts, err := survey(ctx, world, file)
	if err != nil {
		return interrupted(ctx, err)
	}
	if err := hasGroup(facts, c.String("group")); err != nil {
		return err
	}
	facts = only(facts, c.String("group"))
	k := keys{world: world, store: store, facts: facts, at: where(c)}
	holders := k.holders(ctx)
	if err := p.show(c, holders); err != nil {
		return err
	}
	return p.release(ctx, c, k, holders)
}

// release removes the markers that may be removed, after a yes, and looks whether they are gone.
func (p *program) release(ctx context.Context, c *ufcli.Context, k keys, holders view.Holders) error {
	runs, err := k.releasable(ctx, holders)
	dead := slices.DeleteFunc(slices.Clone(holders.Rehearsals), func(l orchestrator.Leftover) bool { return l.Alive })
	if err != nil || len(runs)+len(dead) == 0 {
		return err
	}
	if err := p.agreed(ctx, c, removing(runs, dead), "nothing was removed"); err != nil {
		return err
	}
	if err := p.sweep(ctx, k.world, dead); err != nil {
		return err
	}
	for _, run := range runs {
		if err := k.close(ctx, run, p.driver); err != nil {
			return err
		}
	}
	for _, m := range holders.Markers {
		one, err := k.store.read(ctx, m.Run)
		if err != nil {
			return err
		}
		_, failed := k.world.Do(ctx, releasing(one, m, p.driver))
		now, err := k.world.Pulse(ctx, m.Server)
		switch {
		case err != nil:
			return errors.Join(failed, fmt.Errorf("looking whether the marker on %s is gone: %w", m.Server, err))
		case now.Claim.Run == m.Run && failed != nil:
			return fmt.Errorf("releasing %s: %w", m.Server, failed)
		case now.Claim.Run == m.Run:
			return fmt.Errorf("the marker of run %s still stands on %s", m.Run, m.Server)
		}
		fmt.Fprintf(p.Err, "kea-lockstep: released %s\n", m.Server)
	}
	return nil
}

// releasing is the order that lets go of a server: with the run's plan, so that what only the run needed is known, and goes too.
func releasing(one kept, m view.Marker, driver string) orchestrator.Order {
	plan, group := one.plan, orchestrator.GroupPlan{}
	for _, g := range plan.Groups {
		if _, ok := g.Server(m.Server); ok {
			group = g
		}
	}
	return orchestrator.Order{
		Step: orchestrator.Step{ID: "release-" + m.Server, Kind: orchestrator.KindRelease, Server: m.Server},
		Run:  m.Run, Epoch: m.Epoch, Attempt: 1, Driver: driver, Plan: &plan, Group: &group,
		Results: func(string) journal.Result { return journal.Result{} },
	}
}

// agreed asks before anything is done, and says what a no means.
func (p *program) agreed(ctx context.Context, c *ufcli.Context, q orchestrator.Question, declined string) error {
	if err := p.answerable(c); err != nil {
		return err
	}
	if c.Bool("yes") {
		return nil
	}
	in, _ := terminal(p.In)
	op := &operator{
		say: func(text string) { fmt.Fprint(p.Err, text) }, paper: p.paper(p.Err, plainly(c)), stop: make(chan struct{}), answered: func() {}, keyboard: in,
	}
	yes, err := op.Ask(ctx, q)
	if err != nil {
		return interrupted(ctx, err)
	}
	if !yes {
		return refuse("", "%s", declined)
	}
	return nil
}

// removing is the question before that.
func removing(runs []string, dead []orchestrator.Leftover) orchestrator.Question {
	var what []string
	for _, r := range runs {
		what = append(what, "the markers of run "+r)
	}
	for _, l := range dead {
		what = append(what, l.String())
	}
	return orchestrator.Question{Text: "remove " + strings.Join(what, " and ") + "?"}
}

// keys finds out who holds a fleet.
type keys struct {
	world everything
	store store
	facts fleet.Facts
	at    view.Where
}

// holders asks servers, databases and the journals here who holds what.
func (k keys) holders(ctx context.Context) view.Holders {
	var h view.Holders
	for _, s := range k.facts.Servers {
		if !s.Reach.OK() {
			h.Unasked = append(h.Unasked, s.Name+": "+s.Reach.Saw)
			continue
		}
		if s.Claim.Run != "" {
			h.Markers = append(h.Markers, view.Marker{Server: s.Name, Claim: s.Claim})
		}
		for _, u := range s.Units {
			if u.Fence != "" {
				h.Fences = append(h.Fences, view.Fence{Server: s.Name, Unit: u.Name, Run: u.Fence})
			}
		}
	}
	for _, d := range k.facts.Databases {
		if len(d.Endpoints) == 0 || !d.Reach.OK() {
			h.Unasked = append(h.Unasked, d.Name+": "+d.Reach.Saw)
			continue
		}
		if who := k.lockedBy(ctx, d); who != "" {
			h.Locks = append(h.Locks, view.Locked{Database: d.Endpoints[0].Place.String(), Holder: who})
		}
	}
	var unasked []string
	h.Rehearsals, unasked = orchestrator.Leftovers(ctx, k.world, k.facts)
	for _, u := range unasked {
		if !slices.Contains(h.Unasked, u) {
			h.Unasked = append(h.Unasked, u)
		}
	}
	return h
}

// lockedBy says who holds the advisory lock of a database: it is taken and let go of at once.
func (k keys) lockedBy(ctx context.Context, d fleet.Database) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	lock, err := k.world.Lock(ctx, d.Endpoints[0].Place, orchestrator.LockName(d.ID), "")
	switch {
	case err == nil:
		_ = lock.Release(ctx) // it ends with the connection in any case
		return ""
	case errors.Is(err, orchestrator.ErrLocked):
		return err.Error()
	default:
		return ""
	}
}

// releasable names the runs whose markers may go, or says why one must stay: only a run that nobody drives, of which no fence
// stands and no job may live, on a fleet that could be asked in full and is in one of the two states that a run may leave.
func (k keys) releasable(ctx context.Context, h view.Holders) ([]string, error) {
	var runs []string
	seen := map[string]bool{}
	if len(h.Markers) > 0 && len(h.Unasked) > 0 {
		return nil, refuse("mend the way to it, then try again", "not everything could be asked, so nothing is removed: %s", h.Unasked[0])
	}
	for _, m := range h.Markers {
		if seen[m.Run] {
			continue
		}
		seen[m.Run] = true
		if err := k.dead(ctx, m.Run, h); err != nil {
			return nil, err
		}
		runs = append(runs, m.Run)
	}
	if len(h.Markers) == 0 && len(h.Locks) > 0 {
		return nil, exitError{code: codeHeld, err: errors.New("a lock ends with the process that holds it; there is nothing to remove")}
	}
	return runs, nil
}

// dead says why a run's markers must stay.
func (k keys) dead(ctx context.Context, run string, h view.Holders) error {
	stay := func(hint, format string, args ...any) error {
		return exitError{code: codeHeld, err: fmt.Errorf(format, args...), hints: hints(hint)}
	}
	for _, f := range h.Fences {
		if f.Run == run {
			return stay(k.resume(ctx, run, f.Server), "the fence of run %s still stands on %s: %s", run, f.Server, f.Unit)
		}
	}
	if len(h.Locks) > 0 {
		return stay("", "somebody drives: the lock of %s is %s", h.Locks[0].Database, h.Locks[0].Holder)
	}
	one, err := k.store.read(ctx, run)
	switch {
	case err != nil:
		return stay(k.resume(ctx, run, h.Of(run))+"    or go on where its driver ran: the marker above names it",
			"the journal of run %s is not here, so it cannot be told whether a job of it still runs: %v", run, err)
	case one.driven:
		return stay("kea-lockstep status "+run+k.at.State, "run %s is being driven by %s", run, one.status.Driver)
	case one.broken != nil:
		return stay(k.resume(ctx, run, h.Of(run)), "the journal of run %s cannot be read: %v", run, one.broken)
	}
	if err := k.jobs(ctx, one); err != nil {
		return err
	}
	for _, g := range one.status.Groups {
		if _, known := k.stands(one, g); !g.State.Over() && view.Touched(g) && !known {
			return stay("kea-lockstep resume "+run+k.at.State+"    or abort, where it is not past the point of no return",
				"%s is neither as before run %s nor as it was to be", g.ID, run)
		}
	}
	return nil
}

// resume names the command that carries a run on: by its journal where that is here and whole, else by what it left on a server.
func (k keys) resume(ctx context.Context, run, server string) string {
	if one, err := k.store.read(ctx, run); err == nil && one.broken == nil {
		return "kea-lockstep resume " + run + k.at.State
	}
	return "kea-lockstep resume --from " + server + k.at.Fleet + k.at.State
}

// jobs says which job of a run may still live.
func (k keys) jobs(ctx context.Context, one kept) error {
	on := map[string]string{}
	for _, g := range one.plan.Groups {
		for _, phases := range [][]orchestrator.Phase{g.Phases, g.Back} {
			for _, phase := range phases {
				for _, s := range phase.Steps() {
					on[s.ID] = s.Server
				}
			}
		}
	}
	for _, g := range one.status.Groups {
		for id, step := range g.Steps {
			server := on[id]
			if server == "" || step.Attempt == 0 {
				continue
			}
			state, err := k.world.Job(ctx, server, one.status.Run, id, step.Attempt)
			if err != nil {
				return fmt.Errorf("asking %s for the job %s: %w", server, id, err)
			}
			if state == fleet.JobRunning {
				return exitError{code: codeHeld, err: fmt.Errorf("a job of run %s still runs on %s: %s", one.status.Run, server, id), hints: []string{"wait until it ends"}}
			}
		}
	}
	return nil
}
