package orchestrator

import (
	"strings"
	"testing"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

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

// A daemon that ends is waited for on the way back alone.
func TestADaemonThatEndsIsWaitedForOnTheWayBack(t *testing.T) {
	on := Step{Server: "k1"}
	for _, c := range []struct {
		unit     UnitPlan
		on, back bool
	}{{UnitPlan{}, true, true}, {UnitPlan{Gone: true}, false, true}} {
		if c.unit.kept(on) != c.on || c.unit.kept(backwards(on)) != c.back {
			t.Errorf("%+v: on %v, back %v", c.unit, c.unit.kept(on), c.unit.kept(backwards(on)))
		}
	}
}

// A daemon that a busy server does not let tell its version may be the right one: it is asked again, and not denied.
func TestAVersionThatIsNotToldIsNoOther(t *testing.T) {
	v := fleet.Service{Unit: "kea-dhcp4-server.service", Active: true, PID: 7, Sockets: fleet.Doubt("the control socket cannot be asked: deadline exceeded")}
	w := scene{plan: &Plan{Target: kea.Version{Major: 3, Patch: 3}}, group: &GroupPlan{}}
	if got := w.serves(v, ServerPlan{}, Step{Server: "k1"}); got.Answer != fleet.CannotTell || !strings.Contains(got.Saw, "deadline exceeded") {
		t.Errorf("untold: %+v", got)
	}
	v.Version = kea.Version{Major: 2, Minor: 6, Patch: 3}
	if got := w.serves(v, ServerPlan{}, Step{Server: "k1"}); got.Answer != fleet.No || !strings.Contains(got.Saw, "2.6.3, not 3.0.3") {
		t.Errorf("another: %+v", got)
	}
}
