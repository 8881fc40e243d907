package orchestrator_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
)

// hall is a fleet that is rehearsed on.
type hall struct {
	t     *testing.T
	world *world.World
	facts fleet.Facts
	plan  orchestrator.Plan
	id    orchestrator.RehearsalID
}

// rehearsal raises a fleet in a bubble.
func rehearsal(t *testing.T, spec world.Spec, do func(s *hall)) {
	t.Helper()
	spec.Speed = world.AsSeen()
	synctest.Test(t, func(t *testing.T) {
		s := &hall{t: t, world: world.New(spec)}
		defer s.world.Settle(time.Minute)
		s.survey()
		do(s)
	})
}

func (s *hall) survey() {
	s.t.Helper()
	var err error
	if s.facts, err = fleet.Survey(s.t.Context(), s.world.Drive("survey", &world.Log{}), s.world.Names(), 20); err != nil {
		s.t.Fatal(err)
	}
	target, err := kea.ParseVersion("3.0.3")
	if err != nil {
		s.t.Fatal(err)
	}
	s.plan = orchestrator.Make(s.facts, target, usual())
	if s.id, err = orchestrator.NewRehearsal(time.Now(), rand.NewChaCha8([32]byte{})); err != nil {
		s.t.Fatal(err)
	}
}

// rehearse rehearses by a driver to which something may go wrong.
func (s *hall) rehearse(ctx context.Context, d *world.Driver) orchestrator.Rehearsed {
	r := orchestrator.Rehearsing{ID: s.id, Driver: "operator@desk", World: d, Plan: s.plan}
	return r.Run(ctx, s.t.Context())
}

func TestARehearsalPassesAndLeavesNothing(t *testing.T) {
	for name, spec := range map[string]world.Spec{
		"three of one":       three(),
		"two databases":      {Servers: 2, Databases: 2, Engine: kea.MySQL, Second: kea.PostgreSQL, From: "2.6.3", To: "3.0.3"},
		"a database each":    {Servers: 3, Databases: 1, Separate: true, Engine: kea.PostgreSQL, From: "2.6.3", To: "3.0.3"},
		"the schema stays":   {Servers: 2, Databases: 1, Engine: kea.MySQL, From: "3.0.0", To: "3.0.3"},
		"nothing is to move": {Servers: 2, Databases: 1, Engine: kea.MySQL, From: "3.0.3", To: "3.0.3"},
	} {
		t.Run(name, func(t *testing.T) {
			rehearsal(t, spec, func(s *hall) {
				before := s.world.State()
				out := s.rehearse(s.t.Context(), s.world.Drive("operator", &world.Log{}))
				if out.Verdict != orchestrator.Passed || len(out.Left) > 0 || len(s.world.Scratch()) > 0 {
					t.Errorf("%+v; left in the world: %q", out, s.world.Scratch())
				}
				if s.world.State() != before || len(s.world.Violations()) > 0 {
					t.Errorf("the world was changed: %v", s.world.Violations())
				}
				for _, d := range out.Databases {
					if d.Dump <= 0 || d.Restore <= 0 || d.Migrate < 2 || d.Verify <= 0 {
						t.Errorf("%s took no time: %+v", d.Name, d.Durations)
					}
				}
				if name != "nothing is to move" && len(out.Servers) != spec.Servers {
					t.Errorf("%d servers were rehearsed", len(out.Servers))
				}
			})
		})
	}
}

// What was measured is what the next plan expects, and no part of what it is.
func TestAPlanExpectsWhatWasRehearsed(t *testing.T) {
	rehearsal(t, three(), func(s *hall) {
		out := s.rehearse(s.t.Context(), s.world.Drive("operator", &world.Log{}))
		opts := usual()
		opts.Measured = out.Measured()
		opts.Measured.Of[s.plan.Groups[0].Databases[0].ID] = orchestrator.Durations{Dump: 100, Restore: 200, Migrate: 1000, Verify: 3}
		plan := orchestrator.Make(s.facts, s.plan.Target, opts)
		if got, was := plan.Groups[0].Outage, s.plan.Groups[0].Outage; got < was+1000 || plan.Rehearsed.IsZero() {
			t.Errorf("the outage is expected to take %v s, and was %v s", got, was)
		}
		if plan.Hash != s.plan.Hash {
			t.Error("what is measured is in the hash")
		}
		out.Predict(plan)
		if out.Groups[0].Outage != plan.Groups[0].Outage {
			t.Errorf("the rehearsal expects %v s", out.Groups[0].Outage)
		}
		opts.Measured.Target = kea.Version{}
		if plan := orchestrator.Make(s.facts, s.plan.Target, opts); plan.Groups[0].Outage != s.plan.Groups[0].Outage || !plan.Rehearsed.IsZero() {
			t.Error("the rehearsal of another target is taken for this one's")
		}
	})
}

