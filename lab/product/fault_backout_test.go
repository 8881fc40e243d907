//go:build lab

package product_test

import "testing"

// TestFaultAborted: abort, from another terminal, takes the fleet back to old packages, old configuration and old unit states from each
// phase before the point of no return. After it, it is refused, and the run goes on.
func TestFaultAborted(t *testing.T) {
	abort := func(codes ...int) func(*struck) {
		return func(s *struck) { s.runs(way{args: []string{"abort", "--yes"}, codes: codes}) }
	}
	back := abort(7)
	early := []string{"upgrade", "--to", "3.0.3", "--yes", "--early"}
	codes := []int{7}
	faults(t, []fault{
		{name: "in prefetch", at: begins("prefetch-k1"), strike: abort(3), codes: []int{3}},
		{name: "as k1 is fenced", at: begins("fence-k1"), strike: back, codes: codes},
		{name: "as k2 is stopped", at: begins("stop-k2"), strike: back, codes: codes},
		{name: "in the dump", at: begins("dump-k2-db1"), strike: back, codes: codes},
		{name: "in the proof", at: begins("prove-k2-db1"), strike: back, codes: codes},
		{name: "in the package upgrade of k1", often: true, at: begins("install-k1"), strike: unpacking("k1", back), codes: codes},
		{name: "as k1 gets its configuration", at: begins("configure-k1"), strike: back, codes: codes},
		{name: "in an early package upgrade of k3", often: true, at: begins("install-k3"), args: early, strike: unpacking("k3", back), codes: codes},
		{name: "in the migration", at: begins("migrate-k1-db1"), strike: abort(5), codes: []int{0}},
		{name: "in the start of the rest", at: begins("start-k3"), strike: abort(5), codes: []int{0}},
	})
}
