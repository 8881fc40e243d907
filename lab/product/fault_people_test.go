//go:build lab

package product_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

// TestFaultRobots: something keeps starting the old Kea. It is seen, nothing is migrated beside it, and the run goes on once it is gone.
func TestFaultRobots(t *testing.T) {
	backed, past := []int{4, 7}, []int{0, 5}
	keeps := func(s *struck) { s.no(s.fleet.KeepKeaStarted(s.Context(), "k3")) }
	stops := func(s *struck) { s.no(s.fleet.LetKeaStop(s.Context(), "k3")) }
	faults(t, []fault{
		{name: "a watchdog starts kea-dhcp4 while the canary is upgraded", at: begins("install-k1"), strike: watchdog("k3"), codes: backed,
			says: []string{"k3", "kea-dhcp4"}, mend: dismissed("k3"), on: []way{resume(0, 7)}},
		{name: "a loop unmasks and starts while the canary is upgraded", at: begins("install-k1"), strike: keeps, codes: backed,
			says: []string{"k3"}, mend: stops, on: []way{resume(0, 7)}},
		{name: "a watchdog starts kea-dhcp4 as the migration begins", often: true, at: begins("migrate-k1-db1"), strike: watchdog("k3"), codes: []int{4, 5},
			says: []string{"k3"}, mend: dismissed("k3"), on: []way{resume(0, 7)}, bad: []string{"k3"}},
		{name: "a watchdog starts kea-dhcp4 in the migration", at: begins("migrate-k1-db1"), strike: migrating(watchdog("k3")), codes: past,
			says: []string{"k3"}, mend: dismissed("k3"), on: []way{resume()}, bad: []string{"k3"}},
		{name: "a loop unmasks and starts in the migration", at: begins("migrate-k1-db1"), strike: migrating(keeps), codes: past,
			says: []string{"k3"}, mend: stops, on: []way{resume()}, bad: []string{"k3"}},
		{name: "cron starts kea-dhcp4 before the migration", codes: []int{7}, drive: func(ctx context.Context, s *struck) (product.Output, error) {
			defer func() { s.no(s.fleet.RemoveCron(ctx, "k3")) }()
			return startedBehind(ctx, s.T, s.tool, func() time.Time {
				s.no(s.fleet.StartKeaByCron(ctx, "k3"))
				s.must("k3", "for _ in $(seq 800); do ! pgrep -x kea-dhcp4 >/dev/null || break; sleep 0.1; done")
				return time.Now()
			})
		}},
	})
}

// TestFaultPackages: another package run holds the locks for a while, or a package is put on hold.
func TestFaultPackages(t *testing.T) {
	hold := func(s *struck) { s.no(s.fleet.HoldPackages(s.Context(), "k2", "kea-dhcp4-server", "kea-common")) }
	lockedOn := func(server string, long time.Duration) func(*struck) {
		return func(s *struck) { s.no(s.fleet.LockPackages(s.Context(), server, long)) }
	}
	faults(t, []fault{
		{name: "a package run on k1 while packages are fetched", at: begins("prefetch-k1"), strike: lockedOn("k1", 20*time.Second), codes: []int{0}},
		{name: "a package run on k1 as it is to be upgraded", at: begins("stop-k1"), strike: lockedOn("k1", 20*time.Second), codes: []int{0}},
		{name: "a package run on k2 as its turn comes", often: true, at: begins("confirm-k1"), strike: lockedOn("k2", 40*time.Second), codes: []int{0}},
		{name: "on hold before the stop", at: begins("prefetch-k1"), strike: hold, codes: []int{3}, says: []string{"k2", "hold"},
			mend: func(s *struck) { s.must("k2", "apt-mark unhold kea-dhcp4-server kea-common") }},
		{name: "on hold after the stop", at: begins("install-k1"), strike: hold, codes: []int{0}},
	})
}

