//go:build lab

package product_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"kea-lockstep/lab/product"
)

// TestRollback halts an upgrade after the point of no return and takes it back: the old software, configuration and schema, every
// lease of the backup, and at no moment an old Kea at the newer schema or a new one at the older. While the backup is
// restored the witness cannot read a schema.
func TestRollback(t *testing.T) {
	faults(t, []fault{
		{name: "of a migration that was killed", often: true, at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			says: []string{"kea-lockstep resume", "kea-lockstep rollback"}, on: []way{rollback()}, blind: true},
		{name: "of a migration that was killed, and is not taken back", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			says: []string{"kea-lockstep resume", "kea-lockstep rollback"}, on: []way{resume()}, blind: true},
		{name: "once the canary serves", often: true, at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5},
			mend: func(s *struck) {
				leased(s)
				wantsTheWord(s)
			}, on: []way{typedRollback("lost: 3 leases")}, last: kept, blind: true},
		{name: "once k3 could not be upgraded", often: true, at: begins("migrate-k1-db1"), strike: otherPackages("k3"), codes: []int{5},
			says: []string{"k3", "k2  Kea 3.0.3, serves"}, on: []way{typedRollback()}, last: kept, blind: true},
		{name: "killed as it restores", often: true, at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			mend: killedRollback("old-restore-k2-db1"), on: []way{rollback()}, blind: true},
		{name: "killed as it installs, and carried on by resume", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			mend: killedRollback("old-install-k1"), on: []way{{args: []string{"resume", "--yes"}, codes: []int{7}, says: []string{"is being rolled back"}}}, blind: true},
		{name: "k2 without power as it restores", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5}, blind: true,
			next: struckRollback("old-restore-k2-db1", off("k2", 3*time.Second, stopped)), on: []way{resume(5, 7), resume(7)}},
		{name: "k2 cut off as it restores", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5}, blind: true,
			next: struckRollback("old-restore-k2-db1", cut("k2", 15*time.Second)), on: []way{resume(5, 7), resume(7)}},
		{name: "the database restarted as it restores", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5}, blind: true,
			next: struckRollback("old-restore-k2-db1", restarted), on: []way{resume(5, 7), resume(7)}},
		{name: "k1 without power as it gets its old packages", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5}, blind: true, again: []string{"k1"},
			next: struckRollback("old-install-k1", unpacking("k1", off("k1", 3*time.Second, stopped))), on: []way{resume(5, 7), resume(7)}},
		// As it reads the dump: what was there is gone by then, or about to be.
		{name: "the restore itself killed", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5}, blind: true,
			next: struckRollback("old-restore-k2-db1", killsRestore("k2", "zstd", "gzip")), on: []way{resume(5, 7), resume(7)}},
		{name: "as k3 is stopped", at: begins("stop-k3"), strike: signals(os.Interrupt), codes: []int{4}, on: []way{rollback()}},
		{name: "in the dump", at: begins("dump-k2-db1"), strike: signals(os.Interrupt), codes: []int{4}, on: []way{rollback()}},
		{name: "as the schema is verified", at: begins("verify-k1-db1"), strike: signals(os.Interrupt), codes: []int{5}, on: []way{rollback()}, last: kept, blind: true},
		{name: "as the canary is started", at: begins("start-k1"), strike: signals(os.Interrupt), codes: []int{5}, on: []way{typedRollback()}, last: kept, blind: true},
		{name: "in the package upgrade of the rest", at: begins("install-k3"), strike: signals(os.Interrupt), codes: []int{5}, on: []way{typedRollback()}, last: kept, blind: true},
		{name: "as the rest are started", at: begins("start-k3"), strike: signals(os.Interrupt), codes: []int{5}, on: []way{typedRollback()}, last: kept, blind: true},
		{name: "as the rest are confirmed", at: begins("confirm-k3"), strike: signals(os.Interrupt), codes: []int{5}, on: []way{typedRollback()}, last: kept, blind: true},
		{name: "before the point of no return", at: begins("install-k1"), strike: signals(os.Interrupt), codes: []int{4}, on: []way{rollback()}},
		{name: "without the canary, which is lost", at: begins("migrate-k1-db1"),
			strike: migrating(func(s *struck) { s.no(s.fleet.PowerCut(s.Context(), "k1")) }), codes: []int{5},
			on: []way{
				{args: []string{"rollback", "--yes"}, codes: []int{5}, says: []string{"k1"}},
				{args: []string{"rollback", "--yes", "--declare-dead", "k1"}, codes: []int{7}, typed: [][2]string{{"type k1 to go on", "k1"}},
					says: []string{"k1 was declared dead", "Kea 2.6.3 and its old configuration"}},
			}, last: returns("k1", toOld), blind: true},
	})
}

