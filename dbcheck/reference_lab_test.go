//go:build lab

package dbcheck

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write reference/*.json anew")

// The structures that this package carries are what Kea's scripts make today,
// and so are the interrupted states from which a step can run again.
func TestReferences(t *testing.T) { both(t, testReference) }

func testReference(t *testing.T, s *server) {
	old, young := newKea(t, "2.6.3"), newKea(t, "3.0.3")
	old.init(t, s, "walk")
	s.feed(t, "walk", fmt.Sprintf("testdata/rows-%s-22.2.sql", s.engine))
	made := walk(t, s, young, "walk")
	made.Engine, made.MadeFrom = s.engine, "kea-admin 2.6.3-1+deb13u1 and 3.0.3-1~bpo13+1"
	text, err := json.MarshalIndent(made, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	file := fmt.Sprintf("reference/chain-%s-22.2.json", s.engine)
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if had, err := os.ReadFile(file); err != nil || !bytes.Equal(had, text) {
		t.Errorf("%s is not what Kea makes (go test -tags lab -run TestReferences . -args -update): %v", file, err)
	}

	young.init(t, s, "fresh")
	last := made.Links[len(made.Links)-1].Version
	upgraded, _ := made.at(last)
	if d := Compare(s.look(t, "fresh").Structure, upgraded); len(d) > 0 {
		t.Errorf("a fresh %v is not an upgraded one: %v", last, d)
	}
}

// walk takes a database up to the last version, one script at a time, after
// having cut each script off before each of its statements.
func walk(t *testing.T, s *server, k kea, database string) chain {
	var c chain
	from := s.look(t, database)
	c.Links = []chainLink{{Version: from.Version, change: changeBetween(nil, from.Structure)}}
	for {
		script := k.step(s, from.Version)
		if script == "" {
			return c
		}
		again := s.saved(t, database)
		if err := k.try(script, s, s.socket, database); err != nil {
			t.Fatal(err)
		}
		to := s.look(t, database)
		link := chainLink{Version: to.Version, change: changeBetween(from.Structure, to.Structure)}
		link.Again = cutEverywhere(t, s, func(socket, database string) error { return k.try(script, s, socket, database) },
			again, from, to, s.sums(t, database))
		c.Links = append(c.Links, link)
		from = to
	}
}

// cutEverywhere cuts one step before each of its statements and runs it again,
// and gives the states from which that led to the same end. A state that looks
// like the one before the step must be among these, or Classify would lie.
func cutEverywhere(t *testing.T, s *server, run func(socket, database string) error, save func(string), from, to Snapshot, sums map[string]int64) []change {
	t.Helper()
	var again []change
	seen := map[string]bool{}
	for n := 0; ; n++ {
		database := fmt.Sprintf("cut_%d_%d", to.Version.Major, n)
		save(database)
		cut := newCutter(t, s, n)
		first := run(cut.socket, database)
		if cut.stoppedBefore() == "" {
			if first != nil {
				t.Fatal(first)
			}
			return again
		}
		now := s.look(t, database)
		if now.Version != from.Version {
			t.Fatalf("cut before %q: version %v", cut.stoppedBefore(), now.Version)
		}
		err := run(s.socket, database)
		end := s.look(t, database)
		whole := err == nil && end.Version == to.Version && len(Compare(end.Structure, to.Structure)) == 0 &&
			maps.Equal(s.sums(t, database), sums)
		left := changeBetween(from.Structure, now.Structure)
		t.Logf("%v to %v, cut before %q: %d changes, runs again: %v (%v)", from.Version, to.Version, clip(cut.stoppedBefore()), len(left.Set)+len(left.Gone), whole, err)
		s.exec(t, "DROP DATABASE "+s.quote(database))
		key := fmt.Sprint(left.Set, left.Gone)
		clean := len(left.Set)+len(left.Gone) == 0
		switch {
		case clean && !whole:
			t.Errorf("%v cut before %q looks untouched and cannot be run again", from.Version, cut.stoppedBefore())
		case whole && !clean && !seen[key]:
			again = append(again, left)
			seen[key] = true
		case !whole && seen[key]:
			t.Errorf("%v cut before %q looks like a state that runs again, and does not", from.Version, cut.stoppedBefore())
			again = slices.DeleteFunc(again, func(c change) bool { return fmt.Sprint(c.Set, c.Gone) == key })
		}
	}
}
