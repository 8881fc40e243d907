package view_test

import (
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator/journal"
)

// TestAMigrationThatTakesLong: how long it takes by now is said again and again, of each database with its name where there are several.
func TestAMigrationThatTakesLong(t *testing.T) {
	var fold journal.Folding
	all := events(plan(t, facts(t, three(), nil)))
	for _, e := range all[:len(all)-3] { // until it fails
		if err := fold.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	s, now := fold.Status(), time.Date(2026, 11, 22, 2, 4, 25, 0, time.UTC)
	const step = "22.2 -> 30.0: step 7 of 8 (28.0 to 29.0), 79 s"
	if got := view.Still(s, now, view.Paper{}); got != "02:04:25  01:22  migrate            k1  "+step+"\n" {
		t.Errorf("it says %q", got)
	}
	s.Bases = append(s.Bases, journal.DatabaseStatus{Name: "other", Group: s.Bases[0].Group, Label: "db2"})
	if got := view.Still(s, now, view.Paper{}); !strings.HasSuffix(got, "  kea1: "+step+"\n") {
		t.Errorf("of two it says %q", got)
	}
	shown := view.NewPage(view.Paper{})
	view.NewStatus(s, now, view.Where{}).Text(shown)
	if !strings.Contains(shown.String(), "its migration "+step) {
		t.Errorf("the status does not tell:\n%s", shown)
	}
	for _, e := range all[len(all)-3:] {
		if err := fold.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if got := view.Still(fold.Status(), now, view.Paper{}); got != "" {
		t.Errorf("once it has failed, it says %q", got)
	}
}
