package orchestrator_test

import (
	"strings"
	"testing"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// commanded is a fleet of three whose database the operator's own command backs up.
func commanded(t *testing.T, do func(p *play)) {
	t.Helper()
	acted(t, three(), func(p *play) {
		p.opts.Backup, p.opts.Command, p.opts.Restore = "command", []string{world.Snapshot, "take"}, []string{world.Snapshot, "put back"}
		do(p)
	})
}

// TestABackupByCommandIsShownAsNotProved: what the command said stands in the question of the point of no return and in the status, and nobody
// calls it proved.
func TestABackupByCommandIsShownAsNotProved(t *testing.T) {
	commanded(t, func(p *play) {
		var saw []string
		p.once(within(orchestrator.Migrate), func() { saw = p.question.Saw })
		s, err := p.upgrade()
		p.must(journal.Done, s, err)
		if len(s.Backups) != 1 || s.Backups[0].Proved != "" || s.Backups[0].Name == "" || !strings.HasPrefix(s.Backups[0].Said, "kept ") {
			t.Errorf("the status says %+v", s.Backups)
		}
		if text := strings.Join(saw, "\n"); !strings.Contains(text, "by the operator's command on k1  not proved; it said: kept ") {
			t.Errorf("the question says %q", saw)
		}
		if p.world.Started("run", "prove-k1-db1")+p.world.Started("run", "dump-k2-db1") > 0 || p.world.Started("run", "dump-k1-db1") != 1 {
			t.Error("it is backed up in another way, or more than once")
		}
	})
}

// TestABackupByCommandOutlivesItsServer: what the command keeps is not on the canary, so another server restores it.
func TestABackupByCommandOutlivesItsServer(t *testing.T) { commanded(t, outlives) }

// outlives wants k2 to restore a backup once k1, which made it, is lost.
func outlives(p *play) {
	p.tear()
	s, err := p.upgrade()
	p.must(journal.Halted, s, err)
	p.on = nil
	p.world.Die(0)
	p.dead = []string{"k1"}
	s, err = p.rollback()
	p.must(journal.RolledBack, s, err)
	if p.world.Started("run", "old-restore-k2-db1") != 1 {
		p.t.Error("k2 did not restore it")
	}
}

// TestARestoreByCommandThatDoesNothing: the database is asked, whatever the command said.
func TestARestoreByCommandThatDoesNothing(t *testing.T) {
	commanded(t, func(p *play) {
		p.tear()
		s, err := p.upgrade()
		p.must(journal.Halted, s, err)
		p.on = nil
		p.at = func(at world.Point) world.Fault {
			if at.Kind == "do" && strings.HasPrefix(at.What, "old-restore-k1-db1/") {
				return world.FalseDone
			}
			return world.NoFault
		}
		s, err = p.rollback()
		g := p.must(journal.Halted, s, err)
		if !g.RollingBack || !strings.Contains(g.Problem.What+g.Problem.Why, "torn") {
			t.Errorf("it says %+v", g.Problem)
		}
		p.at = nil
		s, err = p.rollback()
		p.must(journal.RolledBack, s, err)
		p.serves(false)
	})
}
