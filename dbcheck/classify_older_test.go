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
	last := Version{30, 0}
	inOneGo, ok := r.through(MySQL, v14.Version, last)
	if !ok {
		t.Fatal("no chain from 14.0 to 30.0")
	}
	v23 := atOf(t, inOneGo, Version{23, 0})
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
		"in one go: nothing happened":               {v14, v14, last, Untouched, "14.0"},
		"in one go: done, with the operator's":      {with(v14, mine), with(atOf(t, inOneGo, last), mine), last, Done, "30.0"},
		"in one go: between two steps":              {v14, v18, last, Clean, "18.0"},
		"in one go: where the ways have parted":     {v14, v23, last, Clean, "23.0"},
		"in one go: on the other way":               {v14, atOf(t, c, Version{22, 1}), last, CannotTell, "not on the way"},
		"in one go: a table of the other way":       {v14, with(v23, map[string]string{"table option_def_data_type": "innodb"}), last, Torn, "option_def_data_type is extra"},
		"in one go: lease6 half rewritten":          {v14, with(v18, map[string]string{"column lease6.address": "binary(16)"}), last, Torn, "lease6.address"},
		"in one go: a procedure of the last step":   {v14, with(atOf(t, inOneGo, Version{29, 0}), nil, "procedure lease4_AUPD_lease4_stat_by_client_class"), last, Clean, "interrupted step left"},
		"to a target whose way from there is not":   {v14, v18, Version{35, 0}, CannotTell, "no reference of 14.0 up to 35.0"},
		"to such a target, untouched":               {v14, v14, Version{35, 0}, Untouched, "14.0"},
		"to such a target, a half of the next step": {v14, with(v14, map[string]string{"column dhcp4_options.cancelled": "x"}), Version{35, 0}, Torn, "cancelled is extra"},
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
	for engine, ends := range map[Engine][]Version{MySQL: {{14, 0}, {22, 2}, {30, 0}}, PostgreSQL: {{13, 0}, {22, 2}, {29, 0}}} {
		first := ends[0]
		before := at(t, r, engine, first)
		for _, target := range ends[1:] {
			c, ok := r.through(engine, first, target)
			if !ok {
				t.Fatalf("no chain of %s from %v to %v", engine, first, target)
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
}

// What every release from 2.2.0 on made may be judged on its way to 2.6.3 and to 3.0.3, as far as it is older; none is taken for another.
func TestWaysFromOlder(t *testing.T) {
	r := references(t)
	for engine, ways := range map[Engine][]struct{ from, to Version }{
		MySQL: {
			{Version{14, 0}, Version{22, 2}}, {Version{14, 0}, Version{30, 0}}, {Version{19, 0}, Version{22, 2}}, {Version{19, 0}, Version{30, 0}},
			{Version{22, 0}, Version{22, 2}}, {Version{22, 0}, Version{30, 0}}, {Version{22, 1}, Version{22, 2}}, {Version{22, 1}, Version{30, 0}},
			{Version{22, 2}, Version{30, 0}}, {Version{23, 0}, Version{30, 0}}, {Version{29, 0}, Version{30, 0}},
		},
		PostgreSQL: {
			{Version{13, 0}, Version{22, 2}}, {Version{13, 0}, Version{29, 0}}, {Version{18, 0}, Version{22, 2}}, {Version{18, 0}, Version{29, 0}},
			{Version{22, 0}, Version{22, 2}}, {Version{22, 0}, Version{29, 0}}, {Version{22, 1}, Version{22, 2}}, {Version{22, 1}, Version{29, 0}},
			{Version{22, 2}, Version{29, 0}}, {Version{23, 0}, Version{29, 0}}, {Version{28, 0}, Version{29, 0}},
		},
	} {
		for _, w := range ways {
			if on := r.From(engine, w.from); !slices.Contains(on, w.to) {
				t.Errorf("%s from %v to %v: %v", engine, w.from, w.to, on)
			}
			if _, ok := r.through(engine, w.from, w.to); !ok {
				t.Errorf("no chain of %s from %v to %v", engine, w.from, w.to)
			}
		}
	}
	if on := r.From(MySQL, Version{14, 0}); !slices.Equal(on[:9], []Version{{14, 0}, {15, 0}, {16, 0}, {17, 0}, {18, 0}, {19, 0}, {20, 0}, {21, 0}, {22, 0}}) ||
		slices.Contains(on, Version{35, 0}) {
		t.Errorf("from 14.0: %v", on)
	}
	if _, ok := r.through(MySQL, Version{14, 0}, Version{22, 1}, Version{30, 0}); ok {
		t.Error("a chain goes where none was made")
	}
	if err := r.add(chain{Engine: MySQL, On: "1.0 by nobody"}); err == nil {
		t.Error("a chain begins on nothing")
	}
}

// A schema of one version may have come there by two ways that lead on differently: each is judged by its own.
func TestAWayIsKnownByWhereItBegan(t *testing.T) {
	r := references(t)
	for engine, target := range map[Engine]Version{MySQL: {30, 0}, PostgreSQL: {29, 0}} {
		without := 0
		for i, begun := range r.Variants(engine, Version{23, 0}) {
			if begun["table option_def_data_type"] == "" {
				without++
			}
			m := Migration{Engine: engine, Before: Snapshot{Version: Version{23, 0}, Structure: begun}, Target: target}
			done := slices.ContainsFunc(r.Variants(engine, target), func(ended Structure) bool {
				m.Now = Snapshot{Version: target, Structure: ended}
				return r.Classify(m).State == Done
			})
			if !done {
				t.Errorf("%s, way %d: no schema %v that Kea makes is its end", engine, i, target)
			}
		}
		if without == 0 {
			t.Errorf("%s: every 23.0 has option_def_data_type", engine)
		}
	}
}
