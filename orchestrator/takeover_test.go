package orchestrator_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// takenOver carries the run on by the marker of a server, or of the next one that has one, with an empty journal. It reports whether
// there was any.
func (n *night) takenOver(server int, at func(world.Point) world.Fault) (bool, error) {
	n.drives++
	log, names := &world.Log{}, n.world.Names()
	driver := n.world.Drive(fmt.Sprint("driver ", n.drives), log)
	driver.At = n.watched(at)
	d := n.drivenBy(driver, fmt.Sprint("somebody@there, ", n.drives))
	ctx, cancel := driver.Life()
	defer cancel()
	for i := range names {
		h, err := orchestrator.Inherit(ctx, driver, names[(server+i)%len(names)], nil)
		if errors.Is(err, orchestrator.ErrNoMarker) {
			continue
		}
		if err != nil {
			return true, err
		}
		n.log, n.fold, n.seen = log, journal.Folding{}, 0
		return true, d.TakeOver(ctx, journal.Begun{Command: "resume"}, h)
	}
	return false, nil
}

// once says what was started more often than a run that nobody disturbed would have.
func (n *night) once() error {
	for _, e := range n.log.After(0) {
		var plan orchestrator.Plan
		if e.Type != journal.PlanMade || e.Read(&plan) != nil {
			continue
		}
		for _, g := range plan.Groups {
			for _, p := range g.Phases {
				for _, s := range p.Steps() {
					most := 1
					if s.Kind == orchestrator.KindDump || s.Kind == orchestrator.KindProve {
						most = 2 // before the point of no return the backup is taken anew
					}
					if count := n.world.Started("run", s.ID); count > most {
						return fmt.Errorf("%s was started %d times", s.ID, count)
					}
				}
			}
		}
	}
	return nil
}

// goesOver kills the first driver at a point and carries the run on from a server, or finds that nothing is there to be carried on.
func goesOver(s scenario, at int, fault world.Fault, server int) (*night, error) {
	n := newNight(s)
	var struck string
	_ = n.drive(func(p world.Point) world.Fault { // it was killed
		if p.Number != at {
			return world.NoFault
		}
		struck = fmt.Sprintf("--- %s %s %s", fault, p.Kind, p.What)
		return fault
	})
	n.ran = append(n.ran, struck)
	any, err := n.takenOver(server, nil)
	switch {
	case err != nil:
		return n, fmt.Errorf("taking over: %w", err)
	case !any:
		return n, n.untouched()
	}
	if err := n.finish(); err != nil {
		return n, err
	}
	return n, errors.Join(n.sound(), n.once())
}

// untouched: no server has a marker, so the run never took one, or let go of all: each is as before, or at the target.
func (n *night) untouched() error {
	n.world.Settle(2 * time.Minute)
	for _, name := range n.world.Names() {
		old, target := n.world.Rest("run", map[string]bool{name: false}), n.world.Rest("run", map[string]bool{name: true})
		if old != nil && target != nil {
			return errors.Join(old, target)
		}
	}
	return nil
}

// TestCarriedOnFromAnotherMachine kills the driver before and after every effect and write of its journal, and carries the run on
// with what it left on its servers alone, from each of them.
func TestCarriedOnFromAnotherMachine(t *testing.T) {
	cases := counted(t, "kills, each carried on from a server")
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for i, at := range thinned(points(t, s), *every, changes) {
				for j, fault := range []world.Fault{world.KillBefore, world.KillAmid, world.KillAfter} {
					for server := range s.spec.Servers {
						if *every > 1 && (i+j)%s.spec.Servers != server {
							continue
						}
						synctest.Test(t, func(t *testing.T) {
							n, err := goesOver(s, at, fault, server)
							if err != nil {
								report(t, n, fmt.Errorf("%s point %d, then from server %d: %w", fault, at, server+1, err))
							}
							cases.add(n)
						})
					}
				}
			}
		})
	}
}

