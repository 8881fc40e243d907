//go:build lab

package product_test

import (
	"slices"
	"testing"
)

// TestFaultKilled kills the driver with SIGKILL as it begins a step: its command may be on its way, or not. Whatever step
// it is, resume ends the run, and nothing runs twice.
func TestFaultKilled(t *testing.T) {
	often := []string{"release-k2"}
	var table []fault
	for _, step := range eachStep() {
		table = append(table, fault{
			name: step, at: begins(step), often: slices.Contains(often, step),
			strike: killsDriver,
			codes:  []int{-1}, on: []way{resume()},
		})
	}
	table = append(table, fault{
		name: "within test-k1", often: true, at: begins("test-k1"),
		strike: upon("k1", "systemctl is-active --quiet 'kea-lockstep-test-*'", killsDriver),
		codes:  []int{-1}, on: []way{resume()},
	})
	faults(t, table)
}

// eachStep is every step of an upgrade of three, but for those that are like another.
func eachStep() []string {
	return []string{
		"prefetch-k1", "stage-k2", "claim-k1", "claim-k3", "fence-k2", "stop-k3", "dump-k2-db1", "dump-k3-db1", "prove-k2-db1", "contents-k1-db1",
		"install-k1", "configure-k1", "migrate-k1-db1", "verify-k1-db1", "test-k1", "unfence-k1", "start-k1", "confirm-k1",
		"install-k2", "install-k3", "configure-k3", "test-k3", "unfence-k2", "start-k3", "confirm-k2", "release-k1", "release-k2", "release-k3",
	}
}
