package orchestrator

import (
	"math"

	"kea-lockstep/internal/kea"
)

// cost is what the rows of the two lease tables add to a step, in seconds for each million.
type cost struct{ lease4, lease6 float64 }

// rewrites are the migrations' steps that go through all leases, by MySQL's schema that they lead to; all others take the same for
// every database, those from 22.2 to 30.0 among them. Measured on MariaDB, as docs/performance.md tells. PostgreSQL's, a number
// lower each, are taken for no slower.
var rewrites = map[int]cost{
	16: {lease4: 1.5},            // two indexes
	18: {lease4: 2.5, lease6: 3}, // wider columns, and more of them
	19: {lease6: 134},            // IPv6 addresses become binary, through several copies of the table
	21: {lease6: 2},              // an index
}

// sized adds to a group's steps what its leases cost. What was measured of the database itself takes its place later.
func sized(g *GroupPlan) {
	for _, phase := range g.Phases {
		for _, lanes := range [][][]Step{phase.First, phase.Lanes} {
			for _, lane := range lanes {
				for i := range lane {
					if d, ok := g.Database(lane[i].Database); ok {
						lane[i].Estimate += d.takes(lane[i].Kind)
					}
				}
			}
		}
	}
}

// takes is what the database's leases add to a step, in seconds, to a tenth.
func (d DatabasePlan) takes(k Kind) float64 {
	all := cost{}
	switch k {
	case KindDump, KindKeep:
		all = cost{lease4: 2, lease6: 3}
	case KindContents:
		all = cost{lease4: 1, lease6: 1}
	case KindProve, KindRestore:
		all = cost{lease4: 35, lease6: 45}
	case KindMigrate:
		for to, one := range rewrites {
			if d.Engine == kea.PostgreSQL {
				to--
			}
			if d.Before.Major < to && to <= d.Target.Major {
				all.lease4 += one.lease4
				all.lease6 += one.lease6
			}
		}
	}
	const million = 1e6
	sum := all.lease4*float64(d.Rows["lease4"])/million + all.lease6*float64(d.Rows["lease6"])/million
	return math.Round(10*sum) / 10
}
