//go:build lab

package product_test

import (
	"testing"
	"time"
)

// TestFaultPower cuts the power of a server in each phase and switches it on again. No Kea comes up behind a fence, and
// the run ends, by itself or with resume.
func TestFaultPower(t *testing.T) {
	done, back, past := []int{0}, []int{0, 4, 7}, []int{0, 5}
	const long = 3 * time.Second
	var reboots []fault
	for _, r := range []struct {
		server, step string
		then         after
		codes        []int
	}{
		{"k3", "prefetch-k3", running, []int{0, 3}}, {"k2", "stop-k2", either, back}, {"k2", "dump-k2-db1", stopped, back},
		{"k1", "verify-k1-db1", stopped, past}, {"k1", "start-k1", running, past}, {"k1", "confirm-k1", running, past},
		{"k3", "install-k3", stopped, past}, {"k3", "start-k3", running, past}, {"k2", "release-k2", running, past},
	} {
		reboots = append(reboots, fault{name: r.server + " rebooted in " + r.step, at: begins(r.step), strike: rebooted(r.server, r.then), codes: r.codes,
			on: []way{resume(0, 7)}, again: []string{r.server}})
	}
	faults(t, append(reboots, []fault{
		{name: "k2 as it is fenced", at: begins("fence-k2"), strike: off("k2", long, either), codes: back, on: []way{resume(0, 7)}},
		{name: "k3 in its confirmation", at: begins("confirm-k3"), strike: off("k3", long, running), codes: past, on: []way{resume()}},
		{name: "k3 in prefetch", at: begins("prefetch-k3"), strike: off("k3", long, running), codes: done},
		{name: "k3 before its fence", at: begins("claim-k3"), strike: off("k3", long, either), codes: back, on: []way{resume(0, 7)}},
		{name: "k2 before it is stopped", at: begins("stop-k2"), strike: off("k2", long, stopped), codes: back, on: []way{resume(0, 7)}},
		{name: "k2 in its dump", at: begins("dump-k2-db1"), strike: off("k2", long, stopped), codes: done},
		{name: "k3 in its dump", at: begins("dump-k3-db1"), strike: off("k3", long, stopped), codes: done},
		{name: "k2 in the proof of its dump", at: begins("prove-k2-db1"), strike: off("k2", long, stopped), codes: back, on: []way{resume(0, 7)}},
		{name: "k1 as contents are counted", at: begins("contents-k1-db1"), strike: off("k1", long, stopped), codes: back, on: []way{resume(0, 7)}, again: []string{"k1"}},
		{name: "k1 as it gets its configuration", at: begins("configure-k1"), strike: off("k1", long, stopped), codes: back, on: []way{resume(0, 7)}, again: []string{"k1"}},
		{name: "k1 rebooted in its package upgrade", at: begins("install-k1"), strike: unpacking("k1", rebooted("k1", stopped)), codes: back, on: []way{resume(0, 7)}, again: []string{"k1"}},
		{name: "k1 rebooted in the migration", at: begins("migrate-k1-db1"), strike: migrating(rebooted("k1", stopped)), codes: past, on: []way{resume()}},
		{name: "k2 rebooted in the migration", at: begins("migrate-k1-db1"), strike: migrating(rebooted("k2", stopped)), codes: past, on: []way{resume()}},
		{name: "k1 in verification", at: begins("verify-k1-db1"), strike: off("k1", long, stopped), codes: past, on: []way{resume()}},
		{name: "k1 in the test of its configuration", at: begins("test-k1"), strike: off("k1", long, stopped), codes: past, on: []way{resume()}},
		{name: "k1 as its fence is lifted", at: begins("unfence-k1"), strike: off("k1", long, either), codes: past, on: []way{resume()}},
		{name: "k3 rebooted in its confirmation", at: begins("confirm-k3"), strike: rebooted("k3", running), codes: past, on: []way{resume()}},
		{name: "k1 in its package upgrade", often: true, at: begins("install-k1"), strike: unpacking("k1", off("k1", long, stopped)), codes: done, again: []string{"k1"}},
		{name: "k1 in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(off("k1", long, stopped)), codes: past, on: []way{resume()}},
		{name: "k3 in the migration", at: begins("migrate-k1-db1"), strike: migrating(off("k3", long, stopped)), codes: done},
		{name: "k1 in its start", at: begins("start-k1"), strike: off("k1", long, running), codes: past, on: []way{resume()}},
		{name: "k1 in its confirmation", at: begins("confirm-k1"), strike: off("k1", long, running), codes: past, on: []way{resume()}},
		{name: "k3 in its package upgrade", at: begins("install-k3"), strike: unpacking("k3", off("k3", long, stopped)), codes: done, again: []string{"k3"}},
		{name: "k3 in its start", at: begins("start-k3"), strike: off("k3", long, running), codes: past, on: []way{resume()}},
		{name: "k2 as it is let go", at: begins("release-k2"), strike: off("k2", long, running), codes: past, on: []way{resume()}},
	}...))
}
