package orchestrator

import (
	"testing"

	"kea-lockstep/internal/kea"
)

func TestWhatAPlanDiffersIn(t *testing.T) {
	version := func(text string) kea.Version {
		v, err := kea.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	planned := GroupPlan{ID: "k1+k2", Canary: "k1", Servers: []ServerPlan{{Name: "k1", Before: version("2.6.3")}, {Name: "k2"}}}
	now := planned
	now.Servers = []ServerPlan{{Name: "k1", Before: version("2.6.4")}, {Name: "k2"}}
	for _, c := range []struct {
		name string
		is   GroupPlan
		want string
	}{
		{"nothing", planned, ""},
		{"a value", now, `.servers[k1].before was "2.6.3", is "2.6.4"`},
		{"a measured value", GroupPlan{ID: planned.ID, Canary: planned.Canary, Servers: planned.Servers, Outage: 7}, ""},
		{"what is there", GroupPlan{ID: planned.ID, Canary: "k2", Servers: planned.Servers}, `.canary was "k1", is "k2"`},
	} {
		if got := c.is.differs(planned); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
