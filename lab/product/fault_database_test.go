//go:build lab

package product_test

import (
	"context"
	"testing"
	"time"

	"kea-lockstep/lab"
)

// TestFaultDatabase: the database goes away, or does not do what it is asked, at the moments at which the run needs it.
func TestFaultDatabase(t *testing.T) {
	restart := func(s *struck) { s.no(s.fleet.RestartDatabase(s.Context())) }
	away := func(long time.Duration) func(*struck) {
		return lasting(long,
			func(ctx context.Context, s *struck) error { return s.fleet.StopDatabase(ctx) },
			func(ctx context.Context, s *struck) error { return s.fleet.StartDatabase(ctx) })
	}
	silent := func(long time.Duration) func(*struck) {
		return lasting(long,
			func(ctx context.Context, s *struck) error { return s.fleet.FreezeDatabase(ctx) },
			func(ctx context.Context, s *struck) error { return s.fleet.ThawDatabase(ctx) })
	}
	var crowd *lab.Crowd
	var held *lab.Held
	crowded := lasting(15*time.Second,
		func(ctx context.Context, s *struck) (err error) {
			crowd, err = s.fleet.ExhaustConnections(ctx)
			return err
		},
		func(context.Context, *struck) error {
			crowd.Disperse()
			return nil
		})
	ends := func(s *struck) { s.endsLocks() }
	done, back, past := []int{0}, []int{0, 4, 7}, []int{0, 5, 7}
	again := []way{resume(0, 5, 7), resume(0, 7)}
	faults(t, []fault{
		{name: "restarted in the dump", at: begins("dump-k2-db1"), strike: restart, codes: back, on: again, blind: true},
		{name: "restarted in the package upgrade", at: begins("install-k1"), strike: restart, codes: done, blind: true},
		{name: "restarted in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(restart), codes: past, on: again, blind: true},
		{name: "restarted in the confirmation", at: begins("confirm-k1"), strike: restart, codes: past, on: again, blind: true},
		{name: "away for 10 s in the proof", at: begins("prove-k2-db1"), strike: away(10 * time.Second), codes: back, on: again, blind: true},
		{name: "away for 10 s in the migration", at: begins("migrate-k1-db1"), strike: migrating(away(10 * time.Second)), codes: past, on: again, blind: true},
		{name: "silent for 15 s in the package upgrade", at: begins("install-k1"), strike: silent(15 * time.Second), codes: done, blind: true},
		{name: "silent for 15 s in the migration", at: begins("migrate-k1-db1"), strike: migrating(silent(15 * time.Second)), codes: past, on: again, blind: true},
		{name: "too many connections in the package upgrade", often: true, at: begins("install-k1"), strike: crowded, codes: back, on: again, blind: true},
		{name: "too many connections in the migration", at: begins("migrate-k1-db1"), strike: migrating(crowded), codes: past, on: again, blind: true},
		{name: "our sessions ended in the package upgrade", at: begins("install-k1"), strike: ends, codes: done},
		{name: "our sessions ended in the migration", at: begins("migrate-k1-db1"), strike: migrating(ends), codes: past, on: again},
		{name: "read-only as the migration begins", at: begins("migrate-k1-db1"), strike: func(s *struck) { s.no(s.fleet.MakeReadOnly(s.Context())) },
			codes: past, mend: func(s *struck) { s.no(s.fleet.MakeWritable(s.Context())) }, on: again, blind: true},
		{name: "a table held by a client that may stay", at: begins("install-k1"), strike: func(s *struck) {
			var err error
			held, err = s.fleet.HoldTable(s.Context(), "lease4", lab.WitnessUser, lab.WitnessPassword, s.fleet.Witness)
			s.no(err)
		}, codes: []int{5, 7}, mend: func(*struck) { held.Release() }, on: []way{resume()}}, // kea-admin gives up after a minute, and not after a day
		{name: "its host loses power in the migration", at: begins("migrate-k1-db1"), strike: migrating(func(s *struck) {
			s.no(s.fleet.PowerCut(s.Context(), lab.DatabaseHost))
			s.passes(3 * time.Second)
			s.no(s.fleet.Boot(s.Context(), lab.DatabaseHost))
		}), codes: past, on: again, blind: true},
	})
}
