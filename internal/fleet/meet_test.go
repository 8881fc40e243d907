package fleet_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kea-lockstep/internal/fleet"
)

// on makes what a database says of itself, which runs on the server named: the truth behind all names.
func on(truth string, id fleet.DatabaseID, change ...func(*fleet.Database)) fleet.Database {
	d := answering(id)
	d.Product = truth
	for _, c := range change {
		c(&d)
	}
	return d
}

func replicaOf(called string) func(*fleet.Database) {
	return func(d *fleet.Database) {
		d.Primary = fleet.Deny("it is a replica")
		d.Sources = []fleet.Source{{Address: "192.0.2.5:3306", Called: called}}
	}
}

func called(name string) func(*fleet.Database) { return func(d *fleet.Database) { d.Called = name } }

func untold(d *fleet.Database) { d.Weak = true }

// TestWhichDatabasesAreOne: the identity tells, but for copies, replicas and accounts that are told nothing.
func TestWhichDatabasesAreOne(t *testing.T) {
	tests := []struct {
		name   string
		seen   []fleet.Database // from k1, k2 ...
		groups [][]string
		same   []fleet.Answer
		saw    string
	}{
		{"one", []fleet.Database{on("a", "1"), on("a", "1")}, [][]string{{"k1", "k2"}}, []fleet.Answer{fleet.Yes}, "all 2 ways"},
		{"one way", []fleet.Database{on("a", "1")}, [][]string{{"k1"}}, []fleet.Answer{fleet.Yes}, "one way"},
		{"a copy of the machine", []fleet.Database{on("a", "1"), on("a", "1"), on("b", "1")}, [][]string{{"k1", "k2", "k3"}}, []fleet.Answer{fleet.No}, "k3 and kea on db from k1: the lock is not there"},
		{"two", []fleet.Database{on("a", "1"), on("b", "2")}, [][]string{{"k1"}, {"k2"}}, []fleet.Answer{fleet.Yes, fleet.Yes}, ""},
		{"an account that is not told", []fleet.Database{on("a", "1"), on("b", "2"), on("b", "?", untold)}, [][]string{{"k1"}, {"k2", "k3"}}, []fleet.Answer{fleet.Yes, fleet.No}, "kea on k3 is not told"},
		{"an account that is not told, of another", []fleet.Database{on("a", "1"), on("b", "?", untold)}, [][]string{{"k1"}, {"k2"}}, []fleet.Answer{fleet.Yes, fleet.Yes}, ""},
		{"nobody is told", []fleet.Database{on("a", "?", untold), on("a", "?", untold)}, [][]string{{"k1", "k2"}}, []fleet.Answer{fleet.Yes}, "all 2 ways"},
		{"a replica", []fleet.Database{on("a", "1", replicaOf("b")), on("b", "2", called("b")), on("c", "3", called("c"))}, [][]string{{"k1", "k2"}, {"k3"}}, []fleet.Answer{fleet.CannotTell, fleet.Yes}, "replica"},
		{"a replica of a replica", []fleet.Database{on("a", "1", called("a"), replicaOf("b")), on("b", "2", called("b"), replicaOf("c")), on("c", "3", called("c"))},
			[][]string{{"k1", "k2", "k3"}}, []fleet.Answer{fleet.CannotTell}, "replica"},
		{"replicas in a circle", []fleet.Database{on("a", "1", called("a"), replicaOf("b")), on("b", "2", called("b"), replicaOf("a"))}, [][]string{{"k1", "k2"}}, []fleet.Answer{fleet.CannotTell}, "replica"},
		{"a replica of one that nobody reads", []fleet.Database{on("a", "1", replicaOf("x")), on("b", "2", called("b"))}, [][]string{{"k1"}, {"k2"}}, []fleet.Answer{fleet.CannotTell, fleet.Yes}, ""},
		{"a replica of one of two that are called alike", []fleet.Database{on("a", "1", replicaOf("b")), on("b", "2", called("b")), on("c", "3", called("b"))},
			[][]string{{"k1"}, {"k2"}, {"k3"}}, []fleet.Answer{fleet.CannotTell, fleet.Yes, fleet.Yes}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			facts := survey(t, laidDown(test.seen), names(len(test.seen))...)
			var groups [][]string
			for _, g := range fleet.Groups(facts) {
				groups = append(groups, g.Servers)
			}
			if !slices.EqualFunc(groups, test.groups, slices.Equal) {
				t.Errorf("groups %v", groups)
			}
			var same []fleet.Answer
			for _, d := range facts.Databases {
				same = append(same, d.Same.Answer)
			}
			if all := saw(facts); !slices.Equal(same, test.same) || !strings.Contains(all, test.saw) {
				t.Errorf("%v: %s", same, all)
			}
		})
	}
}

func laidDown(databases []fleet.Database) *seen {
	s := &seen{servers: map[string]fleet.Server{}, databases: map[string]fleet.Database{}}
	for i, name := range names(len(databases)) {
		s.servers[name] = naming("kea")
		s.databases[name+"/kea"] = databases[i]
	}
	return s
}

func names(n int) []string { return []string{"k1", "k2", "k3", "k4"}[:n] }

func saw(facts fleet.Facts) string {
	var all []string
	for _, d := range facts.Databases {
		all = append(all, d.Same.Saw)
	}
	return strings.Join(all, "; ")
}

// TestNoProofNoYes: what could not be asked is in doubt, and one question serves all ways to a database.
func TestNoProofNoYes(t *testing.T) {
	s := laidDown([]fleet.Database{on("a", "1"), on("a", "1"), on("a", "1"), on("a", "1")})
	if d := survey(t, s, names(4)...).Databases[0]; !d.Same.OK() || s.meetings.Load() != 1 {
		t.Errorf("%v after %d meetings", d.Same, s.meetings.Load())
	}
	s.mute = errors.New("connection reset")
	if d := survey(t, s, names(4)...).Databases[0]; d.Same.Answer != fleet.CannotTell || !strings.Contains(d.Same.Saw, "connection reset") {
		t.Errorf("%v", d.Same)
	}
}
