package orchestrator_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// TestTheBackupOutlivesSomebodysOwnMigration: somebody's kea-admin moves the schema, whole or torn, once the run has its backup. That backup stays
// what the run goes back over, whatever it does meanwhile.
func TestTheBackupOutlivesSomebodysOwnMigration(t *testing.T) {
	for _, torn := range []bool{false, true} {
		for _, resumes := range []bool{false, true} {
			t.Run(map[bool]string{false: "moved", true: "torn"}[torn]+map[bool]string{false: "", true: ", resumed"}[resumes], func(t *testing.T) {
				acted(t, three(), func(p *play) {
					p.no[orchestrator.AskReturn] = true
					p.once(gateAsked(orchestrator.GateReturn), func() {
						p.happens("a kea-admin by hand", 0)
						if torn {
							go func() {
								passes(world.AsSeen().Admin + world.AsSeen().Migrate/16)
								p.world.Die(0)
								p.world.Return(0)
							}()
						}
					})
					s, err := p.upgrade()
					g := p.must(journal.Halted, s, err)
					if !g.PastReturn {
						t.Errorf("the schema is not the old one any more, and it says: before the point of no return: %+v", g.Problem)
					}
					if now := s.Bases[0]; !torn && now.After == now.Before {
						t.Errorf("the status says %+v", now)
					}
					if resumes {
						p.no[orchestrator.AskRestore], p.no[orchestrator.AskReturn] = torn, false
						p.fails("install-k3")
						s, err = p.resume()
						p.must(journal.Halted, s, err)
						p.at = nil
					}
					if n := p.times(journal.StepBegun, "dump-k2-db1"); n != 1 {
						t.Errorf("the database was dumped %d times", n)
					}
					s, err = p.rollback()
					p.must(journal.RolledBack, s, err)
					p.serves(false)
				})
			})
		}
	}
}

// TestSomebodyMigratesBeforeTheBackup: what is dumped then is no way back, so nothing is. The target is what is left.
func TestSomebodyMigratesBeforeTheBackup(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskBack] = true
		p.fails("dump-k2-db1")
		p.once(phaseDone(orchestrator.UpgradeCanary), func() { p.happens("a kea-admin by hand", 0) })
		fails := p.at
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && at.What == "dump-k3-db1/1" {
				return world.Fails
			}
			return fails(at)
		}
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.at, p.on = nil, nil
		p.world.Settle(10 * world.AsSeen().Install)
		p.happens("a kea-admin by hand", 0)
		p.world.Settle(10 * world.AsSeen().Install)
		s, err = p.rollback()
		if g := p.must(journal.Halted, s, err); g.RollingBack || !strings.Contains(g.Problem.What, "no server that is left holds a backup") {
			t.Errorf("rolling back %t: %+v", g.RollingBack, g.Problem)
		}
		s, err = p.resume()
		p.must(journal.Done, s, err)
		if len(s.Backups) > 0 {
			t.Errorf("a dump of what somebody migrated counts as a backup: %+v", s.Backups)
		}
		p.serves(true)
	})
}

func gateAsked(name orchestrator.GateName) func(journal.Event) bool {
	return func(e journal.Event) bool {
		var a journal.Asking
		return e.Type == journal.GateAsked && e.Read(&a) == nil && a.Gate == string(name)
	}
}

// TestAMigrationThatIsFoundDoneIsOne: somebody's kea-admin is done between the gate and the migration. What comes then is after the point of no
// return, and what the target served before a rollback wants the word.
func TestAMigrationThatIsFoundDoneIsOne(t *testing.T) {
	acted(t, three(), func(p *play) {
		p.no[orchestrator.AskReturn], p.no[orchestrator.AskBack] = true, true
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		clear(p.no)
		var once sync.Once
		var begun atomic.Bool
		p.on = func(e journal.Event) {
			if phaseBegun(orchestrator.Migrate)(e) {
				begun.Store(true)
			}
		}
		p.at = func(at world.Point) world.Fault {
			switch {
			case at.Kind == "look" && at.What == "migration kea1" && begun.Load():
				once.Do(func() {
					p.happens("a kea-admin by hand", 0)
					passes(10 * time.Second)
				})
			case at.Kind == "do" && strings.HasPrefix(at.What, "install-k3/"):
				return world.Fails
			}
			return world.NoFault
		}
		s, err = p.resume()
		if g := p.must(journal.Halted, s, err); !g.PastReturn || !g.Served {
			t.Errorf("past the point of no return %t, served %t", g.PastReturn, g.Served)
		}
		if n := p.world.Started("run", "migrate-k1-db1"); n != 0 {
			t.Errorf("%d migrations of ours: this is no test of a migration that is found", n)
		}
		p.at, p.on = nil, nil
		s, err = p.rollback()
		p.must(journal.RolledBack, s, err)
		if p.question.Word != "rollback" || !p.question.Typed {
			t.Errorf("it asked %+v", p.question)
		}
		p.serves(false)
	})
}
