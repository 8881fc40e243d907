package dbcheck

import (
	"slices"
	"testing"
)

// The schemas of Kea's stable releases are known, and each way of making one is told from one that lacks something.
func TestDriftIsHeldAgainstTheClosestWay(t *testing.T) {
	r := references(t)
	for e, versions := range map[Engine][]Version{
		MySQL:      {{12, 0}, {14, 0}, {19, 0}, {22, 0}, {22, 1}, {22, 2}, {30, 0}, {35, 0}},
		PostgreSQL: {{6, 2}, {13, 0}, {18, 0}, {22, 0}, {22, 1}, {22, 2}, {29, 0}, {34, 0}},
	} {
		for _, v := range versions {
			ways := r.Variants(e, v)
			if len(ways) == 0 {
				t.Errorf("no reference of %s %v", e, v)
			}
			for i, is := range ways {
				if lacking, more, ok := r.Drift(e, v, is); !ok || len(lacking) > 0 || len(more) > 0 {
					t.Errorf("%s %v, way %d: %v and %v", e, v, i, lacking, more)
				}
				gone := is.clone()
				delete(gone, "table lease4")
				gone["table site_notes"] = "innodb"
				lacking, more, _ := r.Drift(e, v, gone)
				if len(lacking) != 1 || lacking[0].Object != "table lease4" || len(more) != 1 || more[0].Object != "table site_notes" {
					t.Errorf("%s %v, way %d: %v and %v", e, v, i, lacking, more)
				}
			}
		}
	}
	if _, _, ok := r.Drift(MySQL, Version{99, 0}, Structure{}); ok {
		t.Error("99.0 is known")
	}
	if _, err := r.resolve(MySQL, []variant{{Version: Version{1, 0}, On: "2.0 by nobody"}}); err == nil {
		t.Error("a variant of nothing is resolved")
	}
}

// What stands apart from a chain is no version whose migration can be judged.
func TestVariantsAreNotJudged(t *testing.T) {
	r := references(t)
	for _, v := range []Version{{12, 0}, {35, 0}} {
		if on := r.From(MySQL, v); len(on) != 0 {
			t.Errorf("from %v: %v", v, on)
		}
	}
	if on := r.From(MySQL, Version{22, 2}); !slices.Contains(on, Version{30, 0}) || slices.Contains(on, Version{31, 0}) {
		t.Errorf("from 22.2: %v", on)
	}
}
