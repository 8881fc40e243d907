//go:build lab

package product

import (
	"strings"
	"testing"
)

func TestTheTableIsMadeOfTheLines(t *testing.T) {
	document := []string{
		"# Title", tableBegins, "an old table", tableEnds, "", "## TestFaultA", "", "| fault | struck at | exit, and what was said | way on | witness |", "|---|---|---|---|---|",
		"| one | step-begun migrate-k1-db1 | 5: it failed | resume --yes: 5: a, b; resume --yes --declare-dead k3: 0 | 0 bad moments |",
		"| two | step-begun migrate-k1-db1 | 0 |  | 0 bad moments |",
		"| three | step-begun migrate-k1-db1 | 0 |  | 0 bad moments |",
		"| four | from the beginning | killed | rollback --yes: 7: x | 0 bad moments |",
		"", "## TestFaultA on PostgreSQL", "", "| one | step-done confirm-k2 | 0 |  | 0 bad moments |",
	}
	got := strings.Join(tabled(document), "\n")
	for _, want := range []string{
		"| FaultA | killed → 7 |  |  |  |  | 0, 5 → 0 |  |  |  |  |  |  |  |  |\n", "| FaultA on PostgreSQL |  |  |  |  |  |  |  |  |  |  |  | 0 |  |  |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "an old table") || strings.Join(tabled(strings.Split(got, "\n")), "\n") != got {
		t.Errorf("the table is not replaced:\n%s", got)
	}
	for _, line := range document[4:] {
		if !strings.Contains(got, line+"\n") && !strings.HasSuffix(got, line) {
			t.Errorf("lost: %s", line)
		}
	}
}
