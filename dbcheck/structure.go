package dbcheck

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Structure is what a schema is made of: every object, by a name such as
// "table lease4", "column lease4.address", "index lease4.PRIMARY", "foreign key
// hosts.fk_x", "procedure lease4_AINS_lease4_stat", "trigger lease4_AINS",
// "view v", "event e" or "rows lease_state" (the contents of a table that Kea's
// own scripts fill), with a description that is equal where the objects are.
//
// Descriptions leave out what does not change how Kea works and differs between
// products: order of columns, character sets, display widths, definers, comments
// and white space in routines.
type Structure map[string]string

// unreadable describes an object whose contents the account may not see.
const unreadable = "(not readable by this account)"

// Unreadable names the objects whose contents could not be seen.
func (s Structure) Unreadable() []string {
	var names []string
	for name, is := range s {
		if strings.HasSuffix(is, unreadable) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Tables names the tables, sorted.
func (s Structure) Tables() []string {
	var names []string
	for name := range s {
		if table, ok := strings.CutPrefix(name, "table "); ok {
			names = append(names, table)
		}
	}
	slices.Sort(names)
	return names
}

// Kind says how an object differs from what is wanted.
type Kind int

const (
	// Missing: wanted, and not there.
	Missing Kind = iota + 1
	// Changed: there, and not as wanted.
	Changed
	// Extra: there, and not wanted; advice only, unless a migration left it.
	Extra
)

// String names the kind.
func (k Kind) String() string { return [...]string{"", "missing", "changed", "extra"}[k] }

// Difference is one object that is not as wanted.
type Difference struct {
	Object string
	Kind   Kind
	Want   string // empty where Extra
	Have   string // empty where Missing
}

// String says it in a line.
func (d Difference) String() string {
	switch d.Kind {
	case Missing:
		return d.Object + " is missing"
	case Extra:
		return d.Object + " is extra"
	}
	return d.Object + " is " + clip(d.Have) + ", not " + clip(d.Want)
}

func clip(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// Compare names every object that is not the same in both, sorted by name.
func Compare(have, want Structure) []Difference {
	var all []Difference
	for name, is := range want {
		got, ok := have[name]
		switch {
		case !ok:
			all = append(all, Difference{Object: name, Kind: Missing, Want: is})
		case got != is:
			all = append(all, Difference{name, Changed, is, got})
		}
	}
	for name, is := range have {
		if _, ok := want[name]; !ok {
			all = append(all, Difference{Object: name, Kind: Extra, Have: is})
		}
	}
	slices.SortFunc(all, func(a, b Difference) int { return cmp.Compare(a.Object, b.Object) })
	return all
}

// Lacking keeps what refuses: objects that are missing or changed. What is
// extra is advice.
func Lacking(all []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(all), func(d Difference) bool { return d.Kind == Extra })
}

func (s Structure) clone() Structure { return maps.Clone(s) }
