package orchestrator

import (
	"testing"

	"kea-lockstep/internal/kea"
)

// What the leases cost is in the estimate of a plan, the slow step of the way from Kea 2.2 first of all.
func TestEstimatesCountTheLeases(t *testing.T) {
	few := DatabasePlan{Engine: kea.MySQL, Before: kea.Schema{Major: 14}, Target: kea.Schema{Major: 22, Minor: 2}}
	many := few
	many.Rows = map[string]int64{"lease4": 200_000, "lease6": 200_000, "hosts": 1_000_000}
	newer := many
	newer.Before, newer.Target = many.Target, kea.Schema{Major: 30}
	other := many
	other.Engine, other.Before = kea.PostgreSQL, kea.Schema{Major: 13}
	for _, c := range []struct {
		d           DatabasePlan
		kind        Kind
		least, most float64
	}{
		{few, KindMigrate, 0, 0}, {few, KindProve, 0, 0},
		{many, KindMigrate, 15, 60}, {other, KindMigrate, 3, 12}, {newer, KindMigrate, 0, 0},
		{many, KindProve, 5, 20}, {many, KindRestore, 5, 20}, {many, KindDump, 0.5, 2}, {many, KindKeep, 0.5, 2}, {many, KindContents, 0.1, 1},
		{many, KindInstall, 0, 0},
	} {
		got := c.d.takes(c.kind, false)
		if got < c.least || got > c.most {
			t.Errorf("%s of %v from %v to %v: %g s, not %g to %g", c.kind, c.d.Rows, c.d.Before, c.d.Target, got, c.least, c.most)
		}
		if c.kind == KindProve && got > 0 && c.d.takes(c.kind, true) > got/4 {
			t.Errorf("the proof of a copy takes %g s, and that of a dump %g s", c.d.takes(c.kind, true), got)
		}
	}
}

// TestEstimatesHoldWithinATwofold: what the plan says is no less than half, and no more than twice, of what was measured by the clock on
// hosts of the lab, from 14.0 (PostgreSQL: 13.0) to 22.2, as docs/performance.md tells.
func TestEstimatesHoldWithinATwofold(t *testing.T) {
	old := map[kea.Engine]kea.Schema{kea.MySQL: {Major: 14}, kea.PostgreSQL: {Major: 13}}
	for _, c := range []struct {
		engine kea.Engine
		rows   int64 // of each kind of lease
		took   map[Kind]float64
	}{
		{kea.MySQL, 50_000, map[Kind]float64{KindDump: 1.6, KindProve: 7, KindMigrate: 7.1}},
		{kea.MySQL, 200_000, map[Kind]float64{KindDump: 2.7, KindProve: 27, KindMigrate: 29}},
		{kea.MySQL, 1_000_000, map[Kind]float64{KindMigrate: 179}},
		{kea.PostgreSQL, 100_000, map[Kind]float64{KindDump: 2.6, KindProve: 3.6, KindMigrate: 4.1}},
		{kea.PostgreSQL, 1_000_000, map[Kind]float64{KindDump: 21.5, KindProve: 64.3, KindMigrate: 46.5}},
	} {
		d := DatabasePlan{
			Engine: c.engine, Before: old[c.engine], Target: kea.Schema{Major: 22, Minor: 2},
			Rows: map[string]int64{"lease4": c.rows, "lease6": c.rows},
		}
		for kind, took := range c.took {
			if says := kinds[kind].estimate + d.takes(kind, false); says < took/2 || says > 2*took {
				t.Errorf("%s, %d of each: the plan says %g s for %s, and it took %g s", c.engine, c.rows, says, kind, took)
			}
		}
	}
}
