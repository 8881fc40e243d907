package journal_test

import (
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"testing"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// story makes events a second apart, numbered as a log does.
type story struct {
	events []journal.Event
	epoch  int
}

func (s *story) tell(t journal.Type, e journal.Event, data any) *story {
	e.Type, e.Run, e.Epoch, e.Seq = t, run, s.epoch, len(s.events)+1
	e.Time = time.Date(2026, 11, 22, 2, 3, len(s.events), 0, time.UTC)
	if data != nil {
		e = e.With(data)
	}
	s.events = append(s.events, e)
	return s
}

func (s *story) phase(t journal.Type, name string) *story {
	return s.tell(t, journal.Event{Group: "k1+k2", Phase: name}, nil)
}

func (s *story) begin(kind, server string, attempt int) *story {
	return s.tell(journal.StepBegun, journal.Event{Group: "k1+k2", Phase: "p", Step: kind + "-" + server, Server: server},
		journal.Attempt{Number: attempt, Title: kind, Kind: kind})
}

func (s *story) done(kind, server string, facts map[string]string) *story {
	return s.tell(journal.StepDone, journal.Event{Group: "k1+k2", Phase: "p", Step: kind + "-" + server, Server: server},
		journal.Result{Kind: kind, Facts: facts})
}

func (s *story) failed(kind, server string) *story {
	return s.tell(journal.StepFailed, journal.Event{Group: "k1+k2", Phase: "p", Step: kind + "-" + server, Server: server}, "it did not work")
}

func (s *story) of(t journal.Type, data any) *story {
	return s.tell(t, journal.Event{Group: "k1+k2"}, data)
}

func (s *story) ended(state journal.State) *story {
	return s.of(journal.GroupEnded, journal.Ended{State: state, Problem: &journal.Problem{What: "this"}}).tell(journal.DriveEnded, journal.Event{}, nil)
}

func (s *story) drive() *story {
	s.epoch++
	return s.tell(journal.DriveBegun, journal.Event{}, journal.Begun{Command: "resume", Driver: "other@there"})
}

// planned is a run of two servers and one database that has its plan.
func planned() *story {
	s := &story{epoch: 1}
	s.tell(journal.RunBegun, journal.Event{}, journal.Begun{Command: "upgrade", Driver: "me@here", Fleet: "fleet.yaml", Target: kea.Version{Major: 3, Patch: 3}})
	return s.tell(journal.PlanMade, journal.Event{}, map[string]any{"hash": "sha256:1", "groups": []any{map[string]any{
		"id":        "k1+k2",
		"servers":   []any{map[string]any{"name": "k1", "before": "2.6.3"}, map[string]any{"name": "k2", "before": "2.6.3"}},
		"databases": []any{map[string]any{"id": "d", "name": "kea", "before": "22.2"}},
		"phases":    []any{map[string]any{"name": "stop"}, map[string]any{"name": "finish"}},
	}}})
}

func fold(t *testing.T, s *story) (journal.Status, journal.GroupStatus) {
	t.Helper()
	status, err := journal.Fold(events(s.events, nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(status.Groups) == 0 {
		return status, journal.GroupStatus{}
	}
	return status, status.Groups[0]
}

func events(all []journal.Event, end error) iter.Seq2[journal.Event, error] {
	return func(yield func(journal.Event, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
		if end != nil {
			yield(journal.Event{}, end)
		}
	}
}

func TestStateOfTheRun(t *testing.T) {
	bare := &story{epoch: 1}
	bare.tell(journal.RunBegun, journal.Event{}, journal.Begun{Command: "upgrade"})
	ended := &story{epoch: 1, events: slices.Clone(bare.events)}
	ended.tell(journal.DriveEnded, journal.Event{}, nil)
	tests := []struct {
		name  string
		story *story
		want  journal.State
		dead  journal.State // once its process is known to be gone
	}{
		{"begun", bare, journal.Running, journal.Interrupted},
		{"ended without a plan", ended, journal.Refused, journal.Refused},
		{"planned", planned(), journal.Waiting, journal.Waiting},
		{"in a phase", planned().phase(journal.PhaseBegun, "stop"), journal.Running, journal.Interrupted},
		{"refused", planned().ended(journal.Refused), journal.Refused, journal.Refused},
		{"halted", planned().phase(journal.PhaseBegun, "stop").ended(journal.Halted), journal.Halted, journal.Halted},
		{"paused", planned().phase(journal.PhaseBegun, "stop").phase(journal.PhaseDone, "stop").ended(journal.Paused), journal.Paused, journal.Paused},
		{"paused before its first phase", planned().ended(journal.Paused), journal.Paused, journal.Paused},
		{"paused and taken up", planned().ended(journal.Paused).drive(), journal.Running, journal.Interrupted},
		{"taken up", planned().phase(journal.PhaseBegun, "stop").ended(journal.Halted).drive(), journal.Running, journal.Interrupted},
		{"taken up and done", planned().phase(journal.PhaseBegun, "stop").ended(journal.Halted).drive().ended(journal.Done), journal.Done, journal.Done},
		{"over stays over", planned().ended(journal.BackedOut).drive(), journal.BackedOut, journal.BackedOut},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, _ := fold(t, test.story)
			if status.State != test.want {
				t.Errorf("state %s, want %s", status.State, test.want)
			}
			status.Interrupt()
			if status.State != test.dead {
				t.Errorf("with its process gone: %s, want %s", status.State, test.dead)
			}
		})
	}
}

func TestWorstGroupSpeaksForTheRun(t *testing.T) {
	two := func(a, b journal.State) journal.State {
		s := &story{epoch: 1}
		s.tell(journal.PlanMade, journal.Event{}, map[string]any{"groups": []any{map[string]any{"id": "a"}, map[string]any{"id": "b"}}})
		for id, state := range map[string]journal.State{"a": a, "b": b} {
			s.tell(journal.GroupEnded, journal.Event{Group: id}, journal.Ended{State: state})
		}
		status, _ := fold(t, s)
		return status.State
	}
	order := []journal.State{journal.Halted, journal.Interrupted, journal.Paused, journal.RolledBack, journal.BackedOut, journal.Refused, journal.Done}
	for i, worse := range order {
		for _, better := range order[i:] {
			if got := two(worse, better); got != worse {
				t.Errorf("%s and %s make %s", worse, better, got)
			}
			if got := two(better, worse); got != worse {
				t.Errorf("%s and %s make %s", better, worse, got)
			}
		}
	}
}

func TestPointOfNoReturn(t *testing.T) {
	tests := []struct {
		name  string
		story *story
		want  bool
	}{
		{"dumped", planned().begin(journal.KindDump, "k1", 1).done(journal.KindDump, "k1", nil), false},
		{"intent", planned().begin(journal.KindMigrate, "k1", 1), true},
		{"failed", planned().begin(journal.KindMigrate, "k1", 1).failed(journal.KindMigrate, "k1"), true},
		{"failed and untouched", planned().begin(journal.KindMigrate, "k1", 1).failed(journal.KindMigrate, "k1").of(journal.Untouched, "22.2"), false},
		{"again", planned().begin(journal.KindMigrate, "k1", 1).of(journal.Untouched, "22.2").begin(journal.KindMigrate, "k1", 2), true},
		{"across drives", planned().begin(journal.KindMigrate, "k1", 1).ended(journal.Halted).drive(), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, g := fold(t, test.story); g.PastReturn != test.want {
				t.Errorf("past the point of no return: %t, want %t", g.PastReturn, test.want)
			}
		})
	}
}

func TestOutage(t *testing.T) {
	s := planned() // events 1 and 2, in the seconds 0 and 1
	s.begin(journal.KindStop, "k1", 1).begin(journal.KindStop, "k2", 1)
	if _, g := fold(t, s); g.Outage.AllDown != 0 || len(g.Outage.Per) != 0 || g.Outage.Stopped.IsZero() {
		t.Errorf("while all are down: %+v", g.Outage)
	}
	s.done(journal.KindStop, "k1", nil).done(journal.KindStop, "k2", nil)
	s.done(journal.KindConfirm, "k1", nil) // second 6
	s.done(journal.KindConfirm, "k2", nil) // second 7
	s.begin(journal.KindStop, "k2", 2).done(journal.KindConfirm, "k2", nil)
	_, g := fold(t, s)
	if g.Outage.AllDown != 4 || g.Outage.Per["k1"] != 4 || g.Outage.Per["k2"] != 5 {
		t.Errorf("all down %v, per server %v; want 4 and 4, 5", g.Outage.AllDown, g.Outage.Per)
	}
	s.begin(journal.KindStop, "k1", 2).begin(journal.KindStop, "k2", 3) // both are down once more, from the later stop
	if _, g := fold(t, s); !g.Outage.Back.IsZero() {
		t.Errorf("all are down again, and it does not show: %+v", g.Outage)
	}
	s.done(journal.KindConfirm, "k1", nil)
	if _, g := fold(t, s); g.Outage.AllDown != 5 || g.Outage.Per["k1"] != 6 {
		t.Errorf("all down %v, per server %v; want 5 and 6", g.Outage.AllDown, g.Outage.Per)
	}
	_, g = fold(t, planned().done(journal.KindConfirm, "k1", nil))
	if g.Outage.AllDown != 0 || len(g.Outage.Per) != 0 {
		t.Errorf("a server that was never stopped has an outage: %+v", g.Outage)
	}
}

func TestAClockThatWasSetBackTellsNoOutage(t *testing.T) {
	s := planned()
	s.begin(journal.KindStop, "k1", 1).begin(journal.KindStop, "k2", 1).done(journal.KindStop, "k1", nil).done(journal.KindStop, "k2", nil)
	before := len(s.events)
	s.drive().done(journal.KindConfirm, "k1", nil).done(journal.KindConfirm, "k2", nil)
	for i := range s.events[before:] {
		e := &s.events[before+i]
		e.Time = e.Time.Add(-time.Hour)
	}
	_, g := fold(t, s)
	if o := g.Outage; !o.SetBack() || o.AllDown != 0 || len(o.Per) != 0 {
		t.Errorf("%+v", o)
	}
}

func TestServersAndDatabases(t *testing.T) {
	s := planned().begin(journal.KindFence, "k1", 1)
	status, _ := fold(t, s)
	if k1 := status.Servers[0]; !k1.Fenced || k1.Doing != "fence" || !k1.After.IsZero() {
		t.Errorf("with the fence begun: %+v", k1)
	}
	s.failed(journal.KindFence, "k1")
	status, _ = fold(t, s)
	if k1 := status.Servers[0]; !k1.Fenced || k1.Doing != "" {
		t.Errorf("with a fence whose fate is unknown: %+v", k1)
	}
	s.done(journal.KindInstall, "k1", map[string]string{journal.FactVersion: "3.0.3"}).done(journal.KindUnfence, "k1", nil)
	s.done(journal.KindVerify, "k1", map[string]string{journal.FactDatabase: "d", journal.FactSchema: "30.0"})
	status, _ = fold(t, s)
	if k1 := status.Servers[0]; k1.Fenced || k1.After.String() != "3.0.3" || k1.Before.String() != "2.6.3" {
		t.Errorf("at the end: %+v", k1)
	}
	if k2 := status.Servers[1]; k2.Fenced || !k2.After.IsZero() {
		t.Errorf("the other: %+v", k2)
	}
	if d := status.Bases[0]; d.Before.String() != "22.2" || d.After.String() != "30.0" {
		t.Errorf("the database: %+v", d)
	}
}

// TestOneMigrationOfTwo: the first of two databases is migrated, the other's migration failed, and a third's was not begun.
func TestOneMigrationOfTwo(t *testing.T) {
	s := &story{epoch: 1}
	base := func(id, label string) any {
		return map[string]any{"id": id, "name": "kea", "label": label, "before": "22.2"}
	}
	s.tell(journal.PlanMade, journal.Event{}, map[string]any{"groups": []any{map[string]any{
		"id": "k1", "databases": []any{base("a", "db1"), base("b", "db2"), base("c", "db3")},
	}}})
	on := func(label string) journal.Event {
		return journal.Event{Group: "k1", Phase: "migrate", Server: "k1", Step: "migrate-k1-" + label}
	}
	for _, label := range []string{"db1", "db2"} {
		s.tell(journal.StepBegun, on(label), journal.Attempt{Number: 1, Kind: journal.KindMigrate})
	}
	s.tell(journal.StepDone, on("db1"), journal.Result{Kind: journal.KindMigrate, Facts: map[string]string{journal.FactDatabase: "a", journal.FactSchema: "30.0"}})
	s.tell(journal.StepFailed, on("db2"), "not tonight")
	status, g := fold(t, s)
	for i, want := range []struct {
		after string
		begun bool
	}{{"30.0", true}, {"22.2", true}, {"22.2", false}} {
		if d := status.Bases[i]; d.After.String() != want.after || g.MigrationBegun(d) != want.begun {
			t.Errorf("%s is at %s, its migration begun: %v; want %+v", d.Label, d.After, g.MigrationBegun(d), want)
		}
	}
}

func TestProofIsOfTheNewestDump(t *testing.T) {
	dump := func(path string) map[string]string {
		return map[string]string{journal.FactDatabase: "d", journal.FactPath: path, journal.FactBytes: "9", journal.FactDigest: "ab"}
	}
	proof := map[string]string{journal.FactDatabase: "d", journal.FactProof: "restored and compared"}
	s := planned().done(journal.KindDump, "k1", dump("/1")).done(journal.KindDump, "k2", dump("/2")).done(journal.KindDump, "k1", dump("/3"))
	s.done(journal.KindProve, "k1", proof)
	status, _ := fold(t, s)
	want := []journal.Backup{
		{Database: "d", Server: "k1", Path: "/1", Bytes: "9", Digest: "ab", Taken: s.events[2].Time},
		{Database: "d", Server: "k2", Path: "/2", Bytes: "9", Digest: "ab", Taken: s.events[3].Time},
		{Database: "d", Server: "k1", Path: "/3", Bytes: "9", Digest: "ab", Taken: s.events[4].Time, Proved: "restored and compared", ProvedAt: s.events[5].Time},
	}
	if !reflect.DeepEqual(status.Backups, want) {
		t.Errorf("backups %+v, want %+v", status.Backups, want)
	}
}

func TestSteps(t *testing.T) {
	s := planned().begin(journal.KindInstall, "k1", 1)
	id := journal.KindInstall + "-k1"
	if _, g := fold(t, s); !g.Steps[id].Flight || g.Steps[id].Done || g.Steps[id].Attempt != 1 {
		t.Errorf("begun: %+v", g.Steps[id])
	}
	s.failed(journal.KindInstall, "k1")
	if _, g := fold(t, s); g.Steps[id].Flight || g.Steps[id].Done || g.Steps[id].Failed != "it did not work" {
		t.Errorf("failed: %+v", g.Steps[id])
	}
	s.begin(journal.KindInstall, "k1", 2).done(journal.KindInstall, "k1", map[string]string{"a": "1"})
	if _, g := fold(t, s); g.Steps[id].Flight || !g.Steps[id].Done || g.Steps[id].Failed != "" || g.Steps[id].Attempt != 2 {
		t.Errorf("done: %+v", g.Steps[id])
	}
	s.tell(journal.PhaseVoid, journal.Event{Group: "k1+k2", Phase: "stop"}, []string{id})
	_, g := fold(t, s)
	if g.Steps[id].Done || g.Steps[id].Attempt != 2 || g.Phases[0].State != journal.Waiting {
		t.Errorf("void: %+v in %+v", g.Steps[id], g.Phases)
	}
	s.done(journal.KindInstall, "k1", map[string]string{"b": "2"})
	if _, g := fold(t, s); !reflect.DeepEqual(g.Steps[id].Result.Facts, map[string]string{"b": "2"}) {
		t.Errorf("an earlier result is left in the new one: %v", g.Steps[id].Result.Facts)
	}
}

func TestEpochAndDriverAreTheNewest(t *testing.T) {
	status, g := fold(t, planned().phase(journal.PhaseBegun, "stop").ended(journal.Halted).drive())
	if status.Epoch != 2 || status.Command != "resume" || status.Driver != "other@there" || status.Fleet != "fleet.yaml" || status.Target.String() != "3.0.3" {
		t.Errorf("%+v", status)
	}
	if g.Problem != nil || !status.Ended.IsZero() {
		t.Errorf("the drive that ended is still spoken of: %+v, ended %s", g.Problem, status.Ended)
	}
}

// TestStatusIsTheCallers: what was given does not change when events go on.
func TestStatusIsTheCallers(t *testing.T) {
	var f journal.Folding
	all := planned().begin(journal.KindFence, "k1", 1).begin(journal.KindStop, "k1", 1).done(journal.KindConfirm, "k1", nil).
		phase(journal.PhaseBegun, "stop").phase(journal.PhaseDone, "stop").of(journal.Stranger, "a Kea").ended(journal.Halted).events
	var given []journal.Status
	var texts []string
	for _, e := range all {
		if err := f.Add(e); err != nil {
			t.Fatal(err)
		}
		s := f.Status()
		if s.Seq != e.Seq || f.Seq() != s.Seq {
			t.Errorf("after event %d the status says %d, Seq %d", e.Seq, s.Seq, f.Seq())
		}
		given, texts = append(given, s), append(texts, wholeText(t, s))
	}
	for i, s := range given {
		if got := wholeText(t, s); got != texts[i] {
			t.Errorf("the status after event %d changed:\n%s\n%s", i+1, texts[i], got)
		}
	}
}

func wholeText(t *testing.T, s journal.Status) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range s.Groups {
		steps, err := json.Marshal(g.Steps)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, steps...)
	}
	return string(text)
}

