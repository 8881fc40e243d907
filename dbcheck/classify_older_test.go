package dbcheck

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// A migration from Debian 12's schema to Debian 13's, cut off anywhere, is known for what it is.
func TestClassifyFromOlder(t *testing.T) {
	r := references(t)
	target := Version{22, 2}
	v14, v17, v18, v22 := at(t, r, MySQL, Version{14, 0}), at(t, r, MySQL, Version{17, 0}), at(t, r, MySQL, Version{18, 0}), at(t, r, MySQL, target)
	c, ok := r.through(MySQL, v14.Version, target)
	if !ok {
		t.Fatal("no chain from 14.0 to 22.2")
	}
	made, _ := c.at(target)
	v22.Structure = made
	mine := map[string]string{"table my_notes": "innodb"}
	for name, tc := range map[string]struct {
		before, now Snapshot
		target      Version
		want        State
		saw         string
	}{
		"nothing happened":                          {v14, v14, target, Untouched, "14.0"},
		"done":                                      {v14, v22, target, Done, "22.2"},
		"done, with the operator's":                 {with(v14, mine), with(v22, mine), target, Done, "22.2"},
		"between two steps":                         {v14, v18, target, Clean, "18.0"},
		"between, before the last":                  {v14, atOf(t, c, Version{22, 1}), target, Clean, "22.1"},
		"a column of the first step":                {v14, with(v14, map[string]string{"column dhcp4_options.cancelled": v18.Structure["column dhcp4_options.cancelled"]}), target, Torn, "still says 14.0"},
		"wider columns, which are made so again":    {v14, with(v17, map[string]string{"column lease4.client_id": v18.Structure["column lease4.client_id"]}), target, Clean, "interrupted step left"},
		"lease6 half rewritten: no index any more":  {v14, with(v18, nil, "index lease6.lease6_by_binaddr"), target, Torn, "lease6"},
		"lease6 half rewritten: no text any more":   {v14, with(v18, map[string]string{"column lease6.address": "binary(16)"}), target, Torn, "lease6.address"},
		"a table of 22.1":                           {v14, with(atOf(t, c, Version{22, 0}), map[string]string{"table option_def_data_type": "innodb"}), target, Torn, "option_def_data_type is extra"},
		"another release's way":                     {v14, at(t, r, MySQL, Version{23, 0}), target, CannotTell, "not on the way"},
		"to a target whose way from there is not":   {v14, v18, Version{30, 0}, CannotTell, "no reference of 14.0 up to 30.0"},
		"to such a target, untouched":               {v14, v14, Version{30, 0}, Untouched, "14.0"},
		"to such a target, a half of the next step": {v14, with(v14, map[string]string{"column dhcp4_options.cancelled": "x"}), Version{30, 0}, Torn, "cancelled is extra"},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.Classify(Migration{Engine: MySQL, Before: tc.before, Target: tc.target, Now: tc.now})
			if got.State != tc.want || !strings.Contains(got.Saw, tc.saw) {
				t.Errorf("%v (%s), want %v (... %s)", got.State, got.Saw, tc.want, tc.saw)
			}
		})
	}
}

func atOf(t *testing.T, c chain, v Version) Snapshot {
	t.Helper()
	s, ok := c.at(v)
	if !ok {
		t.Fatalf("the chain lacks %v", v)
	}
	return Snapshot{Version: v, Structure: s}
}

// Before the longest step, and at the end, one object that is gone or another is never called whole.
func TestEveryObjectCountsFromOlder(t *testing.T) {
	r := references(t)
	for engine, first := range map[Engine]Version{MySQL: {14, 0}, PostgreSQL: {13, 0}} {
		before, target := at(t, r, engine, first), Version{22, 2}
		c, ok := r.through(engine, first, target)
		if !ok {
			t.Fatalf("no chain of %s from %v", engine, first)
		}
		for _, v := range []Version{{first.Major + 4, 0}, target} {
			clean := atOf(t, c, v)
			for _, name := range slices.Sorted(maps.Keys(clean.Structure)) {
				for _, now := range []Snapshot{with(clean, nil, name), with(clean, map[string]string{name: "other"})} {
					got := r.Classify(Migration{Engine: engine, Before: before, Target: target, Now: now})
					if got.State != Torn || len(got.Differences) != 1 || got.Differences[0].Object != name {
						t.Fatalf("%s %v, %s: %v (%s)", engine, v, name, got.State, got.Saw)
					}
				}
			}
		}
	}
}

// Ways up part at 22.0: what may be judged is what any of them leads to, and none is taken for another.
func TestWaysFromOlder(t *testing.T) {
	r := references(t)
	if on := r.From(MySQL, Version{14, 0}); !slices.Equal(on[:9], []Version{{14, 0}, {15, 0}, {16, 0}, {17, 0}, {18, 0}, {19, 0}, {20, 0}, {21, 0}, {22, 0}}) ||
		!slices.Contains(on, Version{22, 2}) || slices.Contains(on, Version{30, 0}) {
		t.Errorf("from 14.0: %v", on)
	}
	if on := r.From(PostgreSQL, Version{13, 0}); !slices.Contains(on, Version{22, 2}) {
		t.Errorf("from 13.0: %v", on)
	}
	if _, ok := r.through(MySQL, Version{14, 0}, Version{30, 0}); ok {
		t.Error("a chain goes where none was made")
	}
	if err := r.add(chain{Engine: MySQL, On: "1.0 by nobody"}); err == nil {
		t.Error("a chain begins on nothing")
	}
}
