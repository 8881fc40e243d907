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

func at(t *testing.T, r References, e Engine, v Version) Snapshot {
	t.Helper()
	s, ok := r.Structure(e, v)
	if !ok {
		t.Fatalf("no reference of %s %v", e, v)
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
	v22, v23, v28, v29, v30 := at(t, r, MySQL, Version{22, 2}), at(t, r, MySQL, Version{23, 0}), at(t, r, MySQL, Version{28, 0}), at(t, r, MySQL, Version{29, 0}), at(t, r, MySQL, Version{30, 0})
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

// PostgreSQL takes back what a step had done when it is cut off, so a state that
// fits no version is nobody's half: TestReferences cuts every step before each of
// its statements, and finds it untouched.
func TestClassifyPostgreSQL(t *testing.T) {
	r := references(t)
	v22, v26, v28, v29 := at(t, r, PostgreSQL, Version{22, 2}), at(t, r, PostgreSQL, Version{26, 0}), at(t, r, PostgreSQL, Version{28, 0}), at(t, r, PostgreSQL, Version{29, 0})
	mine := map[string]string{"table my_notes": "logged", "index lease4.mine": "btree (hostname)"}
	for name, tc := range map[string]struct {
		before, now Snapshot
		want        State
		saw         string
	}{
		"nothing happened":                     {v22, v22, Untouched, "22.2"},
		"done":                                 {v22, v29, Done, "29.0"},
		"between two steps":                    {v22, v26, Clean, "26.0"},
		"done, with objects of the operator's": {with(v22, mine), with(v29, mine), Done, "29.0"},
		"a row of the next step":               {v22, with(v28, map[string]string{"rows lease_state": v29.Structure["rows lease_state"]}), Torn, "rows lease_state"},
		"a column of the step before":          {v22, with(v28, nil, "column dhcp4_subnet.ddns_ttl"), Torn, "dhcp4_subnet.ddns_ttl is missing"},
		"a function of the step before":        {v22, with(v29, map[string]string{"function texttojsonlist(orig text)": "other"}), Torn, "function texttojsonlist(orig text) is"},
		"MySQL's last version is on no way":    {v22, Snapshot{Version: Version{30, 0}, Structure: v29.Structure}, CannotTell, "not on the way"},
		"no version":                           {v22, Snapshot{Structure: v22.Structure}, Torn, "schema_version is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			got := r.Classify(Migration{Engine: PostgreSQL, Before: tc.before, Target: Version{29, 0}, Now: tc.now})
			if got.State != tc.want || !strings.Contains(got.Saw, tc.saw) {
				t.Errorf("%v (%s), want %v (... %s)", got.State, got.Saw, tc.want, tc.saw)
			}
		})
	}
	chain, _ := r.through(PostgreSQL, Version{22, 2})
	for _, link := range chain.Links {
		if len(link.Again) > 0 {
			t.Errorf("a half of the step to %v was seen: %v", link.Version, link.Again)
		}
	}
}

// Where there is no reference of the version before, only what needs none can
// be said.
func TestClassifyWithoutReference(t *testing.T) {
	r := references(t)
	odd := with(at(t, r, MySQL, Version{22, 2}), nil)
	odd.Version = Version{13, 0}
	m := Migration{Engine: MySQL, Before: odd, Target: Version{30, 0}, Now: odd}
	if got := r.Classify(m); got.State != Untouched {
		t.Errorf("untouched: %+v", got)
	}
	m.Now = with(at(t, r, MySQL, Version{30, 0}), map[string]string{"table my_notes": "innodb"})
	if got := r.Classify(m); got.State != Done {
		t.Errorf("done: %+v", got)
	}
	m.Now = with(m.Now, nil, "trigger lease4_AINS")
	if got := r.Classify(m); got.State != Torn {
		t.Errorf("a trigger is missing: %+v", got)
	}
	m.Now = at(t, r, MySQL, Version{28, 0})
	if got := r.Classify(m); got.State != CannotTell {
		t.Errorf("between: %+v", got)
	}
}

// One object that is gone or new, wherever, is never called whole.
func TestEveryObjectCounts(t *testing.T) {
	r := references(t)
	for engine, last := range map[Engine]Version{MySQL: {30, 0}, PostgreSQL: {29, 0}} {
		before, done := at(t, r, engine, Version{22, 2}), at(t, r, engine, last)
		for _, name := range slices.Sorted(maps.Keys(done.Structure)) {
			for _, now := range []Snapshot{with(done, nil, name), with(done, map[string]string{name: "other"})} {
				got := r.Classify(Migration{Engine: engine, Before: before, Target: last, Now: now})
				if got.State != Torn || len(got.Differences) != 1 || got.Differences[0].Object != name {
					t.Fatalf("%s without %s: %v %v", engine, name, got.State, got.Differences)
				}
			}
		}
	}
}

func TestReferencesAreWhole(t *testing.T) {
	r := references(t)
	for engine, chain := range map[Engine]map[Version]int{
		MySQL:      {{22, 2}: 59, {30, 0}: 59},
		PostgreSQL: {{22, 2}: 60, {23, 0}: 60, {24, 0}: 60, {25, 0}: 60, {26, 0}: 60, {27, 0}: 60, {28, 0}: 60, {29, 0}: 60},
	} {
		for v, tables := range chain {
			s := at(t, r, engine, v).Structure
			if len(s.Tables()) != tables || s["rows lease_state"] == "" || len(s.Unreadable()) > 0 {
				t.Errorf("%s %v has %d tables, %q", engine, v, len(s.Tables()), s["rows lease_state"])
			}
		}
	}
}
