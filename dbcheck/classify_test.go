package dbcheck

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func references(t *testing.T) References {
	t.Helper()
	r, err := LoadReferences()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func at(t *testing.T, r References, v Version) Snapshot {
	t.Helper()
	s, ok := r.Structure(MySQL, v)
	if !ok {
		t.Fatalf("no reference of %v", v)
	}
	return Snapshot{Version: v, Structure: s}
}

func with(s Snapshot, changes map[string]string, gone ...string) Snapshot {
	s.Structure = maps.Clone(s.Structure)
	maps.Copy(s.Structure, changes)
	for _, name := range gone {
		delete(s.Structure, name)
	}
	return s
}

func TestClassify(t *testing.T) {
	r := references(t)
	v22, v23, v28, v29, v30 := at(t, r, Version{22, 2}), at(t, r, Version{23, 0}), at(t, r, Version{28, 0}), at(t, r, Version{29, 0}), at(t, r, Version{30, 0})
	// What this operator's database had of its own before.
	mine := map[string]string{"table my_notes": "innodb", "index lease4.mine": "BTREE (hostname)"}
	row4 := map[string]string{"rows lease_state": v29.Structure["rows lease_state"]}
	busy := v30
	busy.Busy = []Session{{ID: 7, User: "kea", Host: "localhost", Command: "Query"}}
	unread := with(v30, map[string]string{"procedure p": "() " + unreadable})
	for name, tc := range map[string]struct {
		before, now Snapshot
		want        State
		saw         string
	}{
		"nothing happened":                      {v22, v22, Untouched, "22.2"},
		"done":                                  {v22, v30, Done, "30.0"},
		"between two steps":                     {v22, v28, Clean, "28.0"},
		"done, with objects of the operator's":  {with(v22, mine), with(v30, mine), Done, "30.0"},
		"the operator's object was dropped":     {with(v22, mine), v30, Torn, "index lease4.mine is missing"},
		"a row of the next step (seen at 28.0)": {v22, with(v28, row4), Torn, "rows lease_state"},
		"a row of the first step":               {v22, with(v22, map[string]string{"rows lease_state": v23.Structure["rows lease_state"]}), Torn, "still says 22.2"},
		"a column of the next step":             {v22, with(v28, nil, "column dhcp4_subnet.ddns_ttl"), Torn, "dhcp4_subnet.ddns_ttl is missing"},
		"version ahead of the structure":        {v22, Snapshot{Version: Version{30, 0}, Structure: v29.Structure}, Torn, "procedure"},
		"a procedure dropped by the last step":  {v22, with(v29, nil, "procedure lease4_AUPD_lease4_stat_by_client_class"), Clean, "interrupted step left"},
		"another procedure is gone":             {v22, with(v29, nil, "procedure lease4_AINS_lease4_stat"), Torn, "lease4_AINS_lease4_stat is missing"},
		"kea-admin's probe":                     {v22, with(v22, map[string]string{"table kea_dummy_table": "innodb", "column kea_dummy_table.dummy": "int unsigned not null"}), Untouched, "kea_dummy_table"},
		"no version":                            {v22, Snapshot{Structure: v22.Structure}, Torn, "schema_version is missing"},
		"a version that is not on the way":      {v22, Snapshot{Version: Version{31, 0}, Structure: v30.Structure}, CannotTell, "not on the way"},
		"older than before":                     {v28, v22, CannotTell, "not on the way"},
		"somebody at work":                      {v22, busy, CannotTell, "session 7"},
		"a body that cannot be read":            {v22, unread, CannotTell, "procedure p"},
		"nothing known of before":               {Snapshot{Version: Version{22, 2}}, v30, CannotTell, "before the migration is not known"},
		"a difference from before stays":        {with(v22, nil, "index lease4.PRIMARY"), with(v30, nil, "index lease4.PRIMARY"), Done, "30.0"},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.Classify(Migration{Engine: MySQL, Before: tc.before, Target: Version{30, 0}, Now: tc.now})
			if got.State != tc.want || !strings.Contains(got.Saw, tc.saw) {
				t.Errorf("%v (%s), want %v (... %s)", got.State, got.Saw, tc.want, tc.saw)
			}
			if may := tc.want == Untouched || tc.want == Clean; got.State.MayGoOn() != may {
				t.Errorf("%v may go on: %v", got.State, got.State.MayGoOn())
			}
		})
	}
}

// Where there is no reference of the version before, only what needs none can
// be said.
func TestClassifyWithoutReference(t *testing.T) {
	r := references(t)
	odd := with(at(t, r, Version{22, 2}), nil)
	odd.Version = Version{14, 0}
	m := Migration{Engine: MySQL, Before: odd, Target: Version{30, 0}, Now: odd}
	if got := r.Classify(m); got.State != Untouched {
		t.Errorf("untouched: %+v", got)
	}
	m.Now = with(at(t, r, Version{30, 0}), map[string]string{"table my_notes": "innodb"})
	if got := r.Classify(m); got.State != Done {
		t.Errorf("done: %+v", got)
	}
	m.Now = with(m.Now, nil, "trigger lease4_AINS")
	if got := r.Classify(m); got.State != Torn {
		t.Errorf("a trigger is missing: %+v", got)
	}
	m.Now = at(t, r, Version{28, 0})
	if got := r.Classify(m); got.State != CannotTell {
		t.Errorf("between: %+v", got)
	}
}

// One object that is gone or new, wherever, is never called whole.
func TestEveryObjectCounts(t *testing.T) {
	r := references(t)
	before, done := at(t, r, Version{22, 2}), at(t, r, Version{30, 0})
	for _, name := range slices.Sorted(maps.Keys(done.Structure)) {
		for _, now := range []Snapshot{with(done, nil, name), with(done, map[string]string{name: "other"})} {
			got := r.Classify(Migration{Engine: MySQL, Before: before, Target: Version{30, 0}, Now: now})
			if got.State != Torn || len(got.Differences) != 1 || got.Differences[0].Object != name {
				t.Fatalf("without %s: %v %v", name, got.State, got.Differences)
			}
		}
	}
}

func TestReferencesAreWhole(t *testing.T) {
	r := references(t)
	for v, tables := range map[Version]int{{22, 2}: 59, {30, 0}: 59} {
		s := at(t, r, v).Structure
		if len(s.Tables()) != tables || s["rows lease_state"] == "" || len(s.Unreadable()) > 0 {
			t.Errorf("%v has %d tables, %q", v, len(s.Tables()), s["rows lease_state"])
		}
	}
}
