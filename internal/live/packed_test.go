package live

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kea-lockstep/orchestrator"
)

// TestAPlanIsPackedOnce: one packing serves all servers, for as long as the plan is the same.
func TestAPlanIsPackedOnce(t *testing.T) {
	plan := orchestrator.Plan{Hash: "h", Groups: []orchestrator.GroupPlan{{
		ID:     "g",
		Phases: []orchestrator.Phase{{Lanes: [][]orchestrator.Step{{{ID: "a", Commands: slices.Repeat([]string{"echo the same again"}, 1000)}}}}},
	}}}
	var p packed
	pack := func() string {
		t.Helper()
		text, err := p.pack(&plan)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := unpack(json.RawMessage(`"` + text + `"`))
		if err != nil {
			t.Fatal(err)
		}
		var got orchestrator.Plan
		want := plan
		want.Options.Scripts = nil
		if err := json.Unmarshal(raw, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("unpacked %s: %v", raw, err)
		}
		return text
	}
	plan.Options.Scripts = func(orchestrator.Step) []string { return nil }
	first := pack()
	p.text += "=" // whoever packs anew makes it as it was
	if again, err := p.pack(&plan); len(first) > 2000 || again != first+"=" || err != nil {
		t.Errorf("%d bytes, packed again: %t, %v", len(first), again == first, err)
	}
	plan.Back = true
	back := pack()
	plan.Groups[0].Databases = []orchestrator.DatabasePlan{{Label: "db1"}} // as a restore from another server's backup is planned
	restored := pack()
	plan.Groups[0].Back = []orchestrator.Phase{{Name: "x"}}
	if last := pack(); back == first || restored == back || last == restored {
		t.Error("a plan that was changed is packed as it was before")
	}
}

func TestPlansOfMarkersAreUnpacked(t *testing.T) {
	if got, err := unpack(json.RawMessage(`{"hash": "h"}`)); err != nil || string(got) != `{"hash": "h"}` {
		t.Errorf("of an older marker: %s, %v", got, err)
	}
	if got, err := unpack(nil); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %s, %v", got, err)
	}
	for _, text := range []string{`"no base64"`, `"bm8gZ3ppcA=="`, `"half`} {
		if got, err := unpack(json.RawMessage(text)); err == nil || !strings.Contains(err.Error(), "marker's plan") {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}
