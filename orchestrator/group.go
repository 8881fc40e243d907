package orchestrator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// groupDrive drives one group.
type groupDrive struct {
	*Drive
	group   *GroupPlan
	resumed bool

	mu       sync.Mutex
	held     bool            // the operator asked to hold
	abort    bool            // the operator asked to back out
	backing  bool            // the group is on its way back
	stranger fleet.Verdict   // what the watch saw that must not be; its zero value is nothing
	pause    pausing         // the operator asked to hold before the next phase
	stopping error           // the first failure: nothing new begins
	unlocked error           // a lock is lost for good: this drive begins nothing more
	free     map[string]bool // servers whose fence is lifted, or about to be: they may run

	confirmed map[string]confirmation // by server, of this drive
}

func (g *groupDrive) scene() scene {
	return scene{
		Observer: g.World, plan: &g.plan, group: g.group, run: g.Run, epoch: g.epoch,
		results: g.results,
	}
}

func (g *groupDrive) status() journal.GroupStatus {
	for _, s := range g.Status().Groups {
		if s.ID == g.group.ID {
			return s
		}
	}
	return journal.GroupStatus{}
}

// recorded is where one step stands by the journal.
func (g *groupDrive) recorded(id string) journal.StepStatus {
	g.Drive.mu.Lock()
	defer g.Drive.mu.Unlock()
	return g.fold.Step(g.group.ID, id)
}

// results gives what a step that is done reported. A backup that lies on none of the servers may have been made from any.
func (g *groupDrive) results(id string) journal.Result {
	for _, d := range g.group.Databases {
		if d.Aside() && id == DumpID(d.Backup().Server, d) {
			return g.backup(d).Result
		}
	}
	return g.recorded(id).Result
}

func (g *groupDrive) record(ctx context.Context, e journal.Event) error {
	e.Group = g.group.ID
	return g.Drive.record(ctx, e)
}

