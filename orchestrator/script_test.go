package orchestrator_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// play is one fleet whose operator answers as written, and to which things happen as written.
type play struct {
	t     *testing.T
	opts  orchestrator.Options
	world *world.World
	log   *world.Log

	mu       sync.Mutex
	no       map[orchestrator.Ask]bool // the questions that are answered with no
	asked    []orchestrator.Ask
	question orchestrator.Question                        // the newest
	before   func(context.Context, orchestrator.Question) // what happens before a question is answered
	requests chan orchestrator.Request
	// No answer comes to what is asked.
	unanswered bool
	epoch      int
	events     []journal.Event // of every drive, in the order in which they became durable
	on         func(journal.Event)
	at         func(world.Point) world.Fault
	dead       []string // declared dead by the next drive
	made       func(orchestrator.Plan) orchestrator.Plan
}

// acted runs a play in a bubble of its own time.
func acted(t *testing.T, spec world.Spec, do func(p *play)) {
	t.Helper()
	spec.Speed = world.AsSeen()
	synctest.Test(t, func(t *testing.T) {
		p := &play{
			t: t, opts: usual(), world: world.New(spec), log: &world.Log{},
			no: map[orchestrator.Ask]bool{}, requests: make(chan orchestrator.Request, 4),
		}
		defer p.world.Settle(time.Minute) // a bubble may not end while something is to happen in it
		do(p)
	})
}

func (p *play) Ask(ctx context.Context, q orchestrator.Question) (bool, error) {
	if p.before != nil {
		p.before(ctx, q)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.question = append(p.asked, q.Ask), q
	if p.unanswered {
		return false, ctx.Err()
	}
	return !p.no[q.Ask], nil
}

func (p *play) Requests() <-chan orchestrator.Request { return p.requests }

func (p *play) told(e journal.Event, _ journal.Status) {
	p.mu.Lock()
	p.events = append(p.events, e)
	on := p.on
	p.mu.Unlock()
	if on != nil {
		on(e)
	}
}

// begin opens a drive: its way to the world, and the drive itself.
func (p *play) begin() (*world.Driver, *orchestrator.Drive) {
	p.epoch++
	driver := p.world.Drive(fmt.Sprint("driver ", p.epoch), p.log)
	driver.At = p.at
	return driver, &orchestrator.Drive{
		Run: "run", Driver: fmt.Sprint("driver ", p.epoch), Log: driver, World: driver, Actor: driver, Locker: driver, Operator: p,
		Again: func(ctx context.Context, group string) (orchestrator.Plan, error) { return p.plan(ctx, driver, group) },
		Told:  p.told, Dead: p.dead,
	}
}

func (p *play) plan(ctx context.Context, driver *world.Driver, group string) (orchestrator.Plan, error) {
	facts, err := fleet.Survey(ctx, driver, p.world.Names(), 20)
	opts := p.opts
	opts.Group = group
	plan := orchestrator.Make(facts, version(p.t, "3.0.3"), opts)
	if p.made != nil {
		plan = p.made(plan)
	}
	return plan, err
}

// upgrade drives the run from its beginning.
func (p *play) upgrade() (journal.Status, error) {
	driver, d := p.begin()
	ctx, cancel := driver.Life()
	defer cancel()
	if err := d.Begin(ctx, journal.Begun{Command: "upgrade"}); err != nil {
		return d.Status(), err
	}
	plan, err := p.plan(ctx, driver, "")
	if err != nil {
		return d.Status(), err
	}
	if len(plan.Refusals) > 0 {
		err = d.Refuse(ctx, plan, journal.Problem{What: plan.Refusals[0].Message})
		return d.Status(), err
	}
	err = d.Upgrade(ctx, plan)
	return d.Status(), err
}

// resume carries it on.
func (p *play) resume() (journal.Status, error) {
	driver, d := p.begin()
	ctx, cancel := driver.Life()
	defer cancel()
	err := d.Resume(ctx, journal.Begun{Command: "resume"})
	return d.Status(), err
}

// rollback takes it back.
func (p *play) rollback() (journal.Status, error) {
	_, d := p.begin()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := d.Rollback(ctx, journal.Begun{Command: "rollback"})
	return d.Status(), err
}

// must gives the one group of a drive that ended in a state.
func (p *play) must(want journal.State, s journal.Status, err error) journal.GroupStatus {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	if s.State != want {
		p.t.Fatalf("state %s, want %s: %+v", s.State, want, s.Groups[0].Problem)
	}
	return s.Groups[0]
}

// serves holds the fleet against what it must be once a run is over: on the target, or as before.
func (p *play) serves(onTarget bool) {
	p.t.Helper()
	p.world.Settle(time.Minute)
	on := map[string]bool{}
	for _, name := range p.world.Names() {
		on[name] = onTarget
	}
	if err := p.world.Rest("run", on); err != nil {
		p.t.Error(err)
	}
	p.sound()
}

// times counts what was told of a step.
func (p *play) times(kind journal.Type, step string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if e.Type == kind && e.Step == step {
			n++
		}
	}
	return n
}

func (p *play) sound() {
	p.t.Helper()
	if err := turned(p.log); err != nil {
		p.t.Error(err)
	}
	for _, v := range p.world.Violations() {
		p.t.Errorf("the invariant broke: %s", v.What)
	}
}

// happens lets a disturbance of that name happen to a server or database.
func (p *play) happens(name string, to int) {
	for _, d := range world.Disturbances() {
		if d.Name == name {
			d.Do(p.world, to)
			return
		}
	}
	panic("no such disturbance: " + name)
}

// passes lets the world's time pass: a play runs in a bubble.
func passes(d time.Duration) { time.Sleep(d) }

// once does something at the first event for which when is true.
func (p *play) once(when func(journal.Event) bool, do func()) {
	var once sync.Once
	p.on = func(e journal.Event) {
		if when(e) {
			once.Do(do)
		}
	}
}

func phaseBegun(name string) func(journal.Event) bool {
	return func(e journal.Event) bool { return e.Type == journal.PhaseBegun && e.Phase == name }
}

// within is the first step of a phase, or the beginning of one that has none.
func within(phase string) func(journal.Event) bool {
	if phase == orchestrator.Preflight {
		return phaseBegun(phase)
	}
	return func(e journal.Event) bool { return e.Type == journal.StepBegun && e.Phase == phase }
}

// cutOff drives the run from its beginning until a fault kills its driver, and gives what that drive ends with.
func (p *play) cutOff(at func(world.Point) world.Fault) <-chan error {
	dead, ended := make(chan struct{}), make(chan error, 1)
	p.at = func(is world.Point) world.Fault {
		fault := at(is)
		if fault != world.NoFault {
			close(dead)
		}
		return fault
	}
	go func() {
		_, err := p.upgrade()
		ended <- err
	}()
	<-dead
	p.at = nil
	return ended
}

func stepBegun(kind orchestrator.Kind) func(journal.Event) bool {
	return func(e journal.Event) bool {
		var a journal.Attempt
		return e.Type == journal.StepBegun && e.Read(&a) == nil && a.Kind == string(kind)
	}
}

// when gives the first event of a kind, or the zero event.
func (p *play) when(is func(journal.Event) bool) journal.Event {
	for _, e := range p.events {
		if is(e) {
			return e
		}
	}
	return journal.Event{}
}

func stranger(e journal.Event) bool { return e.Type == journal.Stranger }