// TestFaultSecondOperator begins the same upgrade from another machine: it is told who holds the fleet, and the first goes on. One that
// only looks is no stranger, whenever it begins.
func TestFaultSecondOperator(t *testing.T) {
	second := func(s *struck) {
		other := anotherDesk(s)
		out, err := other.Run(s.Context(), "upgrade", "--to", "3.0.3", "--yes")
		s.no(err)
		s.expect("the second upgrade", out, []int{3, 6}, []string{s.status().Run})
		out, err = other.Run(s.Context(), "unlock", "--yes")
		s.no(err)
		s.expect("the second's unlock", out, []int{3, 6}, nil)
	}
	looks := func(s *struck) {
		other := anotherDesk(s)
		for range 8 {
			_, err := other.Run(s.Context(), "check")
			s.no(err)
		}
	}
	faults(t, []fault{
		{name: "while the canary is upgraded", often: true, at: begins("install-k1"), strike: second, codes: []int{0}},
		{name: "looks again and again until after the migration", at: begins("configure-k1"), strike: looks, codes: []int{0}},
		{name: "while the rest are upgraded", at: begins("install-k2"), strike: second, codes: []int{0}},
		{name: "takes over by the markers while the canary is upgraded", at: begins("install-k1"), strike: func(s *struck) {
			out, err := anotherDesk(s).Run(s.Context(), "resume", "--from", "k1", "--yes")
			s.no(err)
			s.expect("the second's resume", out, []int{6}, nil)
		}, codes: []int{0}},
	})
}

// anotherDesk is the tool on a machine of its own, at another address.
func anotherDesk(s *struck) product.Tool {
	s.Helper()
	desk, err := product.NewDesk(s.Context(), s.fleet)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { s.no(desk.Remove(context.Background())) })
	other, err := product.New(s.fleet, s.TempDir())
	s.no(err)
	other, err = other.At(desk)
	s.no(err)
	return other
}

// TestFaultUnlock: while a run is driven, and while its fences stand, nothing can be unlocked.
func TestFaultUnlock(t *testing.T) {
	unlocks := func(codes ...int) func(*struck) {
		return func(s *struck) {
			out, err := s.tool.Run(s.Context(), "unlock", "--yes")
			s.no(err)
			s.expect("unlock", out, codes, nil)
		}
	}
	killed := func(s *struck) {
		killsDriver(s)
		unlocks(3, 6)(s)
	}
	var table []fault
	for _, step := range []string{"claim-k1", "stop-k1", "dump-k2-db1", "prove-k2-db1", "install-k1", "migrate-k1-db1", "start-k1", "confirm-k1", "install-k3", "release-k1"} {
		codes := []int{3, 6}
		if step == "release-k1" {
			codes = append(codes, 0) // the run may be over as it looks
		}
		table = append(table, fault{name: "driven, " + step, at: begins(step), strike: unlocks(codes...), codes: []int{0}, often: step == "migrate-k1-db1"})
	}
	for _, step := range []string{"stop-k1", "dump-k2-db1", "install-k1", "migrate-k1-db1", "start-k1", "install-k3"} {
		table = append(table, fault{name: "dead, " + step, at: begins(step), strike: killed, codes: []int{-1}, on: []way{resume()}, often: step == "install-k1"})
	}
	for _, step := range []string{"old-install-k1", "old-start-k2"} {
		table = append(table, fault{name: "on the way back, " + step, at: begins("configure-k1"), strike: signals(os.Interrupt), codes: []int{4}, mend: unlocks(3, 6),
			next: &fault{args: []string{"abort", "--yes"}, at: begins(step), strike: unlocks(3, 6), codes: []int{7}}})
	}
	table = append(table, fault{name: "halted after the point of no return", at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5}, mend: unlocks(3, 6), on: []way{resume()}})
	// Where everything serves at the target, or nothing is fenced yet, the markers can be given up, and the fleet is free for another run.
	table = append(table, fault{name: "dead, confirm-k2", at: begins("confirm-k2"), strike: killsDriver, codes: []int{-1},
		on: []way{{args: []string{"unlock", "--yes"}, codes: []int{0}}}})
	table = append(table, fault{name: "dead before the first fence, and another upgrade", at: begins("claim-k3"), strike: killsDriver, codes: []int{-1}, mend: func(s *struck) {
		s.runs(way{args: []string{"unlock", "--yes"}, codes: []int{0}})
		if s.status().State == "interrupted" { // no marker was written yet, so there was nothing to remove
			s.runs(way{args: []string{"abort", "--yes"}, codes: []int{3, 7}})
		}
	}, on: []way{{args: []string{"upgrade", "--to", "3.0.3", "--yes"}, codes: []int{0}}}})
	faults(t, table)
}

