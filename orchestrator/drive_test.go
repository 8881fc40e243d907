package orchestrator_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// scenario is one fleet and the upgrade that is tried on it.
type scenario struct {
	name string
	spec world.Spec
	opts orchestrator.Options
}

// planned are the fleets and upgrades whose plans are written down.
func planned() []scenario {
	var all []scenario
	add := func(name string, spec world.Spec, opts orchestrator.Options) {
		spec.Speed = world.AsSeen()
		opts.Backup, opts.Parallel, opts.Settle = cmp.Or(opts.Backup, "dump"), 20, 2*time.Second
		all = append(all, scenario{name, spec, opts})
	}
	for servers := 1; servers <= 4; servers++ {
		for databases := 1; databases <= 2; databases++ {
			add(fmt.Sprintf("%d servers, %d databases", servers, databases),
				world.Spec{Servers: servers, Databases: databases, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"}, orchestrator.Options{})
		}
	}
	add("postgresql", world.Spec{Servers: 2, Databases: 1, Engine: kea.PostgreSQL, From: "2.6.3", To: "3.0.3"}, orchestrator.Options{})
	add("early", world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"}, orchestrator.Options{Early: true})
	add("serial", world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"}, orchestrator.Options{Serial: true})
	add("no schema change", world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "3.0.0", To: "3.0.3"}, orchestrator.Options{})
	add("backups by copy", world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"}, orchestrator.Options{Backup: "copy"})
	add("two backups by copy", world.Spec{Servers: 2, Databases: 2, Engine: kea.PostgreSQL, From: "2.6.3", To: "3.0.3"}, orchestrator.Options{Backup: "copy"})
	add("backups by command", world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"},
		orchestrator.Options{Backup: "command", Command: []string{world.Snapshot, "take"}, Restore: []string{world.Snapshot, "put back"}})
	add("a database each", world.Spec{Servers: 2, Databases: 1, Separate: true, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"}, orchestrator.Options{})
	return all
}

// scenarios are those of the plans and more, whose plans are the same but for an engine or a name.
func scenarios() []scenario {
	all := planned()
	add := func(name string, spec world.Spec) {
		spec.Speed = world.AsSeen()
		all = append(all, scenario{name, spec, orchestrator.Options{Backup: "dump", Parallel: 20, Settle: 2 * time.Second}})
	}
	for servers := 1; servers <= 4; servers++ {
		for databases := 1; databases <= 2; databases++ {
			if servers != 2 || databases != 1 {
				add(fmt.Sprintf("postgresql, %d servers, %d databases", servers, databases),
					world.Spec{Servers: servers, Databases: databases, Engine: kea.PostgreSQL, From: "2.6.3", To: "3.0.3"})
			}
		}
	}
	add("leases in MySQL, hosts in PostgreSQL",
		world.Spec{Servers: 3, Databases: 2, Engine: kea.MySQL, Second: kea.PostgreSQL, From: "2.6.3", To: "3.0.3"})
	add("HA partners", world.Spec{Servers: 2, Databases: 1, HA: true, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"})
	add("HA partners, a database each", world.Spec{Servers: 2, Databases: 1, Separate: true, HA: true, Engine: kea.PostgreSQL, From: "2.6.3", To: "3.0.3"})
	add("HA partners, no schema change", world.Spec{Servers: 4, Databases: 1, HA: true, Engine: kea.MySQL, From: "3.0.0", To: "3.0.3"})
	add("slow databases", world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"})
	slow := &all[len(all)-1].spec.Speed // whoever takes over finds a dump, a proof, or a kea-admin that has changed nothing yet
	slow.Dump, slow.Admin = 10*time.Second, 15*time.Second
	return all
}

// yes is an operator who says yes to everything.
type yes struct{ n *night }

func (y yes) Ask(_ context.Context, q orchestrator.Question) (bool, error) {
	y.n.mu.Lock()
	defer y.n.mu.Unlock()
	y.n.asked, y.n.askedAt = q, time.Now()
	return true, nil
}

func (y yes) Requests() <-chan orchestrator.Request { return y.n.requests }

// night is one fleet on one night, from the first drive to the last.
type night struct {
	scenario
	world  *world.World
	log    *world.Log
	drives int
	points int
	ran    []string
	fold   journal.Folding
	seen   int
	back   bool // the next drive is a rollback

	on       func(journal.Event)
	requests chan orchestrator.Request // of the drive that is under way
	backToo  bool                      // another journal has it that the run went back

	mu      sync.Mutex // lanes side by side
	states  map[uint64]bool
	asked   orchestrator.Question // the newest
	askedAt time.Time
}

func newNight(s scenario) *night {
	return &night{scenario: s, world: world.New(s.spec), log: &world.Log{}, states: map[uint64]bool{}}
}

func (n *night) status() journal.Status {
	for _, e := range n.log.After(n.seen) {
		if err := n.fold.Add(e); err != nil {
			panic(err)
		}
		n.seen = e.Seq
	}
	return n.fold.Status()
}

// drive runs one process: an upgrade when there is no run yet, else its resume.
func (n *night) drive(at func(world.Point) world.Fault) error {
	n.drives++
	n.requests = make(chan orchestrator.Request, 1)
	driver := n.world.Drive(fmt.Sprint("driver ", n.drives), n.log)
	driver.At = n.watched(at)
	d := n.drivenBy(driver, "somebody@here")
	ctx, cancel := driver.Life()
	defer cancel()
	defer func() { n.points = driver.Points() }()
	if n.back {
		return d.Rollback(ctx, journal.Begun{Command: "rollback", Target: n.target()})
	}
	if n.drives > 1 && len(n.status().Groups) > 0 {
		return d.Resume(ctx, journal.Begun{Command: "resume", Target: n.target()})
	}
	if n.drives == 1 {
		if err := d.Begin(ctx, journal.Begun{Command: "upgrade", Target: n.target()}); err != nil {
			return err
		}
	}
	plan, err := d.Again(ctx, "")
	if err != nil {
		return err
	}
	if len(plan.Refusals) > 0 {
		return d.Refuse(ctx, plan, journal.Problem{What: plan.Refusals[0].Message})
	}
	return d.Upgrade(ctx, plan)
}

// watched notes the state of the fleet at every query and effect. A write to the journal changes none, and is made under the drive's own
// lock, for which the world may be waiting.
func (n *night) watched(at func(world.Point) world.Fault) func(world.Point) world.Fault {
	return func(p world.Point) world.Fault {
		if p.Kind != "append" {
			state := n.world.State()
			n.mu.Lock()
			n.states[state] = true
			n.mu.Unlock()
		}
		if at == nil {
			return world.NoFault
		}
		return at(p)
	}
}

func (n *night) target() kea.Version {
	v, err := kea.ParseVersion(n.spec.To)
	if err != nil {
		panic(err)
	}
	return v
}

// drivenBy makes a drive of the run.
func (n *night) drivenBy(driver *world.Driver, name string) *orchestrator.Drive {
	return &orchestrator.Drive{
		Again: func(ctx context.Context, group string) (orchestrator.Plan, error) {
			facts, err := fleet.Survey(ctx, driver, n.world.Names(), 20)
			if err != nil {
				return orchestrator.Plan{}, err
			}
			opts := n.opts
			opts.Group = group
			return orchestrator.Make(facts, n.target(), opts), nil
		},
		Run: "run", Driver: name, Log: driver, World: driver, Actor: driver, Locker: driver, Operator: yes{n},
		Told: func(e journal.Event, _ journal.Status) {
			if n.on != nil {
				n.on(e)
			}
			n.ran = append(n.ran, fmt.Sprintf("%s %s %s %s", e.Type, e.Phase, e.Step, e.Data))
		},
	}
}

// finish resumes until the run is over. One that stands still as it backs out, for somebody migrated behind its back, is rolled back.
func (n *night) finish() error {
	for i := range 6 {
		n.world.Settle(time.Minute)
		if n.over() {
			return nil
		}
		if i == 5 && n.movedBehind() {
			n.back = true
		}
		if err := n.drive(nil); err != nil && !errors.Is(err, orchestrator.ErrSuperseded) {
			return fmt.Errorf("drive %d: %w", n.drives, err)
		}
	}
	if n.over() {
		return nil
	}
	return fmt.Errorf("no end after %d drives: %+v", n.drives, n.status().Groups)
}

// movedBehind reports whether a group stands still on its way back for somebody else migrated.
func (n *night) movedBehind() bool {
	return slices.ContainsFunc(n.status().Groups, func(g journal.GroupStatus) bool {
		return g.BackingOut && g.Problem != nil && strings.Contains(g.Problem.What+g.Problem.Why, ", migrated")
	})
}

func (n *night) over() bool {
	s := n.status()
	if len(s.Groups) == 0 {
		return false
	}
	for _, g := range s.Groups {
		if !g.State.Over() {
			return false
		}
	}
	return true
}

// sound holds the end of a night against what must be true whatever happened.
func (n *night) sound() error {
	if err := turned(n.log); err != nil {
		return err
	}
	n.world.Settle(2 * time.Minute)
	for _, v := range n.world.Violations() {
		return fmt.Errorf("the invariant broke: %s", v.What)
	}
	if together := n.world.Together(); len(together) > 0 && !n.wentBack() {
		return fmt.Errorf("partners were down together: %s", together[0])
	}
	return n.world.Rest("run", n.ended())
}

// wentBack reports whether any group was taken back: then all of its servers that were rolled go back at once.
func (n *night) wentBack() bool {
	return n.backToo || slices.ContainsFunc(n.status().Groups, func(g journal.GroupStatus) bool {
		return g.BackingOut || g.RollingBack || g.State == journal.BackedOut || g.State == journal.RolledBack
	})
}

// ended gives for each server whether it ended on the target.
func (n *night) ended() map[string]bool {
	states := map[string]journal.State{}
	for _, g := range n.status().Groups {
		states[g.ID] = g.State
	}
	on := map[string]bool{}
	for _, s := range n.status().Servers {
		on[s.Name] = states[s.Group] == journal.Done
	}
	return on
}

func TestUpgradeEndsOnTheTarget(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNight(s)
				began := time.Now()
				if err := n.drive(nil); err != nil {
					t.Fatal(err)
				}
				if got := n.status().State; got != journal.Done {
					t.Fatalf("state %s, want done\n%+v", got, n.status().Groups)
				}
				if err := n.sound(); err != nil {
					t.Fatal(err)
				}
				t.Logf("%d points, %d events, %s", n.points, n.status().Seq, time.Since(began))
			})
		})
	}
}

// TestTheCanaryIsAskedForAllOnceItIsAnother: before the rest are started, a canary that was just confirmed is asked for its processes
// alone. Where that is long ago or they are others, all its evidence counts, and where it is gone nobody is started.
func TestTheCanaryIsAskedForAllOnceItIsAnother(t *testing.T) {
	for _, c := range []struct {
		name  string
		rest  time.Duration // that the upgrade of the rest takes longer
		does  func(w *world.World)
		looks bool // for all its evidence
		want  journal.State
	}{
		{"the same", 0, func(*world.World) {}, false, journal.Done},
		{"the same, confirmed long ago", time.Minute, func(*world.World) {}, true, journal.Done},
		{"rebooted", 0, func(w *world.World) { w.Die(0); w.Return(0) }, true, journal.Done},
		{"gone", 0, func(w *world.World) { w.Die(0) }, true, journal.Halted},
	} {
		t.Run(c.name, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				var ready, started bool
				var looks atomic.Int32
				done := map[string]bool{}
				p.on = func(e journal.Event) {
					switch {
					case e.Type == journal.PhaseDone:
						done[e.Phase] = true
						if done[orchestrator.ConfirmCanary] && done[orchestrator.UpgradeRest] && !ready {
							ready = true
							looks.Store(0)
							c.does(p.world)
						}
					case e.Type == journal.PhaseBegun && e.Phase == orchestrator.StartRest:
						started = true
						if got := looks.Load() > 0; got != c.looks {
							t.Errorf("asked for all its evidence: %t", got)
						}
					}
				}
				p.at = func(at world.Point) world.Fault {
					switch {
					case at.Kind == "look" && at.What == "service k1":
						looks.Add(1)
					case at.Kind == "do" && at.What == "install-k3/1":
						passes(c.rest)
					}
					return world.NoFault
				}
				s, err := p.upgrade()
				p.must(c.want, s, err)
				if started != (c.want == journal.Done) || looks.Load() == 0 {
					t.Errorf("the rest were started: %t, looks %d", started, looks.Load())
				}
			})
		})
	}
}
