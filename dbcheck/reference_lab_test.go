//go:build lab

package dbcheck

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write reference/*.json anew")

// history is how a database comes to be what it is, on a way whose migration is judged.
type history struct {
	made, by string            // the releases that made the database and that upgrade it
	from     map[Engine]string // the schema that it was made with
	fed      map[Engine]string // the schema of the rows that it has; nothing: that one
	on       bool              // it is kept as what changes from the variant that the first release made
}

func (w history) String() string { return w.made + " to " + w.by }

// newest is the way from Debian 13's Kea to its backports'.
var newest = history{made: "2.6.3", by: "3.0.3", from: map[Engine]string{MySQL: "22.2", PostgreSQL: "22.2"}}

// packages are the versions of Debian's packages of releases.
var packages = map[string]string{"2.2.0": "2.2.0-6", "2.6.3": "2.6.3-1+deb13u1", "3.0.3": "3.0.3-1~bpo13+1"}

// The structures that this package carries are what Kea's scripts make today,
// and so are the interrupted states from which a step can run again.
func TestReferences(t *testing.T) {
	both(t, func(t *testing.T, s *server) { testReference(t, s, newest) })
}

func testReference(t *testing.T, s *server, w history) {
	old, young := newKea(t, w.made), newKea(t, w.by)
	old.init(t, s, "walk")
	s.feed(t, "walk", w.rows(s))
	made := walk(t, s, young, "walk")
	made.Engine, made.MadeFrom = s.engine, fmt.Sprintf("kea-admin %s and %s", cmp.Or(packages[w.made], w.made), packages[w.by])
	last := made.Links[len(made.Links)-1].Version
	upgraded, _ := made.at(last)
	if w.on {
		made.On, made.Links[0].change = closestVariant(t, s.engine, made.Links[0])
	}
	text, err := json.MarshalIndent(made, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	file := fmt.Sprintf("reference/chain-%s-%s-%s.json", s.engine, w.from[s.engine], w.by)
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if had, err := os.ReadFile(file); err != nil || !bytes.Equal(had, text) {
		t.Errorf("%s is not what Kea makes (go test -tags lab -run TestReferences . -args -update): %v", file, err)
	}

	if w.on { // it may keep an older wording, as a variant does
		return
	}
	young.init(t, s, "fresh")
	if d := Compare(s.look(t, "fresh").Structure, upgraded); len(d) > 0 {
		t.Errorf("a fresh %v is not an upgraded one: %v", last, d)
	}
}

// rows is the file of rows that the way's steps change.
func (w history) rows(s *server) string {
	return fmt.Sprintf("testdata/rows-%s-%s.sql", s.engine, cmp.Or(w.fed[s.engine], w.from[s.engine]))
}

// closestVariant is the variant that is most like the first link of a chain, and what changes from it.
func closestVariant(t *testing.T, e Engine, first chainLink) (name string, least change) {
	t.Helper()
	known, err := LoadReferences()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range known.variants[e] {
		c := changeBetween(v.whole, first.Set)
		if v.Version == first.Version && (name == "" || len(c.Set)+len(c.Gone) < len(least.Set)+len(least.Gone)) {
			name, least = v.name(), c
		}
	}
	return name, least
}

// walk takes a database up to the last version, one script at a time, after
// having cut each script off before each of its statements.
func walk(t *testing.T, s *server, k kea, database string) chain {
	var c chain
	from := s.look(t, database)
	c.Links = []chainLink{{Version: from.Version, change: changeBetween(nil, from.Structure)}}
	for {
		script := k.step(t, s, from.Version)
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
		database := fmt.Sprintf("cut_%d_%d_%d", to.Version.Major, to.Version.Minor, n)
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
		if now.Version == to.Version { // only what ends the client's own bookkeeping was left, such as a COMMIT without its beginning
			if d := Compare(now.Structure, to.Structure); len(d) > 0 || !maps.Equal(s.sums(t, database), sums) {
				t.Errorf("cut before %q: version %v already, and %v", cut.stoppedBefore(), now.Version, d)
			}
			s.exec(t, "DROP DATABASE "+s.quote(database))
			continue
		}
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
