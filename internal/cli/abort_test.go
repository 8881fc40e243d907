package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator/journal"
)

// The driver ended between the intent to migrate and the migration. What the journal says is not what is: the fleet is asked.
func TestAnIntentToMigrateCanBeAborted(t *testing.T) {
	for _, migrated := range []bool{false, true} {
		b := newBench(t, 3)
		interrupt := b.interruptAt("migrate-k1-db1/", 2)
		b.at = func(p world.Point) world.Fault {
			fault := interrupt(p)
			if !migrated && p.Kind == "do" && strings.HasPrefix(p.What, "migrate-k1-db1/") {
				return world.Fails
			}
			return fault
		}
		b.expect(codeHaltedPast, "upgrade --to 3.0.3 --yes")
		b.at = nil
		if migrated {
			holds(t, b.expect(codeHaltedPast, "abort --yes").talk, "past the point of no return: the old Kea would run against a newer schema", "rollback")
			continue
		}
		b.expect(codeBackedOut, "abort --yes")
		b.atRest(false)
	}
}

// TestARequestThatNobodyHeardIsGone: a drive that is begun later was not asked to back out.
func TestARequestThatNobodyHeardIsGone(t *testing.T) {
	b := newBench(t, 3)
	b.at = b.interruptAt("install-k1/", 1)
	b.expect(codeHalted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	request := filepath.Join("state", "runs", b.newestRun()+".abort")
	b.write(request, "")
	b.expect(codeDone, "resume --yes")
	b.atRest(true)
	if _, err := os.Stat(b.path(request)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the request stands still: %v", err)
	}
}

// The process that was asked ended before it heard. Who asked does it then.
func TestAnAbortThatTheDriverDidNotHear(t *testing.T) {
	b := newBench(t, 2)
	b.at = b.interruptAt("install-k1/", 1)
	b.expect(codeHalted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	driver := journal.NewFiles(b.path("state/runs"))
	begun := journal.Event{Type: journal.DriveBegun, Run: b.newestRun(), Epoch: 2, Time: time.Now().UTC()}
	if err := driver.Append(t.Context(), begun.With(journal.Begun{Command: "resume", Driver: "operator@desk process 9"})); err != nil {
		t.Fatal(err)
	}
	talk, ended := &screen{}, make(chan result, 1)
	go func() { ended <- b.called("abort --yes", talk) }()
	b.await(func() bool {
		return strings.Contains(talk.String(), "waiting until operator@desk process 9 has backed out")
	})
	if err := driver.Close(); err != nil {
		t.Fatal(err)
	}
	r := <-ended
	if r.code != int(codeBackedOut) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "is interrupted, and is backed out from here", "backed-out")
	b.atRest(false)
}
