package orchestrator_test

import (
	"strings"
	"testing"

	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// copied is a fleet of three whose database is copied within its own server.
func copied(t *testing.T, do func(p *play)) {
	t.Helper()
	acted(t, three(), func(p *play) {
		p.opts.Backup = "copy"
		do(p)
	})
}

// TestACopyIsMadeOnceAndProved: no server dumps, the status names the copy with the statement that drops it, and so does the question of the
// point of no return.
func TestACopyIsMadeOnceAndProved(t *testing.T) {
	copied(t, func(p *play) {
		var saw []string
		p.once(within(orchestrator.Migrate), func() { saw = p.question.Saw })
		s, err := p.upgrade()
		p.must(journal.Done, s, err)
		if len(s.Backups) != 1 || s.Backups[0].Proved == "" || !strings.HasPrefix(s.Backups[0].Copy, "kea_lockstep_copy_run_") || s.Backups[0].Drop != "DROP DATABASE "+s.Backups[0].Copy {
			t.Errorf("the status says %+v", s.Backups)
		}
		if text := strings.Join(saw, "\n"); !strings.Contains(text, "within its database server (DROP DATABASE kea_lockstep_copy_run_") || !strings.Contains(text, "restored and compared") {
			t.Errorf("the question says %q", saw)
		}
		if p.world.Started("run", "dump-k2-db1") > 0 || p.world.Started("run", "dump-k1-db1") != 1 || p.world.Started("run", "prove-k1-db1") != 1 {
			t.Error("it is copied or proved in another way, or more than once")
		}
	})
}

// TestACopyOutlivesTheServerThatMadeIt: it is in the database server, so another restores it.
func TestACopyOutlivesTheServerThatMadeIt(t *testing.T) { copied(t, outlives) }

// TestACopyThatIsGoneIsNoWayBack: nothing is emptied for what is not there; the run halts and says so.
func TestACopyThatIsGoneIsNoWayBack(t *testing.T) {
	copied(t, func(p *play) {
		p.tear()
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.on = nil
		p.world.DropCopies()
		s, err = p.rollback()
		g := p.must(journal.Halted, s, err)
		if !g.RollingBack || !strings.Contains(g.Problem.What+g.Problem.Why, "beside:kea_lockstep_copy_run_") {
			t.Errorf("it says %+v", g.Problem)
		}
	})
}

// TestACopyIsNoScratchDatabase: what cleans up after rehearsals leaves a run's copy alone.
func TestACopyIsNoScratchDatabase(t *testing.T) {
	name := orchestrator.BesideName("20260101T000000Z-Ab", "mysql:x/kea")
	if small, ours := orchestrator.CopyOf(name, "mysql:x/kea"); ours {
		t.Errorf("%s is taken for a copy of the rehearsal %s", name, small)
	}
	if name != strings.ToLower(name) || len(name) > 63 {
		t.Errorf("no engine takes %s", name)
	}
}
