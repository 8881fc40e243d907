//go:build lab

package dbcheck

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

var kills = flag.Int("kills", 12, "how often TestKilledMigration kills kea-admin")

// kea-admin is killed at random moments of a migration, and what Classify then
// says is held against what happens: what may go on ends whole with the same
// rows as an undisturbed run, and what is done is whole. Torn is allowed to be
// too careful; how often it was is logged.
func TestKilledMigration(t *testing.T) {
	both(t, func(t *testing.T, s *server) { testKilled(t, s, newest) })
}

func testKilled(t *testing.T, s *server, w history) {
	old, young := newKea(t, w.made), newKea(t, w.by)
	refs, err := LoadReferences()
	if err != nil {
		t.Fatal(err)
	}
	old.init(t, s, "kea")
	s.feed(t, "kea", w.rows(s))
	s.in(t, "kea", "CREATE TABLE my_notes (a INT)", "CREATE INDEX mine ON lease4 (hostname)")
	before, again := s.look(t, "kea"), s.saved(t, "kea")
	target := young.last(t, s)

	began := time.Now()
	if out, err := young.admin(s, "db-upgrade", "kea").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	takes := time.Since(began)
	whole, sums := s.look(t, "kea"), s.sums(t, "kea")
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d; undisturbed it takes %v", seed, takes)
	for i := range *kills {
		database := fmt.Sprintf("killed_%d", i)
		again(database)
		// The first quarter is kea-admin skipping old steps.
		after := takes/4 + time.Duration(random.Int64N(int64(takes*3/4)))
		killAfter(t, young.admin(s, "db-upgrade", database), after)
		got := refs.Classify(Migration{Engine: s.engine, Before: before, Target: target, Now: s.settled(t, database)})
		out, err := young.admin(s, "db-upgrade", database).CombinedOutput()
		end := s.look(t, database)
		differs := Compare(end.Structure, whole.Structure)
		ends := err == nil && end.Version == target && len(differs) == 0 && fmt.Sprint(s.sums(t, database)) == fmt.Sprint(sums)
		t.Logf("killed after %v: %v at %v; run again ends whole: %v (%s)", after.Round(time.Millisecond), got.State, got.At, ends, got.Saw)
		if (got.State.MayGoOn() || got.State == Done) && !ends {
			t.Errorf("%v at %v, and running again: %v, %v, %v\n%s", got.State, got.At, err, end.Version, differs, out)
		}
		if got.State == CannotTell {
			t.Errorf("cannot tell: %s", got.Saw)
		}
		s.exec(t, "DROP DATABASE "+s.quote(database))
	}
}

// killAfter kills the command's whole process group, as a power cut would.
func killAfter(t *testing.T, cmd *exec.Cmd, after time.Duration) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(after)
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
}

// settled waits until the server has ended the killed client's sessions.
func (s *server) settled(t *testing.T, database string) Snapshot {
	t.Helper()
	d := s.open(t, s.target(database, "root", ""))
	defer d.Close()
	for deadline := time.Now().Add(20 * time.Second); ; {
		list, _, err := d.Sessions(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%v %v", list, err)
		}
		others := 0
		for _, one := range list {
			if one.Client() && !one.Own && one.Database == database {
				others++
			}
		}
		if others == 0 {
			return s.look(t, database)
		}
	}
}