// TestCarriedOnAgainAndAgain draws what goes wrong in the first drive, what happens to the fleet meanwhile, what goes wrong in the
// drive that takes the run over, and whether that one's journal is at hand next, from a printed seed.
func TestCarriedOnAgainAndAgain(t *testing.T) {
	seed := cmp.Or(*again, uint64(time.Now().UnixNano()))
	t.Logf("seed %d", seed)
	all := scenarios()
	kills := []world.Fault{world.KillBefore, world.KillAmid, world.KillAfter}
	faults := append([]world.Fault{world.Fails, world.Lost, world.Hangs, world.FalseFailed, world.FalseDone, world.NoFault}, kills...)
	totals := make([]int, len(all))
	for i, s := range all {
		totals[i] = len(points(t, s))
	}
	cases := counted(t, "nights")
	for count, end := 0, time.Now().Add(*forLong); time.Now().Before(end); count++ {
		draw := rand.New(rand.NewPCG(seed, uint64(count)))
		i := draw.IntN(len(all))
		first, second := 1+draw.IntN(totals[i]), 1+draw.IntN(totals[i])
		d := world.Disturbances()[draw.IntN(len(world.Disturbances()))]
		kill, fault, disturbed, again := kills[draw.IntN(len(kills))], faults[draw.IntN(len(faults))], draw.IntN(2) == 0, draw.IntN(2) == 0
		synctest.Test(t, func(t *testing.T) {
			n := newNight(all[i])
			_ = n.drive(func(p world.Point) world.Fault { // it was killed
				if p.Number != first {
					return world.NoFault
				}
				if disturbed {
					d.Do(n.world, first)
				}
				return kill
			})
			if disturbed {
				n.world.Settle(time.Minute)
			}
			err := n.carriedOn(second, fault, again)
			if err != nil {
				report(t, n, fmt.Errorf("seed %d, case %d: %s at %d (%s: %t), then %s at %d, then from a server again: %t: %w",
					seed, count, kill, first, d.Name, disturbed, fault, second, again, err))
			}
			cases.add(n)
		})
	}
}

// carriedOn takes the run over, in a drive in which something goes wrong, and goes on until it is over.
func (n *night) carriedOn(at int, fault world.Fault, again bool) error {
	any, _ := n.takenOver(at, func(p world.Point) world.Fault { // whatever it ended with, the next goes on
		if p.Number == at {
			return fault
		}
		return world.NoFault
	})
	if !any {
		return n.untouched()
	}
	n.world.Settle(time.Minute)
	if taken := len(n.status().Groups) > 0; again || !taken { // else its journal holds nothing
		if any, err := n.takenOver(at+1, nil); err != nil {
			return fmt.Errorf("taking over: %w", err)
		} else if !any {
			return n.untouched()
		}
	}
	return errors.Join(n.finish(), n.sound())
}

// takeOver carries the play's run on by a server's marker, with an empty journal.
func (p *play) takeOver(server string) (journal.Status, error) {
	p.log = &world.Log{}
	driver, d := p.begin()
	ctx, cancel := driver.Life()
	defer cancel()
	h, err := orchestrator.Inherit(ctx, driver, server, p.dead)
	if err != nil {
		return d.Status(), err
	}
	err = d.TakeOver(ctx, journal.Begun{Command: "resume"}, h)
	return d.Status(), err
}

// killed ends the first drive as a step begins.
func (p *play) killed(step string) {
	p.t.Helper()
	p.at = func(at world.Point) world.Fault {
		if at.Kind == "do" && at.What == step+"/1" {
			return world.KillAfter
		}
		return world.NoFault
	}
	if _, err := p.upgrade(); err == nil {
		p.t.Fatalf("there was no %s", step)
	}
	p.at = nil
}

