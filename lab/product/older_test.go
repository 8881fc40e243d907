//go:build lab

package product_test

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"testing"

	"kea-lockstep/lab"
)

var many = flag.Int("leases", 200_000, "how many leases of each kind a large database has")

// TestFromOldWithManyLeases: two servers of Debian 12's Kea, in whose database are many leases, become Debian 13's. The step that
// rewrites lease6 is in it (schema 18 to 19), and a migration that is killed there leaves IPv6 leases without an address.
func TestFromOldWithManyLeases(t *testing.T) { fromOld(t, "2.6.3") }

// TestFromOldInOneGo: the same servers become those of Debian 13's backports, over every schema between.
func TestFromOldInOneGo(t *testing.T) { fromOld(t, "3.0.3") }

func fromOld(t *testing.T, target string) {
	var sums string
	given := func(s *struck) {
		s.no(s.fleet.AddLeases(s.Context(), *many, *many))
		sums = s.leases()
	}
	rehearsed := func(s *struck) {
		given(s)
		s.runs(way{args: []string{"rehearse", "--to", target, "--yes"}, codes: []int{0}})
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
	found := func(s *struck) { // it may have ended while nobody drove
		whole(s)
		migrated(s.T, s.fleet, 1)
		s.wentOn()
	}
	within := rewriting(killMigration)
	torn := []string{"kea-lockstep resume", "kea-lockstep rollback", "torn", "step 5 of"}
	faultsOn(t, lab.Spec{Servers: 2, Engine: lab.Engine(*engineName), From: "2.2.0", Target: target}, []fault{
		{name: "nothing goes wrong", often: true, given: given, codes: []int{0}, last: arrived},
		{name: "rehearsed before", given: rehearsed, codes: []int{0}, last: arrived},
		{name: "kea-admin is killed as it rewrites lease6", often: true, given: given, at: begins("migrate-k1-db1"), strike: within, codes: []int{5}, says: torn,
			on: []way{resume()}, last: arrived, blind: true},
		{name: "kea-admin is killed as it rewrites lease6, and taken back", often: true, given: given, at: begins("migrate-k1-db1"), strike: within, codes: []int{5}, says: torn,
			on: []way{rollback()}, last: whole, blind: true},
		{name: "the driver is killed as lease6 is rewritten", often: true, given: given, at: begins("migrate-k1-db1"), strike: rewriting(diesAndHolds), codes: []int{-1},
			on: []way{resume()}, last: func(s *struck) { found(s); arrived(s) }},
		{name: "the driver is killed as lease6 is rewritten, and the next one too", given: given, at: begins("migrate-k1-db1"), strike: rewriting(diesAndHolds), codes: []int{-1},
			next: &fault{args: []string{"resume", "--yes"}, at: moment{kind: "step-progress", name: "migrate-k1-db1"}, strike: killsDriver, codes: []int{-1}}, on: []way{resume()}, last: found},
		{name: "the driver is killed as lease6 is rewritten, and another machine goes on", given: given, at: begins("migrate-k1-db1"), strike: rewriting(diesAndHolds),
			codes: []int{-1}, mend: elsewhere, on: []way{from("k2", 0)}, last: func(s *struck) {
				whole(s)
				s.climbed()
				migrated(s.T, s.fleet, 1)
			}},
	})
}

// diesAndHolds kills the driver and holds the migration's programs for a while, so that the next driver finds them at work.
func diesAndHolds(s *struck) {
	killsDriver(s)
	s.must("k1", `unit=$(systemctl list-units --plain --no-legend --state=active 'kea-lockstep-*-migrate-k1-db1-*.service' | cut -d ' ' -f 1)
		systemctl kill --signal=STOP "$unit"
		systemd-run --quiet --collect --on-active=15 systemctl kill --signal=CONT "$unit"`)
}

// wentOn wants that a drive told steps of the migration that an earlier one had begun, and none that was told before.
func (s *struck) wentOn() {
	s.Helper()
	all, err := s.tool.Events()
	s.no(err)
	var numbers []int
	first, later := true, 0
	for _, e := range all {
		switch e.Type {
		case "drive-begun": // whoever carries a run on
			first = false
		case "step-progress":
			var at struct{ Number int }
			s.no(json.Unmarshal(e.Data, &at))
			numbers = append(numbers, at.Number)
			if !first {
				later++
			}
		}
	}
	if later == 0 || !slices.IsSorted(numbers) || len(slices.Compact(slices.Clone(numbers))) != len(numbers) {
		s.Errorf("of the steps %v %d were told by those who came later", numbers, later)
	}
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
