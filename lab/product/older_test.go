//go:build lab

package product_test

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"testing"

	"kea-lockstep/lab"
)

var many = flag.Int("leases", 200_000, "how many leases of each kind a large database has")

// TestFromOldWithManyLeases: two servers of Debian 12's Kea, in whose database are many leases, become Debian 13's. The step that
// rewrites lease6 is in it (schema 18 to 19), and a migration that is killed there leaves IPv6 leases without an address.
func TestFromOldWithManyLeases(t *testing.T) {
	var sums string
	given := func(s *struck) {
		s.no(s.fleet.AddLeases(s.Context(), *many, *many))
		sums = s.leases()
	}
	whole := func(s *struck) {
		s.Logf("every lease: %s", sums)
		if now := s.leases(); now != sums {
			s.Errorf("leases are lost or changed: %s, not %s", now, sums)
		}
	}
	arrived := func(s *struck) {
		whole(s)
		s.climbed()
		times, err := s.tool.Times()
		s.no(err)
		s.Logf("%v", times)
	}
	within := rewriting(killMigration)
	torn := []string{"kea-lockstep resume", "kea-lockstep rollback", "torn", "step 5 of"}
	faultsOn(t, lab.Spec{Servers: 2, Engine: lab.Engine(*engineName), From: "2.2.0"}, []fault{
		{name: "nothing goes wrong", often: true, given: given, codes: []int{0}, last: arrived},
		{name: "kea-admin is killed as it rewrites lease6", often: true, given: given, at: begins("migrate-k1-db1"), strike: within, codes: []int{5}, says: torn,
			on: []way{resume()}, last: arrived, blind: true},
		{name: "kea-admin is killed as it rewrites lease6, and taken back", often: true, given: given, at: begins("migrate-k1-db1"), strike: within, codes: []int{5}, says: torn,
			on: []way{rollback()}, last: whole, blind: true},
	})
}

// climbed holds what the run told of its migration against where that went: the last step leads to its end.
func (s *struck) climbed() {
	s.Helper()
	all, err := s.tool.Events()
	s.no(err)
	var told []string
	last := struct {
		From, To, Next string
		Number, Of     int
	}{}
	for _, e := range all {
		if e.Type != "step-progress" {
			continue
		}
		s.no(json.Unmarshal(e.Data, &last))
		told = append(told, fmt.Sprintf("%d of %d to %s", last.Number, last.Of, last.Next))
	}
	s.Logf("the migration told: %v", told)
	is, err := s.fleet.Contents(s.Context())
	s.no(err)
	if len(told) == 0 || last.To != is.Schema || last.Next != last.To || last.Number != last.Of {
		s.Errorf("it told %v, and the schema is %s", told, is.Schema)
	}
}

// leases tells what the lease tables hold.
func (s *struck) leases() string {
	s.Helper()
	sums, err := s.fleet.LeaseSums(s.Context())
	s.no(err)
	return sums
}

// rewriting strikes within the step that makes the addresses of lease6 binary, once its first long statement runs.
func rewriting(strike func(*struck)) func(*struck) {
	at := map[lab.Engine]string{lab.MySQL: "18.0", lab.PostgreSQL: "17.0"}
	statement := map[lab.Engine]string{lab.MySQL: "binaddr", lab.PostgreSQL: "ALTER COLUMN address TYPE INET"}
	return func(s *struck) {
		ctx, done := s.drive.While(s.Context())
		defer done()
		if err := s.witness.AwaitSchema(ctx, func(version string) bool { return version == at[s.fleet.Engine] }); err != nil {
			s.Error(err)
			return
		}
		if err := s.fleet.AwaitStatement(ctx, statement[s.fleet.Engine]); err != nil {
			s.Errorf("there was no %q: %v", statement[s.fleet.Engine], context.Cause(ctx))
			return
		}
		strike(s)
	}
}

// oldVersion is the Kea that the fleet's servers began with.
func oldVersion(f *lab.Fleet) string { return cmp.Or(f.From, "2.6.3") }
