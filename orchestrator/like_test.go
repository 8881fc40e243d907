package orchestrator

import "testing"

// A probe that a busy server did not answer when the plan was made, and answers at the gate, is no other fleet; one that answered
// and no longer does is.
func TestAFleetThatShowsMoreThanPlannedIsAsPlanned(t *testing.T) {
	group := func(drops ...string) GroupPlan {
		return GroupPlan{ID: "k1", Servers: []ServerPlan{{Name: "k1", Drops: drops}}}
	}
	for _, c := range []struct {
		planned, now GroupPlan
		same         bool
	}{
		{group(), group(), true},
		{group("kea-dhcp4: offer"), group(), true},
		{group("kea-dhcp4: offer", "kea-dhcp4: log"), group("kea-dhcp4: log"), true},
		{group(), group("kea-dhcp4: offer"), false},
		{group("kea-dhcp4: log"), group("kea-dhcp4: offer"), false},
	} {
		if same := c.now.like(c.planned).digest() == c.planned.digest(); same != c.same {
			t.Errorf("planned without %q, now without %q: the same is %v", c.planned.Servers[0].Drops, c.now.Servers[0].Drops, same)
		}
	}
}
