//go:build lab

package product_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/witness"
)

// TestFaultReplica: a replica beside the database is nobody who is in it, and follows it to the target's schema.
func TestFaultReplica(t *testing.T) {
	faults(t, []fault{{
		name: "beside it all the time", codes: []int{0},
		given: func(s *struck) { s.no(s.fleet.AddReplica(s.Context())) },
		last: func(s *struck) {
			want := witness.Expects(s.fleet.Engine, "3.0.3")
			var at string
			for range 50 {
				var err error
				at, err = s.fleet.ReplicaSchema(s.Context())
				s.no(err)
				if at == want {
					return
				}
				s.passes(100 * time.Millisecond)
			}
			s.Errorf("the replica stands at %s, not at %s", at, want)
		},
	}})
}

// TestFaultHiddenSession: where an administrator's account loses its sight of other accounts' sessions, a session that it cannot tell
// the address of is a stranger's, and nothing is migrated beside it.
func TestFaultHiddenSession(t *testing.T) {
	var stranger *sql.Conn
	postgresql := spec()
	postgresql.Engine = lab.PostgreSQL
	faultsOn(t, postgresql, []fault{{
		name: "of another account, while the canary is upgraded", at: begins("install-k1"), strike: func(s *struck) {
			_, err := s.fleet.SQL(s.Context(), "REVOKE pg_monitor FROM "+lab.AdminUser+";")
			s.no(err)
			db, err := s.fleet.OpenDatabase(lab.WitnessUser, lab.WitnessPassword, s.fleet.Prober)
			s.no(err)
			s.Cleanup(func() { s.no(db.Close()) })
			stranger, err = db.Conn(s.Context())
			s.no(err)
		}, codes: []int{4, 7}, says: []string{"pg_read_all_stats"}, mend: func(s *struck) {
			s.no(stranger.Close())
			_, err := s.fleet.SQL(s.Context(), "GRANT pg_monitor TO "+lab.AdminUser+";")
			s.no(err)
		}, on: []way{resume(0, 7)},
	}})
}

// TestFaultDatabase: the database goes away, or does not do what it is asked, at the moments at which the run needs it.
func TestFaultDatabase(t *testing.T) {
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
	done, back, past := []int{0}, []int{0, 4, 7}, []int{0, 5} // past the point of no return nothing is restored unasked
	early, again := []way{resume(0, 5, 7), resume(0, 7)}, []way{resume(0, 5), resume()}
	faults(t, []fault{
		{name: "restarted in the dump", at: begins("dump-k2-db1"), strike: restarted, codes: back, on: early, blind: true},
		{name: "restarted in the package upgrade", at: begins("install-k1"), strike: restarted, codes: []int{0, 7}, blind: true}, // dumps may be under way
		{name: "restarted in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(restarted), codes: past, on: again, blind: true},
		{name: "restarted in the confirmation", at: begins("confirm-k1"), strike: restarted, codes: past, on: again, blind: true},
		{name: "away for 10 s in the proof", at: begins("prove-k2-db1"), strike: away(10 * time.Second), codes: back, on: early, blind: true},
		{name: "read-only in the proof", at: begins("prove-k2-db1"), strike: func(s *struck) { s.no(s.fleet.MakeReadOnly(s.Context())) },
			codes: []int{4, 7}, mend: func(s *struck) { s.no(s.fleet.MakeWritable(s.Context())) }, on: early, blind: true},
		{name: "away for 10 s in the migration", at: begins("migrate-k1-db1"), strike: migrating(away(10 * time.Second)), codes: past, on: again, blind: true},
		{name: "silent for 15 s in the package upgrade", at: begins("install-k1"), strike: silent(15 * time.Second), codes: done, blind: true},
		{name: "silent for 15 s in the migration", at: begins("migrate-k1-db1"), strike: migrating(silent(15 * time.Second)), codes: past, on: again, blind: true},
		{name: "too many connections in the package upgrade", often: true, at: begins("install-k1"), strike: crowded, codes: back, on: early, blind: true},
		{name: "too many connections in the migration", at: begins("migrate-k1-db1"), strike: migrating(crowded), codes: past, on: again, blind: true},
		{name: "our sessions ended in the package upgrade", at: begins("install-k1"), strike: ends, codes: done},
		{name: "our sessions ended in the migration", at: begins("migrate-k1-db1"), strike: migrating(ends), codes: past, on: again},
		// The scratch database of the proof cannot be dropped either, so not every server is let go.
		{name: "read-only as the migration begins", at: begins("migrate-k1-db1"), strike: func(s *struck) { s.no(s.fleet.MakeReadOnly(s.Context())) },
			codes: []int{4, 5, 7}, mend: func(s *struck) { s.no(s.fleet.MakeWritable(s.Context())) }, on: early, blind: true},
		{name: "a table held by a client that may stay", at: begins("install-k1"), strike: func(s *struck) {
			if s.fleet.Engine == lab.PostgreSQL {
				_, err := s.fleet.SQL(s.Context(), "GRANT SELECT ON dhcp4_subnet TO "+lab.WitnessUser+";")
				s.no(err)
			}
			var err error
			held, err = s.fleet.HoldTable(s.Context(), "dhcp4_subnet", lab.WitnessUser, lab.WitnessPassword, s.fleet.Witness)
			s.no(err)
		}, codes: []int{4, 5, 7}, mend: func(*struck) {
			if held != nil {
				held.Release()
			}
		}, on: []way{resume()}}, // kea-admin gives up after a minute, and not after a day
		{name: "its host loses power in the migration", at: begins("migrate-k1-db1"), strike: migrating(func(s *struck) {
			s.no(s.fleet.PowerCut(s.Context(), lab.DatabaseHost))
			s.passes(3 * time.Second)
			s.no(s.fleet.Boot(s.Context(), lab.DatabaseHost))
		}), codes: past, on: again, blind: true},
	})
}
