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
		{many, KindMigrate, 15, 60}, {other, KindMigrate, 15, 60}, {newer, KindMigrate, 0, 0},
		{many, KindProve, 5, 20}, {many, KindRestore, 5, 20}, {many, KindDump, 0.5, 2}, {many, KindKeep, 0.5, 2}, {many, KindContents, 0.1, 1},
		{many, KindInstall, 0, 0},
	} {
		if got := c.d.takes(c.kind); got < c.least || got > c.most {
			t.Errorf("%s of %v from %v to %v: %g s, not %g to %g", c.kind, c.d.Rows, c.d.Before, c.d.Target, got, c.least, c.most)
		}
	}
}