// TestTheFirstDriverWakesUp: suspended before one of its effects, it finds that another machine has ended its run, and acts no more.
func TestTheFirstDriverWakesUp(t *testing.T) {
	for _, before := range []string{"fence-k2", "stop-k3", "dump-k2-db1", "install-k1", "prove-k2-db1", "migrate-k1-db1", "unfence-k1", "start-k1", "install-k3", "unfence-k2", "start-k3", "release-k2"} {
		t.Run(before, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				s := &sleeper{before: "do " + before + "/1", asleep: make(chan struct{}), wake: make(chan struct{})}
				p.at = s.at
				ended := make(chan error, 1)
				go func() {
					_, err := p.upgrade()
					ended <- err
				}()
				<-s.asleep
				passes(10 * time.Minute)
				p.happens("a lost lock connection", 0)
				p.at = nil
				status, err := p.takeOver("k2")
				for _, g := range status.Groups {
					if err != nil || !g.State.Over() {
						t.Fatalf("state %s, %v: %+v", g.State, err, g.Problem)
					}
				}
				onTarget := status.State == journal.Done
				if stopped := before != "fence-k2" && before != "stop-k3"; stopped && !onTarget {
					t.Errorf("it ended %s", status.State)
				}
				p.serves(onTarget)
				close(s.wake)
				if err := <-ended; !errors.Is(err, orchestrator.ErrSuperseded) {
					t.Errorf("the first drive ended with %v", err)
				}
				p.serves(onTarget)
			})
		})
	}
}

// TestTwoTakeOverAtOnce: where no lock keeps them apart, the markers let one act and not the other, or neither; the run can be
// carried on from there.
func TestTwoTakeOverAtOnce(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.killed("install-k1")
		ended := make(chan error, 2)
		for i, server := range []string{"k1", "k3"} {
			driver := p.world.Drive(fmt.Sprint("machine ", i), &world.Log{})
			d := &orchestrator.Drive{Run: "run", Driver: fmt.Sprint("machine ", i), Log: driver, World: driver, Actor: driver, Operator: p}
			go func() {
				h, err := orchestrator.Inherit(context.Background(), driver, server, nil)
				if err == nil {
					err = d.TakeOver(context.Background(), journal.Begun{Command: "resume"}, h)
				}
				ended <- err
			}()
		}
		if first, second := <-ended, <-ended; !errors.Is(first, orchestrator.ErrSuperseded) && !errors.Is(second, orchestrator.ErrSuperseded) {
			t.Errorf("both went on: %v, %v", first, second)
		}
		p.sound()
		status, err := p.takeOver("k2")
		if errors.Is(err, orchestrator.ErrNoMarker) {
			p.serves(true) // one of them has ended it
			return
		}
		p.must(journal.Done, status, err)
		p.serves(true)
	})
}

// TestTornMigrationIsRestoredFromAnotherMachine: the backup that the first machine took is found and put back, after a yes.
func TestTornMigrationIsRestoredFromAnotherMachine(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.tear()
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.on = nil
		s, err = p.takeOver("k3")
		p.must(journal.Done, s, err)
		if !slices.Contains(p.asked, orchestrator.AskRestore) {
			t.Error("the backup was restored without a word")
		}
		p.serves(true)
	})
}

// TestAServerThatCannotBeAsked: what it would tell may decide, so nothing is done without it, unless it is declared dead; the canary
// too, and with it the jobs that it would have told of.
func TestAServerThatCannotBeAsked(t *testing.T) {
	for _, step := range []string{"dump-k2-db1", "install-k1", "migrate-k1-db1", "start-k1", "install-k3"} {
		for number, dead := range []string{"k1", "k2", "k3"} {
			t.Run(step+", "+dead, func(t *testing.T) {
				acted(t, three(), func(p *play) {
					p.killed(step)
					p.world.Settle(time.Minute)
					p.world.Die(number)
					from := p.world.Names()[(number+1)%3]
					if _, err := p.takeOver(from); !errors.Is(err, orchestrator.ErrUnasked) || !strings.Contains(err.Error(), dead) {
						t.Fatalf("%v", err)
					}
					p.dead = []string{dead}
					s, err := p.takeOver(from)
					p.must(journal.Done, s, err)
					p.living(dead, true)
				})
			})
		}
	}
}

// TestWhatCannotBeToldHoldsStill: while the database does not say what schema it is at, nobody goes forward or back.
func TestWhatCannotBeToldHoldsStill(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.killed("install-k1")
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "look" && strings.HasPrefix(at.What, "migration ") {
				return world.Fails
			}
			return world.NoFault
		}
		s, err := p.takeOver("k2")
		if g := p.must(journal.Halted, s, err); !strings.Contains(g.Problem.What, "cannot be told") || !g.PastReturn {
			t.Errorf("past the point of no return %t, problem %+v", g.PastReturn, g.Problem)
		}
		p.at = nil
		s, err = p.resume()
		p.must(journal.Done, s, err)
		p.serves(true)
	})
}

