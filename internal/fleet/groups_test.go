package fleet_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kea-lockstep/internal/fleet"
)

// users makes facts of servers and, for each database, the names of who uses it, joined by spaces.
func users(servers string, databases ...string) fleet.Facts {
	var f fleet.Facts
	for _, name := range strings.Fields(servers) {
		f.Servers = append(f.Servers, fleet.Server{Pulse: fleet.Pulse{Name: name}})
	}
	for i, names := range databases {
		d := fleet.Database{ID: fleet.DatabaseID(fmt.Sprint("d", i+1))}
		for _, name := range strings.Fields(names) {
			d.Endpoints = append(d.Endpoints, fleet.Endpoint{Place: fleet.Place{Server: name, Name: "kea"}})
		}
		f.Databases = append(f.Databases, d)
	}
	return f
}

func TestGroups(t *testing.T) {
	tests := []struct {
		name  string
		facts fleet.Facts
		want  []fleet.Group
	}{
		{"nobody", users(""), nil},
		{"one database for all", users("k1 k2 k3", "k3 k1 k2"), []fleet.Group{
			{ID: "k1+k2+k3", Servers: []string{"k1", "k2", "k3"}, Databases: []fleet.DatabaseID{"d1"}, Shared: true}}},
		{"tied through a server in the middle", users("k1 k2 k3", "k1 k2", "k2 k3"), []fleet.Group{
			{ID: "k1+k2+k3", Servers: []string{"k1", "k2", "k3"}, Databases: []fleet.DatabaseID{"d1", "d2"}, Shared: true}}},
		{"HA partners with a database each", users("k1 k2", "k2", "k1"), []fleet.Group{
			{ID: "k1", Servers: []string{"k1"}, Databases: []fleet.DatabaseID{"d2"}},
			{ID: "k2", Servers: []string{"k2"}, Databases: []fleet.DatabaseID{"d1"}}}},
		{"one without a database", users("k1 k2 k3", "k1 k3"), []fleet.Group{
			{ID: "k1+k3", Servers: []string{"k1", "k3"}, Databases: []fleet.DatabaseID{"d1"}, Shared: true},
			{ID: "k2", Servers: []string{"k2"}}}},
		{"leases and hosts apart", users("k1", "k1", "k1"), []fleet.Group{
			{ID: "k1", Servers: []string{"k1"}, Databases: []fleet.DatabaseID{"d1", "d2"}}}},
		{"two daemons of one server", users("k1", "k1 k1"), []fleet.Group{
			{ID: "k1", Servers: []string{"k1"}, Databases: []fleet.DatabaseID{"d1"}}}},
		{"many", users("k1 k2 k3 k4 k5", "k5 k4 k3 k2 k1"), []fleet.Group{
			{ID: "k1+k2+k5", Servers: []string{"k1", "k2", "k3", "k4", "k5"}, Databases: []fleet.DatabaseID{"d1"}, Shared: true}}},
		{"a tie that is found late", users("k1 k2 k3 k4", "k1 k2", "k3 k4", "k2 k4"), []fleet.Group{
			{ID: "k1+k2+k4", Servers: []string{"k1", "k2", "k3", "k4"}, Databases: []fleet.DatabaseID{"d1", "d2", "d3"}, Shared: true}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := fleet.Groups(test.facts); !reflect.DeepEqual(got, test.want) {
				t.Errorf("groups %+v\nwant   %+v", got, test.want)
			}
		})
	}
}

// TestGroupsPartition draws fleets: every server and every used database is in exactly one group, in the order of the facts,
// whoever shares a database shares the group, whoever shares none through anybody does not, and no two groups have one name.
func TestGroupsPartition(t *testing.T) {
	for seed := range uint64(500) {
		draw := rand.New(rand.NewPCG(seed, 1))
		f := drawn(draw)
		groups := fleet.Groups(f)
		home := map[string]int{}
		ids := map[string]bool{}
		for i, g := range groups {
			if ids[g.ID] {
				t.Fatalf("seed %d: two groups are called %s", seed, g.ID)
			}
			ids[g.ID] = true
			last := -1
			for _, s := range g.Servers {
				if _, twice := home[s]; twice {
					t.Fatalf("seed %d: %s is in two groups", seed, s)
				}
				home[s] = i
				at := slices.IndexFunc(f.Servers, func(x fleet.Server) bool { return x.Name == s })
				if at <= last {
					t.Fatalf("seed %d: group %s is out of order", seed, g.ID)
				}
				last = at
			}
		}
		if len(home) != len(f.Servers) {
			t.Fatalf("seed %d: %d of %d servers are in a group", seed, len(home), len(f.Servers))
		}
		if err := tied(f, groups, home); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func drawn(draw *rand.Rand) fleet.Facts {
	names := make([]string, 1+draw.IntN(8))
	for i := range names {
		names[i] = fmt.Sprint("s", i)
	}
	databases := make([]string, draw.IntN(6))
	for i := range databases {
		for range 1 + draw.IntN(3) {
			databases[i] += names[draw.IntN(len(names))] + " "
		}
	}
	return users(strings.Join(names, " "), databases...)
}

// tied holds the groups against reachability, worked out the slow way.
func tied(f fleet.Facts, groups []fleet.Group, home map[string]int) error {
	reach := map[[2]string]bool{}
	for _, d := range f.Databases {
		for _, a := range d.Servers() {
			for _, b := range d.Servers() {
				reach[[2]string{a, b}] = true
			}
			if !slices.Contains(groups[home[a]].Databases, d.ID) {
				return fmt.Errorf("%s uses %s, which its group lacks", a, d.ID)
			}
		}
	}
	for _, k := range f.Servers {
		for _, i := range f.Servers {
			for _, j := range f.Servers {
				if reach[[2]string{i.Name, k.Name}] && reach[[2]string{k.Name, j.Name}] {
					reach[[2]string{i.Name, j.Name}] = true
				}
			}
		}
	}
	for _, i := range f.Servers {
		for _, j := range f.Servers {
			if i.Name != j.Name && (home[i.Name] == home[j.Name]) != reach[[2]string{i.Name, j.Name}] {
				return fmt.Errorf("%s and %s: tied %t", i.Name, j.Name, reach[[2]string{i.Name, j.Name}])
			}
		}
	}
	return nil
}