func TestFoldStopsAtDamage(t *testing.T) {
	s := planned().phase(journal.PhaseBegun, "stop")
	status, err := journal.Fold(events(s.events, journal.ErrDamaged))
	if !errors.Is(err, journal.ErrDamaged) || status.Groups[0].Phase != "stop" || status.Seq != 3 {
		t.Errorf("%+v, %v", status, err)
	}
	s.tell(journal.StepDone, journal.Event{Group: "k1+k2", Step: "stop-k1"}, nil).events[3].Data = json.RawMessage(`"no result"`)
	if status, err = journal.Fold(events(s.events, nil)); err == nil || status.Groups[0].Phase != "stop" {
		t.Errorf("%+v, %v", status, err)
	}
}

// TestFieldsThatScriptsUse holds the names in the JSON of a status, and that lists are lists even when nothing is in them.
func TestFieldsThatScriptsUse(t *testing.T) {
	s := planned().begin(journal.KindStop, "k1", 1).done(journal.KindConfirm, "k1", nil).done(journal.KindDump, "k1", nil)
	for name, status := range map[string]*story{"planned": s, "begun": {epoch: 1}} {
		folded, _ := fold(t, status)
		text, err := json.Marshal(folded)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		for _, list := range []string{"groups", "servers", "databases", "backups"} {
			if _, ok := got[list].([]any); !ok {
				t.Errorf("%s: %s is %v", name, list, got[list])
			}
		}
		if name == "begun" {
			continue
		}
		has(t, got, "run", "state")
		group := got["groups"].([]any)[0].(map[string]any)
		has(t, group, "id", "state", "phase", "past_point_of_no_return", "outage")
		has(t, group["outage"].(map[string]any), "all_down_s", "per_server")
		has(t, got["servers"].([]any)[0].(map[string]any), "name", "before", "after", "fenced")
		has(t, got["databases"].([]any)[0].(map[string]any), "id", "before", "after")
	}
}

func has(t *testing.T, object map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, ok := object[name]; !ok {
			t.Errorf("no %s in %v", name, object)
		}
	}
}
