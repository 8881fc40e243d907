//go:build lab

package product_test

import (
	"context"
	"testing"
	"time"

	"kea-lockstep/lab/product"
)

// TestFaultNetwork cuts a server off, or ends its sshd, while the run works on it: what runs on the server goes on, and the run
// finds it again.
func TestFaultNetwork(t *testing.T) {
	const long = 15 * time.Second
	done, past, again := []int{0}, []int{0, 5}, []way{resume()}
	faults(t, []fault{
		{name: "k1 cut off in its package upgrade", at: begins("install-k1"), strike: unpacking("k1", cut("k1", long)), codes: []int{0, 7}},          // its dump is cut off, too,
		{name: "k1 cut off in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(cut("k1", long)), codes: past, on: again}, // from its database, too
		{name: "k3 cut off in the migration", at: begins("migrate-k1-db1"), strike: migrating(cut("k3", long)), codes: done},
		{name: "k1 cut off in its start", at: begins("start-k1"), strike: cut("k1", long), codes: done},
		{name: "k2 cut off in its confirmation", at: begins("confirm-k2"), strike: cut("k2", long), codes: done},
		{name: "k3 cut off as it is fenced", at: begins("fence-k3"), strike: cut("k3", long), codes: done},
		{name: "k3 without sshd in its package upgrade", often: true, at: begins("install-k3"), strike: unpacking("k3", noSSH("k3", long)), codes: done},
		{name: "k1 without sshd in the migration", at: begins("migrate-k1-db1"), strike: migrating(noSSH("k1", long)), codes: done},
		{name: "k1 without sshd in its start", at: begins("start-k1"), strike: noSSH("k1", long), codes: done},
		{name: "k2 without sshd in its confirmation", at: begins("confirm-k2"), strike: noSSH("k2", long), codes: done},
		{name: "k1 frozen in its package upgrade", at: begins("install-k1"), strike: unpacking("k1", frozen("k1", long)), codes: done},
		{name: "k1 frozen in the migration", at: begins("migrate-k1-db1"), strike: migrating(frozen("k1", long)), codes: past, on: again},
		{name: "k3 frozen in the migration", at: begins("migrate-k1-db1"), strike: migrating(frozen("k3", long)), codes: done},
		{name: "k1 frozen in its start", at: begins("start-k1"), strike: frozen("k1", long), codes: done},
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
	})
}