// TestFaultSuspended stops the driver, lets another end the run from a copy of its journal, and wakes the first: it acts no more.
func TestFaultSuspended(t *testing.T) {
	var before string
	strike := func(s *struck) {
		s.no(s.drive.Process().Signal(syscall.SIGSTOP))
		other, err := product.New(s.fleet, s.TempDir())
		s.no(err)
		s.no(os.CopyFS(filepath.Join(other.State, "runs"), os.DirFS(filepath.Join(s.tool.State, "runs"))))
		s.endsLocks()
		out, err := other.Run(s.Context(), "resume", "--yes")
		s.no(err)
		s.expect("the other's resume", out, []int{0}, nil)
		s.no(product.AtRest(s.Context(), s.fleet, "3.0.3", witness.Expects(s.fleet.Engine, "3.0.3")))
		before = state(s.T, s.fleet)
		s.no(s.drive.Process().Signal(syscall.SIGCONT))
	}
	same := func(s *struck) {
		if now := state(s.T, s.fleet); now != before {
			s.Errorf("the first acted again:\n%s\nthen\n%s", before, now)
		}
	}
	var table []fault
	for _, step := range []string{"fence-k2", "dump-k2-db1", "install-k1", "migrate-k1-db1", "start-k1", "install-k3", "start-k3"} {
		table = append(table, fault{name: "in " + step, at: begins(step), strike: strike, mend: same, codes: []int{6}, says: []string{"another drive"}, other: true, often: step == "install-k1"})
	}
	faults(t, table)
}

// endsLocks ends the sessions that hold advisory locks in the database, as the end of a suspended machine's connections does.
func (s *struck) endsLocks() {
	s.Helper()
	all, err := s.fleet.Sessions(s.Context())
	s.no(err)
	ended := 0
	for _, one := range all {
		if one.User == lab.AdminUser && s.fleet.EndSession(s.Context(), one.ID) == nil { // one may have ended by itself
			ended++
		}
	}
	if ended == 0 {
		s.Error("no session of the run was there to be ended")
	}
}

// TestFaultMigratedByHand: somebody runs kea-admin between the backup and the migration. The run does not pass the point of no return
// over a backup that is none of the database as it is, and the backups that were made before stand, and lead back.
func TestFaultMigratedByHand(t *testing.T) {
	byHand := func(s *struck) string {
		return "KEA_ADMIN_DB_PASSWORD=" + lab.KeaPassword + " kea-admin db-upgrade " + s.fleet.Engine.KeaAdmin() + " -h " + s.fleet.DB.Address.String() + " -u kea -n kea"
	}
	var kept map[string]string
	dumps := func(s *struck) map[string]string {
		all := map[string]string{}
		for _, server := range []string{"k2", "k3"} {
			all[server] = s.must(server, "cd /var/backups/kea-lockstep/*/ && sha256sum kea-db1.*")
		}
		return all
	}
	migrates := func(s *struck) {
		kept = dumps(s)
		s.must("k1", byHand(s))
	}
	stand := func(s *struck) {
		if now := dumps(s); !maps.Equal(now, kept) {
			s.Errorf("the backups are others:\n%v\nthen\n%v", kept, now)
		}
	}
	interrupted := signals(os.Interrupt)
	faults(t, []fault{
		{name: "while the canary's configuration is put in place", often: true, at: begins("configure-k1"), strike: func(s *struck) {
			s.must("k1", byHand(s)+" || true") // it may run into the run's own migration, and fail by it
		}, codes: []int{0, 4, 5}, on: []way{resume()}},
		{name: "while the run stands still, and carried on", at: begins("configure-k1"), strike: interrupted, codes: []int{4}, mend: migrates,
			on: []way{resume()}, last: stand},
		{name: "while the run stands still, and rolled back", at: begins("configure-k1"), strike: interrupted, codes: []int{4}, mend: migrates,
			on: []way{rollback()}, last: stand, blind: true},
	})
}
