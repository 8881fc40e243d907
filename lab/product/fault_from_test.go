//go:build lab

package product_test

import (
	"syscall"
	"testing"

	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

// elsewhere goes on at another machine: its state directory is empty.
func elsewhere(s *struck) {
	other, err := product.New(s.fleet, s.TempDir())
	s.no(err)
	s.tool = other
}

// from carries the run on by what it left on a server and the others.
func from(server string, codes ...int) way {
	return way{args: []string{"resume", "--from", server, "--yes"}, codes: codes, says: []string{"taken over from the marker of " + server}}
}

// TestResumeFromAnotherMachine kills the driver and carries the run on from another machine, which has nothing but the fleet file: by
// what the run left on its servers, nothing runs twice. Where not every server was stopped yet, the old state comes back.
func TestResumeFromAnotherMachine(t *testing.T) {
	table := []fault{
		{name: "inside the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(killsDriver), on: []way{from("k2", 0)}},
		{name: "in the package upgrade of the rest", at: begins("install-k3"), strike: unpacking("k3", killsDriver), on: []way{from("k3", 0)}},
		{name: "in the stop", at: begins("stop-k3"), strike: killsDriver, on: []way{from("k2", 0, 7)}},
	}
	for _, at := range []moment{
		begins("contents-k1-db1"), begins("dump-k2-db1"), begins("install-k1"), ended("prove-k2-db1"), ended("configure-k1"), begins("migrate-k1-db1"),
		ended("migrate-k1-db1"), begins("test-k1"), ended("unfence-k1"), ended("start-k1"), ended("confirm-k1"), begins("unfence-k2"), begins("start-k3"),
		ended("confirm-k2"), begins("release-k1"),
	} {
		table = append(table, fault{
			name: at.String(), at: at, strike: killsDriver, on: []way{from("k2", 0)},
			often: at == begins("install-k1") || at == ended("prove-k2-db1") || at == ended("start-k1"),
		})
	}
	for i := range table {
		table[i].codes, table[i].mend = []int{-1}, elsewhere
	}
	faults(t, table)
}

// TestFaultSuspendedAndTakenOver stops the driver, lets another machine end the run by the markers, and wakes the first: it acts no
// more.
func TestFaultSuspendedAndTakenOver(t *testing.T) {
	var before string
	strike := func(s *struck) {
		s.no(s.drive.Process().Signal(syscall.SIGSTOP))
		other, err := product.New(s.fleet, s.TempDir())
		s.no(err)
		s.endsLocks()
		out, err := other.Run(s.Context(), "resume", "--from", "k3", "--yes")
		s.no(err)
		s.expect("the other's resume", out, []int{0}, []string{"taken over from the marker of k3"})
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
	for _, step := range []string{"dump-k2-db1", "install-k1", "migrate-k1-db1", "start-k1", "install-k3", "start-k3"} {
		table = append(table, fault{name: "in " + step, at: begins(step), strike: strike, mend: same, codes: []int{6}, says: []string{"another drive"}, other: true, often: step == "install-k1"})
	}
	faults(t, table)
}
