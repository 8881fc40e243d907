//go:build lab

package product_test

import (
	"context"
	"regexp"
	"testing"
	"time"

	"kea-lockstep/lab/product"
)

// TestFaultNetwork cuts a server off, or ends its sshd, while the run works on it: what runs on the server goes on, and the run
// finds it again.
func TestFaultNetwork(t *testing.T) {
	const long, tooLong = 15 * time.Second, 4 * time.Minute // the latter is more than a run waits
	done, past, again := []int{0}, []int{0, 5}, []way{resume()}
	faults(t, []fault{
		{name: "k1 cut off in its package upgrade", at: begins("install-k1"), strike: unpacking("k1", cut("k1", long)), codes: []int{0, 7}},          // its dump is cut off, too,
		{name: "k1 cut off in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(cut("k1", long)), codes: past, on: again}, // from its database, too
		{name: "k3 cut off in the migration", at: begins("migrate-k1-db1"), strike: migrating(cut("k3", long)), codes: done},
		{name: "k1 cut off in its start", at: begins("start-k1"), strike: cut("k1", long), codes: past, on: again},
		{name: "k2 cut off in its confirmation", at: begins("confirm-k2"), strike: cut("k2", long), codes: past, on: again}, // without its database Kea may give up
		{name: "k3 cut off as it is fenced", at: begins("fence-k3"), strike: cut("k3", long), codes: done},
		{name: "k3 without sshd in its package upgrade", often: true, at: begins("install-k3"), strike: unpacking("k3", noSSH("k3", long)), codes: done},
		{name: "k1 without sshd in the migration", at: begins("migrate-k1-db1"), strike: migrating(noSSH("k1", long)), codes: done},
		{name: "k1 without sshd in its start", at: begins("start-k1"), strike: noSSH("k1", long), codes: done},
		{name: "k2 without sshd in its confirmation", at: begins("confirm-k2"), strike: noSSH("k2", long), codes: done},
		{name: "k1 frozen in its package upgrade", at: begins("install-k1"), strike: unpacking("k1", frozen("k1", long)), codes: done},
		{name: "k1 frozen in the migration", at: begins("migrate-k1-db1"), strike: migrating(frozen("k1", long)), codes: past, on: again},
		{name: "k3 frozen in the migration", at: begins("migrate-k1-db1"), strike: migrating(frozen("k3", long)), codes: done},
		{name: "k1 frozen in its start", at: begins("start-k1"), strike: frozen("k1", long), codes: done},
		{name: "k3 cut off for 4 minutes in its package upgrade", at: begins("install-k3"), strike: unpacking("k3", cut("k3", tooLong)), codes: []int{5},
			says: []string{"k3: upgrade the packages", "it is not known whether it was done", "kea-lockstep resume"}, on: again},
		{name: "k1 cut off for 4 minutes in the migration", at: begins("migrate-k1-db1"), strike: migrating(cut("k1", tooLong)), codes: []int{5},
			says: []string{"kea-admin db-upgrade of kea on k1", "kea-lockstep resume"}, on: again}, // the lock of its drive is in the database still
		{name: "k1 frozen for 4 minutes in the migration", at: begins("migrate-k1-db1"), strike: migrating(frozen("k1", tooLong)), codes: []int{5},
			says: []string{"kea-admin db-upgrade of kea on k1", "kea-lockstep resume"}, on: again},
		{name: "k2 frozen in its confirmation", at: begins("confirm-k2"), strike: frozen("k2", long), codes: past, on: again},
	})
}

// TestFaultDesk pulls the cable of the machine that drives the run.
func TestFaultDesk(t *testing.T) {
	var desk *product.Desk
	given := func(s *struck) {
		var err error
		if desk, err = product.NewDesk(s.Context(), s.fleet); err != nil {
			s.Fatal(err)
		}
		s.Cleanup(func() {
			if err := desk.Remove(context.Background()); err != nil {
				s.Error(err)
			}
		})
		if s.tool, err = s.tool.At(desk); err != nil {
			s.Fatal(err)
		}
	}
	for15s := func(s *struck) {
		s.no(desk.Cut(s.Context()))
		s.passes(15 * time.Second)
		s.no(desk.Plug(s.Context()))
	}
	done := []int{0}
	faults(t, []fault{
		{name: "in the package upgrade of k1", at: begins("install-k1"), given: given, strike: unpacking("k1", for15s), codes: done},
		{name: "in the migration", often: true, at: begins("migrate-k1-db1"), given: given, strike: migrating(for15s), codes: done},
		{name: "in the start of k1", at: begins("start-k1"), given: given, strike: for15s, codes: done},
		{name: "in the confirmation of the rest", at: begins("confirm-k2"), given: given, strike: for15s, codes: done},
		{name: "for good, in the package upgrade of k1", at: begins("install-k1"), given: given,
			strike: unpacking("k1", func(s *struck) { s.no(desk.Cut(s.Context())) }), codes: []int{4}, mend: lost, on: []way{from("k2", 0, 7)}},
	})
}

// wayIn is how a refusal names what a machine that is gone still holds.
var wayIn = regexp.MustCompile(`on (k[0-9]): kill ([0-9]+)`)

// lost goes on at another machine than the one that is gone.
func lost(s *struck) {
	s.Helper()
	elsewhere(s)
	s.endsWayIn(6, "resume", "--from", "k2", "--yes")
	elsewhere(s)
}

// endsWayIn does what a refusal says. The database takes the connection of a drive whose machine is gone for alive, and so the lock for held, until its way in is ended on the server that it goes through.
func (s *struck) endsWayIn(code int, args ...string) {
	s.Helper()
	out := s.runs(way{args: args, codes: []int{code}, says: []string{"end its way in"}})
	m := wayIn.FindStringSubmatch(out.Stderr)
	if m == nil {
		s.Fatalf("nothing says whose the lock is:\n%s", out)
	}
	s.must(m[1], "kill "+m[2])
}
