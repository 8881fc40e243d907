package journal_test

import (
	"testing"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// TestMigrationsSayWhereTheyAre: how far an attempt got is told until it, or another, arrives or the schema is proved to be as before.
func TestMigrationsSayWhereTheyAre(t *testing.T) {
	way := []kea.Schema{{Major: 22, Minor: 2}, {Major: 23}, {Major: 24}}
	on := journal.Event{Group: "k1", Phase: "migrate", Server: "k1", Step: "migrate-k1-db1"}
	s := &story{epoch: 1}
	s.tell(journal.PlanMade, journal.Event{}, map[string]any{"groups": []any{map[string]any{
		"id": "k1", "databases": []any{map[string]any{"id": "a", "name": "kea", "label": "db1", "before": "22.2"}},
	}}})
	is := func(want string, ended bool) {
		t.Helper()
		status, _ := fold(t, s)
		m := status.Bases[0].Migration
		switch {
		case want == "" && m != nil, want != "" && m == nil:
			t.Errorf("it says %+v, not %q", m, want)
		case m != nil && (m.String() != want || m.Ended.IsZero() == ended || m.Since.IsZero()):
			t.Errorf("it says %+v, not %q, ended %v", m, want, ended)
		}
	}
	is("", false)
	s.tell(journal.StepBegun, on, journal.Attempt{Number: 1, Kind: journal.KindMigrate})
	is("", false)
	s.tell(journal.StepProgress, on, journal.Along(way, 1)).tell(journal.StepProgress, on, journal.Along(way, 2))
	is("22.2 -> 24.0: step 2 of 2 (23.0 to 24.0)", false)
	s.tell(journal.StepFailed, on, "torn")
	is("22.2 -> 24.0: step 2 of 2 (23.0 to 24.0)", true)
	restored := *s
	restored.tell(journal.Untouched, journal.Event{Group: "k1"}, "restored")
	if status, _ := fold(t, &restored); status.Bases[0].Migration != nil {
		t.Errorf("restored, it says %+v", status.Bases[0].Migration)
	}
	s.tell(journal.StepBegun, on, journal.Attempt{Number: 2, Kind: journal.KindMigrate})
	is("", false)
	s.tell(journal.StepProgress, on, journal.Along(way, 1)).tell(journal.StepDone, on, journal.Result{Kind: journal.KindMigrate})
	is("", false)
}
