//go:build lab

package product_test

import (
	"os"
	"testing"
	"time"
)

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

// TestFaultBackOut strikes while the old state is brought back before the point of no return: whatever it is, the way back is gone to its
// end.
func TestFaultBackOut(t *testing.T) {
	const long = 15 * time.Second
	abort := func(at moment, strike func(*struck), codes ...int) *fault {
		return &fault{args: []string{"abort", "--yes"}, at: at, strike: strike, codes: codes}
	}
	var table []fault
	for _, c := range []struct {
		name  string
		abort *fault
		blind bool
	}{
		{"driver killed as k1 gets its old packages", abort(begins("old-install-k1"), unpacking("k1", killsDriver), -1), false},
		{"driver killed as k1 gets its old configuration", abort(begins("old-configure-k1"), killsDriver, -1), false},
		{"driver killed as k2's fence is lifted", abort(begins("old-unfence-k2"), killsDriver, -1), false},
		{"driver killed as k2 is started", abort(begins("old-start-k2"), killsDriver, -1), false},
		{"driver killed as k3 is let go", abort(begins("old-release-k3"), killsDriver, -1), false},
		{"Ctrl-C as k1 gets its old packages", abort(begins("old-install-k1"), signals(os.Interrupt), 4), false},
		{"k1 without power as it gets its old packages", abort(begins("old-install-k1"), unpacking("k1", off("k1", 3*time.Second, stopped)), 4, 7), false},
		{"k2 without power as it is started", abort(begins("old-start-k2"), off("k2", 3*time.Second, running), 4, 7), false},
		{"k1 cut off as it gets its old packages", abort(begins("old-install-k1"), unpacking("k1", cut("k1", long)), 4, 7), false},
		{"k2 cut off as it is started", abort(begins("old-start-k2"), cut("k2", long), 4, 7), false},
		{"k3 without sshd as it is confirmed", abort(begins("old-confirm-k3"), noSSH("k3", long), 4, 7), false},
		{"the database restarted as k2 is started", abort(begins("old-start-k2"), restarted, 4, 7), true},
	} {
		table = append(table, fault{
			name: c.name, at: begins("configure-k1"), strike: signals(os.Interrupt), codes: []int{4}, next: c.abort, on: []way{resume(4, 7), resume(7)},
			again: []string{"k1", "k2"}, blind: c.blind,
		})
	}
	for step, strike := range map[string]func(*struck){"old-install-k1": unpacking("k1", killsDriver), "old-start-k2": killsDriver} {
		killed := abort(begins(step), strike, -1)
		killed.mend = elsewhere
		table = append(table, fault{
			name: "driver killed in " + step + ", and carried on from elsewhere", at: begins("configure-k1"), strike: signals(os.Interrupt), codes: []int{4},
			next: killed, on: []way{from("k2", 7)}, again: []string{"k1"},
		})
	}
	faults(t, table)
}
