package orchestrator_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// parts lets the connection break whenever an order is given: its job goes on, and nobody waits for it.
func (p *play) parts(order string) { p.meets(order, world.Parts) }

// TestAJobThatNobodyWaitsForIsNotBegunAgain: the drive gave it up, for its server was away. It runs still, and the next drive waits for it.
func TestAJobThatNobodyWaitsForIsNotBegunAgain(t *testing.T) {
	for _, order := range []string{"install-k1", "install-k3", "migrate-k1-db1"} {
		t.Run(order, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.world.KeaAdminTakes(15 * time.Second)
				p.no[orchestrator.AskBack] = true
				p.parts(order)
				s, err := p.upgrade()
				p.must(journal.Halted, s, err)
				p.at = nil
				s, err = p.resume()
				p.must(journal.Done, s, err)
				if n := p.world.Started("run", order); n != 1 {
					t.Errorf("it was started %d times", n)
				}
				p.serves(true)
			})
		})
	}
}

// TestAJobThatRunsIsFoundAgain: it outlives the driver that started it, and is neither started beside itself nor, once it has ended,
// anew. A proof is: its dump is taken again. A migration that has changed nothing yet is past the point of no return.
func TestAJobThatRunsIsFoundAgain(t *testing.T) {
	for _, c := range []struct {
		step     string
		admin    time.Duration // until kea-admin changes something
		most     int           // times that it is started
		mostDump int
	}{
		{"dump-k2-db1", time.Second, 1, 1},
		{"prove-k2-db1", time.Second, 2, 2},
		{"install-k1", time.Second, 1, 2},
		{"migrate-k1-db1", time.Second, 1, 1},
		{"migrate-k1-db1", 15 * time.Second, 1, 1},
		{"install-k3", time.Second, 1, 1},
	} {
		t.Run(fmt.Sprint(c.step, ", ", c.admin), func(t *testing.T) {
			acted(t, three(), func(p *play) {
				p.world.KeaAdminTakes(c.admin)
				p.at = func(at world.Point) world.Fault {
					if at.Kind == "do" && at.What == c.step+"/1" {
						return world.KillAmid
					}
					return world.NoFault
				}
				if _, err := p.upgrade(); err == nil {
					t.Fatal("it was not killed")
				}
				p.at = nil
				s, err := p.takeOver("k2")
				p.must(journal.Done, s, err)
				if count := p.world.Started("run", c.step); count > c.most {
					t.Errorf("it was started %d times", count)
				}
				if count := p.world.Started("run", "dump-k2-db1"); count > c.mostDump {
					t.Errorf("the backup was taken %d times", count)
				}
				p.serves(true)
			})
		})
	}
}

// TestNoWayBackBesideAMigrationThatRuns: nothing is changed yet, and it will be.
func TestNoWayBackBesideAMigrationThatRuns(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.world.KeaAdminTakes(15 * time.Second)
		p.parts("migrate-k1-db1")
		s, err := p.upgrade()
		if g := p.must(journal.Halted, s, err); !g.PastReturn || slices.Contains(p.asked, orchestrator.AskBack) {
			t.Errorf("past the point of no return %t, asked %v", g.PastReturn, p.asked)
		}
		p.at = nil
		s, err = p.rollback()
		p.must(journal.RolledBack, s, err)
		p.serves(false)
	})
}

// rollbackUntilKilled is a rollback that ends with its driver.
func (p *play) rollbackUntilKilled() (journal.Status, error) {
	driver, d := p.begin()
	ctx, cancel := driver.Life()
	defer cancel()
	err := d.Rollback(ctx, journal.Begun{Command: "rollback"})
	return d.Status(), err
}

// TestARestoreThatRunsIsWaitedFor, on the way back and on the way on, before a database is asked how far it is.
func TestARestoreThatRunsIsWaitedFor(t *testing.T) {
	for _, restore := range []string{"old-restore-k2-db1", "restore-k2-db1"} {
		t.Run(restore, func(t *testing.T) {
			acted(t, three(), func(p *play) {
				on := (*play).rollbackUntilKilled
				if restore == "restore-k2-db1" {
					on = (*play).resume
				}
				p.tear()
				s, err := p.upgrade()
				p.must(journal.Halted, s, err)
				p.on = nil
				p.world.DumpsTake(10 * time.Second)
				var killed atomic.Bool
				p.at = func(at world.Point) world.Fault {
					if at.Kind == "do" && at.What == restore+"/1" {
						killed.Store(true)
						return world.KillAmid
					}
					return world.NoFault
				}
				if _, err = on(p); err == nil || !killed.Load() {
					t.Fatalf("the drive ended with %v, killed %t", err, killed.Load())
				}
				spy := p.world.Drive("spy", &world.Log{})
				p.at = func(at world.Point) world.Fault {
					if at.Kind == "look" && at.What == "migration kea1" {
						if state, err := spy.Job(context.Background(), "k2", "run", restore, 1); err != nil || state == fleet.JobRunning {
							t.Errorf("the database is asked how far it is while its restore is %s (%v)", state, err)
						}
					}
					return world.NoFault
				}
				s, err = on(p)
				want := map[bool]journal.State{true: journal.Done, false: journal.RolledBack}[restore == "restore-k2-db1"]
				p.must(want, s, err)
				p.serves(want == journal.Done)
			})
		})
	}
}