// struckRollback is a rollback that something strikes as a step of it begins.
func struckRollback(step string, strike func(*struck)) *fault {
	return &fault{args: []string{"rollback", "--yes"}, at: begins(step), strike: strike, codes: []int{5, 7}}
}

func rollback() way {
	return way{args: []string{"rollback", "--yes"}, codes: []int{7}, says: []string{"the old state serves again"}}
}

// typedRollback is a rollback after a Kea of the target has served.
func typedRollback(says ...string) way {
	return way{
		args: []string{"rollback", "--yes"}, codes: []int{7}, typed: [][2]string{{"type rollback to go on, or n:", "rollback"}},
		says: append(says, "back to", "kept k2:", "the old state serves again"),
	}
}

// leased lets three clients have leases of the canary: a rollback takes them away, and says so.
func leased(s *struck) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	s.no(s.witness.AwaitOffers(ctx, "k1"))
	s.no(s.witness.Lease(ctx, "k1", 3))
}

// wantsTheWord tries a rollback without anybody who could type.
func wantsTheWord(s *struck) {
	s.runs(way{args: []string{"rollback", "--yes"}, codes: []int{3}, says: []string{"may have served", "nothing was changed"}})
}

// killMigration kills kea-admin and everything that it started.
func killMigration(s *struck) {
	s.must("k1", `if [ ! -d /run/openrc ]; then
	systemctl kill --signal=KILL 'kea-lockstep-*-migrate-k1-db1-*.service'
else # by the session that the job leads
	for started in /var/lib/kea-lockstep/runs/*/jobs/migrate-k1-db1/*/started; do
		pkill -KILL -s "$(sed -n 's/^pid //p' "$started")"
	done
fi`)
}

// killsRestore kills a server's job that restores, and everything that it started, while one of these programs runs there. It is one script, for the
// job takes moments.
func killsRestore(server string, programs ...string) func(*struck) {
	return func(s *struck) {
		upon(server, `pgrep -x '`+strings.Join(programs, "|")+`' >/dev/null &&
		units=$(systemctl list-units --plain --no-legend --state=active 'kea-lockstep-*-old-restore-`+server+`-db1-*' | cut -d ' ' -f 1) &&
		[ -n "$units" ] && systemctl kill --signal=KILL $units`, func(*struck) {})(s)
	}
}

// killedRollback begins a rollback and kills its driver as a step begins.
func killedRollback(step string) func(*struck) {
	return func(s *struck) {
		s.Helper()
		ctx, cancel := context.WithTimeout(s.Context(), 5*time.Minute)
		defer cancel()
		var once sync.Once
		ready := make(chan struct{})
		var drive *product.Drive
		drive, err := s.tool.Drive(ctx, func(e product.Event) {
			if begins(step).is(e) {
				once.Do(func() {
					<-ready
					s.no(drive.Process().Kill())
				})
			}
		}, "rollback", "--yes")
		if err != nil {
			s.Fatal(err)
		}
		close(ready)
		out, err := drive.Wait()
		s.no(err)
		s.expect("rollback", out, []int{-1}, nil)
	}
}

// otherPackages puts the old packages where a server has fetched the new ones.
func otherPackages(server string) func(*struck) {
	return func(s *struck) {
		s.must(server, `cd /var/lib/kea-lockstep/packages
			for dir in *; do ! ls "$dir" | grep -q '^kea-common_3[.]0[.]3' || new=$dir; ! ls "$dir" | grep -q '^kea-common_2[.]6[.]3' || old=$dir; done
			rm "$new"/kea*.deb; cp "$old"/kea*.deb "$new"`)
	}
}

// kept wants the dump of what a rollback replaced beside the run's backup, and each whole.
func kept(s *struck) {
	s.must("k2", `set -e
		cd "$(ls -d /var/backups/kea-lockstep/*/ | tail -n 1)"
		for dump in kea-db1.* kea-db1-before-rollback.*; do
			[ -s "$dump" ]
			case $dump in *.zst) zstd -q -t "$dump" ;; *) gzip -t "$dump" ;; esac
		done`)
}