func TestARehearsalFindsARefusal(t *testing.T) {
	rehearsal(t, three(), func(s *hall) {
		s.world.Reject("k2", "kea-dhcp4.conf:7.5: unexpected keyword")
		out := s.rehearse(s.t.Context(), s.world.Drive("operator", &world.Log{}))
		if out.Verdict != orchestrator.Failed || len(s.world.Scratch()) > 0 {
			t.Errorf("%s, left %q", out.Verdict, s.world.Scratch())
		}
		for _, one := range out.Servers {
			if got := one.Tests[0].Verdict.OK(); got != (one.Name != "k2") {
				t.Errorf("%s: %s", one.Name, one.Tests[0].Verdict)
			}
		}
	})
}

func TestWhatHindersARehearsal(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*fleet.Facts)
		code  string // of what hinders a rehearsal; empty: an upgrade alone
	}{
		"nobody may make a scratch database": {func(f *fleet.Facts) {
			for i := range f.Databases[0].Endpoints {
				f.Databases[0].Endpoints[i].Scratch = fleet.Deny("kea@%% lacks CREATE: GRANT ALL ON `kea\\_lockstep\\_%%`.* TO kea@`%%`")
			}
		}, "scratch"},
		"the disk is full": {func(f *fleet.Facts) {
			f.Servers[1].Disk = []fleet.Disk{{Path: "/var", Free: 310 << 20}}
			f.Databases[0].Bytes = 1 << 30
		}, "rehearsal-room"},
		"a run holds a server": {func(f *fleet.Facts) { f.Servers[0].Claim = fleet.Claim{Run: "R1", Epoch: 1} }, "claimed"},
		"a package is held":    {func(f *fleet.Facts) { f.Servers[0].Holds = []string{"kea-admin"} }, ""},
		"a stranger is in the database": {func(f *fleet.Facts) {
			f.Databases[0].Clients.Sessions = []fleet.Session{{ID: "9", User: "stork", Address: "192.0.2.99", Owner: fleet.OwnerStranger}}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			facts := surveyed(t, three())
			c.spoil(&facts)
			target, err := kea.ParseVersion("3.0.3")
			if err != nil {
				t.Fatal(err)
			}
			rehearsal, upgrade := orchestrator.Make(facts, target, usual()).Hinders(facts)
			has := func(all []orchestrator.Finding, code string) bool {
				return slices.ContainsFunc(all, func(f orchestrator.Finding) bool { return f.Code == code })
			}
			switch {
			case c.code == "" && (len(rehearsal) > 0 || len(upgrade) == 0):
				t.Errorf("a rehearsal is hindered by %v, an upgrade by %v", rehearsal, upgrade)
			case c.code != "" && !has(rehearsal, c.code):
				t.Errorf("a rehearsal is hindered by %v, not by %s", rehearsal, c.code)
			}
			if c.code == "scratch" && !strings.Contains(rehearsal[0].Message, "GRANT ALL ON") {
				t.Errorf("the statement is not told: %s", rehearsal[0].Message)
			}
		})
	}
}

// TestRehearsalFaultAnywhere lets each fault happen at each query and each effect of a rehearsal. Whatever happens, nothing but scratch was
// changed; what is left is named by the rehearsal, or, where its driver died, found and removed by the next.
func TestRehearsalFaultAnywhere(t *testing.T) {
	points := 0
	rehearsal(t, three(), func(s *hall) {
		d := s.world.Drive("operator", &world.Log{})
		s.rehearse(s.t.Context(), d)
		points = d.Points()
	})
	if points < 15 {
		t.Fatalf("a rehearsal has only %d points", points)
	}
	faults := []world.Fault{
		world.KillBefore, world.KillAfter, world.Fails, world.Lost, world.Hangs, world.FalseFailed, world.FalseDone,
	}
	for point := 1; point <= points+3; point++ {
		for _, fault := range faults {
			t.Run(fmt.Sprintf("%d %s", point, fault), func(t *testing.T) {
				rehearsal(t, three(), func(s *hall) { s.faulty(point, fault) })
			})
		}
	}
}

