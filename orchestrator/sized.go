package orchestrator

import (
	"math"

	"kea-lockstep/internal/kea"
)

// cost is what the rows of the two lease tables add to a step, in seconds for each million.
type cost struct{ lease4, lease6 float64 }

// costs are what they add to each step that goes through all of them.
type costs struct {
	dump, restore cost
	copy, put     cost // by a copy within the server
	// rewrites are the migrations' steps, by the schema that they lead to; all others take the same for every database, those from
	// 22.2 to 30.0 among them.
	rewrites map[int]cost
}

// sizes are the costs on each engine, measured as docs/performance.md tells.
var sizes = map[kea.Engine]costs{
	kea.MySQL: {dump: cost{lease4: 2, lease6: 3}, restore: cost{lease4: 35, lease6: 45}, copy: cost{lease4: 4, lease6: 6}, put: cost{lease4: 24, lease6: 30}, rewrites: map[int]cost{
		16: {lease4: 1.5},            // two indexes
		18: {lease4: 2.5, lease6: 3}, // wider columns, and more of them
		19: {lease6: 134},            // IPv6 addresses become binary, through several copies of the table
		21: {lease6: 2},              // an index
	}},
	kea.PostgreSQL: {dump: cost{lease4: 5, lease6: 7}, restore: cost{lease4: 20, lease6: 25}, copy: cost{lease4: 4, lease6: 6}, put: cost{lease4: 14, lease6: 17}, rewrites: map[int]cost{
		15: {lease4: 1.5, lease6: 1.5}, // indexes
		17: {lease4: 2, lease6: 2},     // wider columns, and more of them
		18: {lease6: 20},               // IPv6 addresses become those of the engine's own type, once through the table
		20: {lease4: 1.5, lease6: 1.5}, // indexes
	}},
}

// sized adds to a group's steps what its leases cost. What was measured of the database itself takes its place later.
func sized(g *GroupPlan) {
	for _, phase := range g.Phases {
		for _, lanes := range [][][]Step{phase.First, phase.Lanes} {
			for _, lane := range lanes {
				for i := range lane {
					if d, ok := g.Database(lane[i].Database); ok {
						lane[i].Estimate += d.takes(lane[i].Kind, lane[i].ByCopy())
					}
				}
			}
		}
	}
}

// takes is what the database's leases add to a step, in seconds, to a tenth. A copy is proved by reading it and the original.
func (d DatabasePlan) takes(k Kind, byCopy bool) float64 {
	all, size := cost{}, sizes[d.Engine]
	switch {
	case byCopy && k == KindDump:
		all = size.copy
	case byCopy && k == KindProve:
		all = cost{lease4: 4, lease6: 4}
	case byCopy && k == KindRestore:
		all = size.put
	case k == KindDump, k == KindKeep:
		all = size.dump
	case k == KindContents:
		all = cost{lease4: 1, lease6: 1}
	case k == KindProve, k == KindRestore:
		all = size.restore
	case k == KindMigrate:
		for to, one := range size.rewrites {
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
