package journal_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// moments words what a status tells of a run, a line for each moment.
func moments(s journal.Status) (all []string) {
	for _, m := range s.Moments() {
		text := fmt.Sprintf("%d %s", m.Epoch, m.What)
		for _, part := range []string{m.Phase, m.Step, m.Title, string(m.Outcome), m.Said, m.By} {
			if part != "" && part != "p" {
				text += " | " + part
			}
		}
		if !m.Until.IsZero() {
			text += fmt.Sprintf(" | %v", m.Until.Sub(m.Time))
		}
		all = append(all, text)
	}
	return all
}

func told(t *testing.T, s *story, want ...string) journal.Status {
	t.Helper()
	status, _ := fold(t, s)
	got := moments(status)
	if !slices.Equal(got, want) {
		t.Errorf("it tells")
		for _, line := range got {
			t.Errorf("  %s", line)
		}
	}
	return status
}

func TestMomentsOfARunThatWasResumed(t *testing.T) {
	s := planned().of(journal.GateAsked, journal.Asking{Gate: "go", Verdict: fleet.Affirm("all well")}).
		of(journal.Asked, journal.Question{Question: "stop?", Yes: true}).phase(journal.PhaseBegun, "stop").
		begin(journal.KindStop, "k1", 1).done(journal.KindStop, "k1", nil).begin(journal.KindStop, "k2", 1).failed(journal.KindStop, "k2").ended(journal.Halted)
	s.drive().tell(journal.StepDone, journal.Event{Group: "k1+k2", Phase: "p", Step: "stop-k1", Server: "k1"},
		journal.Result{Kind: journal.KindStop, Saw: "no Kea daemon", Probed: true})
	s.phase(journal.PhaseBegun, "stop").begin(journal.KindStop, "k2", 2)
	status := told(t, s,
		"1 plan-made | sha256:1",
		"1 gate | go | yes | all well",
		"1 asked | stop? | yes",
		"1 phase | stop | cut off | 5s",
		"1 step | stop-k1 | stop | done | 1s",
		"1 step | stop-k2 | stop | failed | it did not work | 1s",
		"1 group-ended | this | halted",
		"2 step | stop-k1 | stop-k1 | already so | no Kea daemon | 0s",
		"2 phase | stop",
		"2 step | stop-k2 | stop",
	)
	if len(status.UnderWay) != 2 || len(status.Drives) != 2 {
		t.Fatalf("under way %v, drives %v", status.UnderWay, status.Drives)
	}
	if d := status.Drives[0]; d.State != journal.Halted || d.Ended.IsZero() || d.Driver != "me@here" || d.Epoch != 1 {
		t.Errorf("the first drive: %+v", d)
	}
	if d := status.Drives[1]; d.State != journal.Running || !d.Ended.IsZero() || d.Driver != "other@there" || d.Epoch != 2 {
		t.Errorf("the second drive: %+v", d)
	}
	status.Interrupt()
	if d := status.Drives[1]; d.State != journal.Interrupted || status.UnderWay[0].Outcome != journal.CutOff {
		t.Errorf("with its process gone: %+v, %+v", d, status.UnderWay)
	}
}

// A drive that died says so once the next begins, and what it was doing was cut off when it was last heard of.
func TestADriveThatDied(t *testing.T) {
	s := planned().phase(journal.PhaseBegun, "stop").begin(journal.KindStop, "k1", 1).begin(journal.KindStop, "k2", 1).drive()
	status := told(t, s,
		"1 plan-made | sha256:1",
		"1 phase | stop | cut off | 2s",
		"1 step | stop-k1 | stop | cut off | 1s",
		"1 step | stop-k2 | stop | cut off | 0s",
	)
	if d := status.Drives[0]; d.State != journal.Interrupted || !d.Ended.IsZero() || !d.Last.Equal(s.events[4].Time) {
		t.Errorf("the drive that died: %+v", d)
	}
}

func TestWhoAnswered(t *testing.T) {
	s := &story{epoch: 1}
	s.tell(journal.RunBegun, journal.Event{}, journal.Begun{Command: "upgrade", Answers: journal.YesFlag})
	s.of(journal.Asked, journal.Question{Question: "stop?", Yes: true}).of(journal.Asked, journal.Question{Question: "lose what was written?", Yes: false, Typed: true})
	told(t, s, "1 asked | stop? | yes | --yes", "1 asked | lose what was written? | no | terminal")
}

// Steps that a drive finds done are called as the plan calls them.
func TestStepsAreCalledAsInThePlan(t *testing.T) {
	s := &story{epoch: 1}
	step := map[string]any{"id": "old-fence-k1", "kind": "fence", "title": "fence: mask every Kea unit"}
	s.tell(journal.PlanMade, journal.Event{}, map[string]any{"groups": []any{map[string]any{
		"id": "k1+k2", "back_out": []any{map[string]any{"name": "stop again", "first": []any{[]any{step}}}},
	}}})
	s.tell(journal.StepDone, journal.Event{Group: "k1+k2", Phase: "stop again", Step: "old-fence-k1", Server: "k1"}, journal.Result{Kind: "fence", Probed: true})
	status, _ := fold(t, s)
	if m := status.Timeline[len(status.Timeline)-1]; m.Title != "fence: mask every Kea unit" {
		t.Errorf("it is called %q", m.Title)
	}
}

// What a run did until it was taken over is not known to have taken any time: its journal is elsewhere.
func TestADriveWhoseJournalIsElsewhere(t *testing.T) {
	s := planned()
	s.tell(journal.TakenOver, journal.Event{}, journal.Takeover{Server: "k1", Driver: "lost@there", Groups: []string{"k1+k2"}, Events: []journal.Event{
		{Type: journal.StepDone, Group: "k1+k2", Step: "dump-k1", Server: "k1", Time: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)},
	}}).drive()
	status := told(t, s, "1 plan-made | sha256:1", "2 taken-over | lost@there")
	if d := status.Drives[0]; !d.Began.IsZero() || d.Driver != "lost@there" || d.State != journal.Interrupted || len(status.Drives) != 2 {
		t.Errorf("drives %+v", status.Drives)
	}
}

// What a group that is rolled goes without is a server, never all of them.
func TestOutageOfAGroupThatIsRolled(t *testing.T) {
	s := &story{epoch: 1}
	s.tell(journal.PlanMade, journal.Event{}, map[string]any{"groups": []any{map[string]any{
		"id": "k1+k2", "mode": "rolling", "servers": []any{map[string]any{"name": "k1"}, map[string]any{"name": "k2"}},
	}}})
	s.begin(journal.KindStop, "k1", 1).done(journal.KindConfirm, "k1", nil).begin(journal.KindStop, "k2", 1).done(journal.KindConfirm, "k2", nil)
	if _, g := fold(t, s); g.Outage.AllDown != 0 || g.Outage.Per["k1"] != 1 || g.Outage.Per["k2"] != 1 {
		t.Errorf("all down %v, per server %v", g.Outage.AllDown, g.Outage.Per)
	}
}

// Each time without an answer is kept by itself.
func TestSpans(t *testing.T) {
	s := planned().begin(journal.KindStop, "k1", 1).done(journal.KindConfirm, "k1", nil).begin(journal.KindStop, "k1", 2)
	_, g := fold(t, s)
	spans := g.Outage.Server["k1"].Spans()
	if len(spans) != 2 || spans[0].Until.Sub(spans[0].From) != time.Second || !spans[1].Until.IsZero() || len(g.Outage.Server["k2"].Spans()) != 0 {
		t.Errorf("%+v", spans)
	}
}