func (s *hall) faulty(point int, fault world.Fault) {
	before := s.world.State()
	d := s.world.Drive("operator", &world.Log{})
	hit := ""
	d.At = func(p world.Point) world.Fault {
		if p.Number == point {
			hit = p.Kind + " " + p.What
			return fault
		}
		return world.NoFault
	}
	life, end := d.Life()
	out := s.rehearse(life, d)
	end()
	s.world.Settle(time.Minute)
	scratch := s.world.Scratch()
	if s.world.State() != before || len(s.world.Violations()) > 0 {
		s.t.Errorf("%s %s: more than scratch was changed: %v", fault, hit, s.world.Violations())
	}
	left := strings.Join(out.Left, "\n")
	for _, one := range scratch {
		_, name, isRoom := strings.Cut(one, ": ")
		if !isRoom {
			name = one
		}
		if !d.Dead() && !strings.Contains(left, name) {
			s.t.Errorf("%s %s: %s is left and not named: %q", fault, hit, one, out.Left)
		}
	}
	tries := strings.HasPrefix(hit, "do ") && !strings.HasPrefix(hit, "do clear") && !strings.HasPrefix(hit, "do drop")
	if tries && fault != world.FalseFailed && out.Verdict == orchestrator.Passed {
		s.t.Errorf("%s %s: it passed", fault, hit)
	}
	s.swept(hit)
}

// swept lets another driver find and remove what is left, and wants nothing to be there then.
func (s *hall) swept(after string) {
	w := s.world.Drive("another", &world.Log{})
	found, unasked := orchestrator.Leftovers(s.t.Context(), w, s.facts)
	for _, l := range found {
		if err := l.Remove(s.t.Context(), w); err != nil {
			s.t.Errorf("%s: %s: %v", after, l, err)
		}
	}
	if scratch := s.world.Scratch(); len(scratch) > 0 || len(unasked) > 0 {
		s.t.Errorf("%s: %q stay, not asked: %q", after, scratch, unasked)
	}
}

// What belongs to a rehearsal that is under way is found and left alone.
func TestARehearsalUnderWayIsLeftAlone(t *testing.T) {
	rehearsal(t, three(), func(s *hall) {
		d, w := s.world.Drive("operator", &world.Log{}), s.world.Drive("another", &world.Log{})
		seen := 0
		d.At = func(p world.Point) world.Fault {
			if !strings.HasPrefix(p.What, "judge") {
				return world.NoFault
			}
			found, _ := orchestrator.Leftovers(s.t.Context(), w, s.facts)
			for _, l := range found {
				if seen++; !l.Alive || l.Remove(s.t.Context(), w) == nil {
					t.Errorf("%s is taken for dead", l)
				}
			}
			return world.NoFault
		}
		if out := s.rehearse(s.t.Context(), d); out.Verdict != orchestrator.Passed || seen != 4 {
			t.Errorf("%s; %d things were found", out.Verdict, seen)
		}
	})
}

// Where a server cannot be asked, nobody knows whether the rehearsal of a database lives.
func TestWhatCannotBeToldIsLeftAlone(t *testing.T) {
	rehearsal(t, three(), func(s *hall) {
		d := s.world.Drive("operator", &world.Log{})
		d.At = func(p world.Point) world.Fault {
			if strings.HasPrefix(p.What, "judge") {
				return world.KillBefore
			}
			return world.NoFault
		}
		life, end := d.Life()
		s.rehearse(life, d)
		end()
		w := s.world.Drive("another", &world.Log{})
		w.At = func(p world.Point) world.Fault {
			if p.What == "rooms k3" {
				return world.Fails
			}
			return world.NoFault
		}
		found, unasked := orchestrator.Leftovers(s.t.Context(), w, s.facts)
		for _, l := range found {
			if l.Database != "" && !l.Alive {
				t.Errorf("%s is taken for dead, and k3 could not be asked", l)
			}
		}
		if len(unasked) != 1 || len(found) != 3 {
			t.Errorf("found %v, not asked %q", found, unasked)
		}
		s.swept("judge")
	})
}