func TestAServerWithoutAMarkerTellsNothing(t *testing.T) {
	acted(t, three(), func(p *play) {
		if _, err := p.takeOver("k2"); !errors.Is(err, orchestrator.ErrNoMarker) {
			t.Errorf("%v", err)
		}
		p.serves(false)
	})
}

// TestNoPasswordIsLeftOnTheServers: the plan that a marker holds is for everybody who may read the marker.
func TestNoPasswordIsLeftOnTheServers(t *testing.T) {
	const secret = "correct horse"
	facts := surveyed(t, three())
	for i := range facts.Servers {
		for j, c := range facts.Servers[i].Configs {
			text := strings.ReplaceAll(string(c.Text), `"password": "model"`, `"password": "`+secret+`"`)
			parsed, err := kea.ReadConfig(c.Path, []byte(text), nil)
			if err != nil || !strings.Contains(text, secret) {
				t.Fatalf("%v: %s", err, text)
			}
			c.Text, c.Parsed, c.Digest = []byte(text), parsed, orchestrator.Digest([]byte(text))
			facts.Servers[i].Configs[j] = c
		}
	}
	plan, err := json.Marshal(orchestrator.Make(facts, version(t, "3.0.3"), usual()))
	if err != nil || strings.Contains(string(plan), secret) || !strings.Contains(string(plan), `"diff"`) {
		t.Errorf("%v: %s", err, plan)
	}
}

// TestWhoeverIsTakenOverBeginsNothingMore: from the moment at which the servers are asked how far the run got, the answer holds.
func TestWhoeverIsTakenOverBeginsNothingMore(t *testing.T) {
	acted(t, three(), func(p *play) {
		s := &sleeper{before: "do migrate-k1-db1/1", asleep: make(chan struct{}), wake: make(chan struct{})}
		p.at = s.at
		ended := make(chan error, 1)
		go func() {
			_, err := p.upgrade()
			ended <- err
		}()
		<-s.asleep
		passes(10 * time.Minute)
		p.happens("a lost lock connection", 0)
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "append" && strings.HasPrefix(at.What, "found") {
				close(s.wake)
				if err := <-ended; !errors.Is(err, orchestrator.ErrSuperseded) || p.world.Started("run", "migrate-k1-db1") > 0 {
					t.Errorf("the first drive ended with %v, and had begun %d migrations", err, p.world.Started("run", "migrate-k1-db1"))
				}
			}
			return world.NoFault
		}
		status, err := p.takeOver("k2")
		p.must(journal.Done, status, err)
		p.serves(true)
	})
}

// TestTheBackupIsOfTheDatabaseAsItIs: nobody can tell whether the dump of a driver that died is, before the point of no return.
func TestTheBackupIsOfTheDatabaseAsItIs(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.killed("dump-k2-db1")
		p.world.Settle(time.Minute)
		p.happens("a write to the database", 0)
		s, err := p.takeOver("k2")
		p.must(journal.Done, s, err)
		if count := p.world.Started("run", "dump-k2-db1"); count != 2 {
			t.Errorf("dumped %d times", count)
		}
		p.serves(true)
	})
}

// TestOnTheWayBackAnotherMachineGoesBack: what serves the old state again is not stopped once more.
func TestOnTheWayBackAnotherMachineGoesBack(t *testing.T) {
	for _, step := range []string{"old-install-k1", "old-unfence-k2", "old-start-k1"} {
		t.Run(step, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.no[orchestrator.AskReturn] = true
				p.killed(step)
				s, err := p.takeOver("k3")
				p.must(journal.BackedOut, s, err)
				p.serves(false)
			})
		})
	}
}

// TestInTheStopAnotherMachineGoesBack: whether servers were to be stopped or let go, they serve the old state.
func TestInTheStopAnotherMachineGoesBack(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && at.What == "fence-k2/1" {
				return world.KillBefore
			}
			return world.NoFault
		}
		if _, err := p.upgrade(); err == nil {
			t.Fatal("it was not killed")
		}
		p.at = nil
		s, err := p.takeOver("k1")
		p.must(journal.BackedOut, s, err)
		p.serves(false)
	})
}

