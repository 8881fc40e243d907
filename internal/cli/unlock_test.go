package cli

import (
	"testing"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

// A scratch copy of every lease may be left of a run that died over its proof: whoever lets go of the server must know of its database.
func TestUnlockKnowsWhatTheRunLeft(t *testing.T) {
	one := kept{plan: orchestrator.Plan{Groups: []orchestrator.GroupPlan{
		{ID: "k1", Servers: []orchestrator.ServerPlan{{Name: "k1"}}, Databases: []orchestrator.DatabasePlan{{Name: "kea1"}}},
		{ID: "k2", Servers: []orchestrator.ServerPlan{{Name: "k2"}}, Databases: []orchestrator.DatabasePlan{{Name: "kea2"}}},
	}}}
	o := releasing(one, view.Marker{Server: "k2", Claim: fleet.Claim{Run: "R1", Epoch: 3}}, "me")
	if o.Kind != orchestrator.KindRelease || o.Server != "k2" || o.Run != "R1" || o.Epoch != 3 {
		t.Errorf("the order is %+v", o)
	}
	if len(o.Group.Databases) != 1 || o.Group.Databases[0].Name != "kea2" || len(o.Plan.Groups) != 2 {
		t.Errorf("it knows of the databases %+v", o.Group.Databases)
	}
}
