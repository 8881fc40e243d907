package live

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
)

func TestRemainsAreRead(t *testing.T) {
	left, err := parseRemains([]byte(`@claim
R1 3
@marker
{
  "run": "R1",
  "driver": "ann@desk \"night\"",
  "driven": {
    "hash": "h"
  }
}
@since
1795500000
@jobs
dump-k1-db1/1
dump-k1-db1/10
dump-k1-db1/2.3
install-k1/1
install-k1/1.2
@over
R0 4
R00 1
@end
`))
	if err != nil {
		t.Fatal(err)
	}
	if left.Claim != (fleet.Claim{Run: "R1", Epoch: 3, Driver: `ann@desk "night"`}) || left.Since.Unix() != 1795500000 || left.Over["R0"] != 4 || !strings.Contains(string(left.Plan), `"hash": "h"`) {
		t.Errorf("%+v, plan %s", left, left.Plan)
	}
	if fmt.Sprint(left.Jobs, left.turns) != "[{dump-k1-db1 10  map[]} {install-k1 1  map[]}] [1 2]" {
		t.Errorf("jobs %v, turns %v", left.Jobs, left.turns)
	}
	for name, text := range map[string]string{
		"cut off":          "@claim\nR1 3\n@marker\n",
		"no epoch":         "@claim\nR1\n@marker\n@over\n@end\n",
		"half a marker":    "@claim\nR1 3\n@marker\n{\n@since\n1\n@jobs\n@over\n@end\n",
		"another's marker": "@claim\nR1 3\n@marker\n{\"run\": \"R2\"}\n@since\n1\n@jobs\n@over\n@end\n",
		"a strange job":    "@claim\nR1 3\n@marker\n{\"run\": \"R1\"}\n@since\n1\n@jobs\ndump/x\n@over\n@end\n",
	} {
		if left, err := parseRemains([]byte(text)); err == nil {
			t.Errorf("%s: %+v", name, left)
		}
	}
	if left, err := parseRemains([]byte("@claim\n@marker\n@over\n@end\n")); err != nil || left.Claim.Run != "" {
		t.Errorf("of nothing: %+v, %v", left, err)
	}
}

// What the marker holds is what another machine drives on.
func TestTheMarkerHoldsThePlan(t *testing.T) {
	f := someFleet(t)
	plan := orchestrator.Plan{Format: orchestrator.PlanFormat, Hash: "h", Target: kea.Version{Major: 3, Patch: 3}, Groups: []orchestrator.GroupPlan{{
		ID: "k1+k2", Canary: "k1", Servers: []orchestrator.ServerPlan{{Name: "k1"}, {Name: "k2"}},
		Databases: []orchestrator.DatabasePlan{{Label: "db1", Name: "kea", At: fleet.Place{Server: "k1", User: "kea"}}},
	}}}
	text, readme, err := f.marker(order{book: debian(t), Order: orchestrator.Order{
		Step: orchestrator.Step{Server: "k2"}, Run: "R1", Epoch: 2, Driver: "ann@desk", Plan: &plan, Group: &plan.Groups[0],
	}})
	if err != nil || !strings.Contains(readme, "kea-lockstep resume --from k2\n") {
		t.Fatalf("%v: %s", err, readme)
	}
	left, err := parseRemains([]byte("@claim\nR1 2\n@marker\n" + text + "\n@since\n1\n@jobs\n@over\n@end\n"))
	if err != nil || left.Claim.Driver != "ann@desk" {
		t.Fatalf("%+v, %v", left.Claim, err)
	}
	var back orchestrator.Plan
	if err := json.Unmarshal(left.Plan, &back); err != nil || !reflect.DeepEqual(back, plan) {
		t.Errorf("%v: %+v\nnot\n%+v", err, back, plan)
	}
}