// TestTornAndItsCanaryLost: the second copy of the dump lies on another server, and is found there.
func TestTornAndItsCanaryLost(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.at = func(at world.Point) world.Fault {
			if at.Kind != "do" || at.What != "migrate-k1-db1/1" {
				return world.NoFault
			}
			go func() {
				passes(2 * time.Second)
				p.world.Die(0)
			}()
			return world.KillAmid
		}
		if _, err := p.upgrade(); err == nil {
			t.Fatal("it was not killed")
		}
		passes(3 * time.Second)
		p.at, p.dead = nil, []string{"k1"}
		s, err := p.takeOver("k2")
		p.must(journal.Done, s, err)
		if !slices.Contains(p.asked, orchestrator.AskRestore) {
			t.Errorf("asked %v", p.asked)
		}
		p.living("k1", true)
	})
}

// TestTwoRunsOnOneFleet: a server of the run that another run holds by now.
func TestTwoRunsOnOneFleet(t *testing.T) {
	acted(t, three(), func(p *play) {
		driver := p.world.Drive("somebody", &world.Log{})
		plan, err := p.plan(context.Background(), driver, "")
		if err != nil {
			t.Fatal(err)
		}
		for server, run := range map[string]string{"k1": "run", "k3": "other"} {
			order := orchestrator.Order{Step: orchestrator.Step{Kind: orchestrator.KindClaim, Server: server}, Run: run, Epoch: 1, Plan: &plan}
			if _, err := driver.Do(context.Background(), order); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.takeOver("k1"); !errors.Is(err, orchestrator.ErrAnotherRun) || !strings.Contains(err.Error(), "k3") {
			t.Errorf("%v", err)
		}
	})
}

// TestARollbackIsCarriedOnFromAnotherMachine kills the driver of a rollback before and after every effect and write of its journal, and
// carries the run on from another machine: it stays on the way back, unless no server knew of it yet.
func TestARollbackIsCarriedOnFromAnotherMachine(t *testing.T) {
	cases := counted(t, "kills, each carried on from a server")
	for _, s := range moving() {
		for _, h := range halts() {
			t.Run(s.name+", "+h.name, func(t *testing.T) {
				t.Parallel()
				for i, at := range thinned(rollbackPoints(t, s, h), *every, changes) {
					for _, fault := range []world.Fault{world.KillBefore, world.KillAmid, world.KillAfter} {
						synctest.Test(t, func(t *testing.T) {
							n, err := rollbackGoesOver(s, h, at, fault, i%s.spec.Servers)
							if err != nil {
								report(t, n, fmt.Errorf("%s point %d, then from server %d: %w", fault, at, i%s.spec.Servers+1, err))
							}
							cases.add(n)
						})
					}
				}
			})
		}
	}
	t.Cleanup(func() {
		if cases.ends[string(journal.RolledBack)] == 0 {
			t.Error("none was carried on")
		}
	})
}

func rollbackGoesOver(s scenario, h halt, at int, fault world.Fault, server int) (*night, error) {
	n, err := halted(s, h)
	if err != nil {
		return n, err
	}
	var struck string
	_ = n.drive(func(p world.Point) world.Fault { // it was killed
		if p.Number != at {
			return world.NoFault
		}
		struck = fmt.Sprintf("--- %s %s %s", fault, p.Kind, p.What)
		return fault
	})
	n.ran = append(n.ran, struck)
	n.back = false
	any, err := n.takenOver(server, nil)
	switch {
	case err != nil:
		return n, fmt.Errorf("taking over: %w", err)
	case !any:
		return n, n.untouched()
	}
	for i := 0; !n.over(); i++ {
		n.world.Settle(time.Minute)
		if i == 6 {
			return n, fmt.Errorf("no end after %d drives: %+v", n.drives, n.status().Groups)
		}
		if err := n.drive(nil); err != nil {
			return n, fmt.Errorf("drive %d: %w", n.drives, err)
		}
	}
	return n, n.sound()
}