// run drives the group to an end and says which. The error is fatal to the whole drive.
func (g *groupDrive) run(ctx context.Context) (journal.State, error) {
	g.free, g.confirmed = map[string]bool{}, map[string]confirmation{}
	if g.group.Mode == Current {
		return g.ended(ctx, journal.Done, nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	var hearing sync.WaitGroup
	hearing.Go(func() { g.hear(ctx) })
	defer func() { // what is heard by then is known to the next group
		cancel()
		hearing.Wait()
	}()
	locks, err := g.lock(ctx)
	if err != nil {
		return g.fail(ctx, err)
	}
	defer locks.release()
	if g.status().Untold {
		if err := g.find(ctx); err != nil {
			return g.fail(ctx, err)
		}
	}
	switch s := g.status(); {
	case g.back:
		return g.rollBack(ctx)
	case s.BackingOut:
		return g.backOut(ctx, errors.New("the run was backing out"))
	}
	if g.resumed {
		if err := g.reconcile(ctx); err != nil {
			return g.fail(ctx, err)
		}
	}
	for {
		err := g.forward(ctx)
		if err == nil {
			return g.ended(ctx, journal.Done, nil)
		}
		again, err := g.mend(ctx, err)
		if !again {
			return g.fail(ctx, g.spare(ctx, err))
		}
	}
}

func (g *groupDrive) ended(ctx context.Context, state journal.State, p *journal.Problem) (journal.State, error) {
	e := journal.Event{Type: journal.GroupEnded}
	if p != nil {
		e.Phase = p.Phase
	}
	return state, g.record(ctx, e.With(journal.Ended{State: state, Problem: p}))
}

// hear takes the operator's requests.
func (g *groupDrive) hear(ctx context.Context) {
	for {
		select {
		case r, ok := <-g.Operator.Requests():
			if !ok {
				return
			}
			g.heard(r)
		case <-ctx.Done():
			return
		}
	}
}

// forward drives every phase that is not done, each once those before it are.
func (g *groupDrive) forward(ctx context.Context) error {
	g.mu.Lock()
	g.stopping, g.pause.at = nil, nil
	g.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watched := g.watch(ctx)
	err := g.phases(ctx, g.group.Phases, watched)
	cancel()
	watched.wait()
	return err
}

// phases drives phases as their order allows. After the first failure nothing new begins, and after a request to pause no phase; what is
// in flight ends first.
func (g *groupDrive) phases(ctx context.Context, phases []Phase, w *watcher) error {
	done := map[string]chan struct{}{}
	for _, p := range phases {
		done[p.Name] = make(chan struct{})
	}
	stop := make(chan struct{})
	var once sync.Once
	var wait sync.WaitGroup
	for i, p := range phases {
		after := p.After
		if len(after) == 0 && i > 0 {
			after = []string{phases[i-1].Name}
		}
		wait.Go(func() {
			for _, name := range after {
				select {
				case <-done[name]:
				case <-stop:
					return
				}
			}
			if err := g.phase(ctx, p); err != nil {
				g.halt(err)
				once.Do(func() { close(stop) })
				return
			}
			if w != nil && (p.Name == Stop || p.Name == BackStop) {
				w.begin()
			}
			close(done[p.Name])
		})
	}
	wait.Wait()
	return g.why()
}

// halt keeps the first failure, and apart from it the first phase that a pause kept from beginning: others go on beside that one.
func (g *groupDrive) halt(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case isPause(err):
		g.pause.at = cmp.Or(g.pause.at, err)
	case g.stopping == nil || fatal(err):
		g.stopping = err
	}
}

func (g *groupDrive) phase(ctx context.Context, p Phase) error {
	if g.phaseDone(p.Name) {
		return nil
	}
	if err := g.mayBegin(p.Name); err != nil {
		return err
	}
	if err := g.pass(ctx, p); err != nil {
		return err
	}
	if err := g.mayBegin(p.Name); err != nil { // a gate and its question take their time
		return err
	}
	if err := g.record(ctx, journal.Event{Type: journal.PhaseBegun, Phase: p.Name}); err != nil {
		return err
	}
	if p.Name == BackStart && g.status().PastReturn {
		if err := g.record(ctx, journal.Event{Type: journal.Untouched, Phase: p.Name}.With("every database is as before the run")); err != nil {
			return err
		}
	}
	if err := g.lanes(ctx, p, p.First); err != nil {
		return err
	}
	if err := g.lanes(ctx, p, p.Lanes); err != nil {
		return err
	}
	return g.record(ctx, journal.Event{Type: journal.PhaseDone, Phase: p.Name})
}

func (g *groupDrive) phaseDone(name string) bool {
	phases := g.status().Phases
	i := slices.IndexFunc(phases, func(p journal.PhaseStatus) bool { return p.Name == name })
	return i >= 0 && phases[i].State == journal.Done
}

// pass puts a phase's gate and question. A gate whose question took its time is put again: the answer must be fresh.
func (g *groupDrive) pass(ctx context.Context, p Phase) error {
	if p.Gate != "" {
		if err := g.gate(ctx, p.Gate, p.Name); err != nil {
			return err
		}
	}
	if p.Ask == "" || g.answered(p) {
		return nil
	}
	asked := time.Now()
	yes, err := g.atGate(ctx, p.Name, g.question(p.Ask))
	if err != nil {
		return err
	}
	if !yes {
		return &declined{p.Ask}
	}
	if p.Gate != "" && time.Since(asked) > fresh {
		return g.gate(ctx, p.Gate, p.Name)
	}
	return nil
}

// answered: a stop that was begun in an earlier drive had its yes. The point of no return wants its own each time.
func (g *groupDrive) answered(p Phase) bool {
	return p.Ask == AskGo && g.touched()
}

// fresh is how old a gate's answer may be when its phase begins.
const fresh = 500 * time.Millisecond

func (g *groupDrive) ask(ctx context.Context, a Ask) (bool, error) { return g.put(ctx, g.question(a)) }

// put puts a question and writes the answer down.
func (g *groupDrive) put(ctx context.Context, q Question) (bool, error) {
	yes, err := g.Operator.Ask(ctx, q)
	if err != nil {
		return false, fmt.Errorf("asking %q: %w", q.Text, err)
	}
	return yes, g.record(ctx, journal.Event{Type: journal.Asked}.With(journal.Question{Question: q.Text, Yes: yes, Typed: q.Typed}))
}

// declined is a question that the operator answered with no.
type declined struct{ ask Ask }

func (d *declined) Error() string { return "the operator said no" }

// lanes drives lanes side by side, the steps of each in order.
func (g *groupDrive) lanes(ctx context.Context, p Phase, lanes [][]Step) error {
	errs := make([]error, len(lanes))
	slots := make(chan struct{}, max(g.plan.Options.Parallel, 2))
	var wait sync.WaitGroup
	for i, lane := range lanes {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			for _, s := range lane {
				if errs[i] = g.step(ctx, p.Name, s); errs[i] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	return worstOf(errs)
}

// worstOf gives the fatal error where there is one, else all of them.
func worstOf(errs []error) error {
	for _, err := range errs {
		if fatal(err) {
			return err
		}
	}
	return errors.Join(errs...)
}

// mayAct says whether a new effect may begin: nothing failed, nobody asked to hold, no stranger was seen.
func (g *groupDrive) mayAct() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.unlocked != nil:
		return g.unlocked
	case g.stopping != nil:
		return g.stopping
	case g.stranger.Saw != "":
		return &strangerSeen{g.stranger}
	case g.held:
		return errHeld
	}
	return nil
}

// errHeld is what a step that did not begin because of the operator's request returns.
var errHeld = errors.New("the operator asked to hold")

// strangerSeen is a daemon, a lifted fence or a session that must not be.
type strangerSeen struct{ saw fleet.Verdict }

func (s *strangerSeen) Error() string { return s.saw.Saw }
