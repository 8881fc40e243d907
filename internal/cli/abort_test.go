package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kea-lockstep/internal/world"
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
