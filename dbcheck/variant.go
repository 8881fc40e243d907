package dbcheck

import (
	"fmt"
	"slices"
)

// variant is what a schema of one version looks like by one way of making it:
// reference/variants-*.json, read back from a real server by TestVariants. A schema
// that was upgraded is not always what Kea's creation script makes, and which
// release's scripts upgraded it matters too: 22.2 that began as 14.0 keeps an
// older wording of MySQL's function isJsonSupported, 23.0 that came from 22.0 has no
// table option_def_data_type. All of these are as whole as Kea makes them.
type variant struct {
	Version Version `json:"version"`
	MadeBy  string  `json:"made_by"`
	// On is the variant that change is applied to, by its name, or the version of a
	// chain; empty: change is all of it.
	On string `json:"on,omitempty"`
	change

	whole Structure
}

// name is unique.
func (v variant) name() string { return v.Version.String() + " by " + v.MadeBy }

// named is the structure of the variant of that name.
func (r References) named(e Engine, name string) (Structure, bool) {
	for _, v := range r.variants[e] {
		if v.name() == name {
			return v.whole.clone(), true
		}
	}
	return nil, false
}

func variantsFile(e Engine) string { return fmt.Sprintf("reference/variants-%s.json", e) }

// resolve makes each variant whole; each is on one that stands before it.
func (r References) resolve(e Engine, all []variant) ([]variant, error) {
	known := map[string]Structure{"": {}}
	for _, c := range r.chains {
		if c.Engine != e {
			continue
		}
		for _, link := range c.Links {
			known[link.Version.String()], _ = c.at(link.Version)
		}
	}
	for i := range all {
		v := &all[i]
		on, ok := known[v.On]
		if !ok {
			return nil, fmt.Errorf("reading the references: %s is on %q, which is not known", v.name(), v.On)
		}
		v.whole = on.clone()
		v.apply(v.whole)
		known[v.name()] = v.whole
	}
	return all, nil
}

// Variants are all structures of that version that Kea's scripts are known to make;
// the ones of a chain first.
func (r References) Variants(e Engine, v Version) []Structure {
	var all []Structure
	if c, ok := (References{chains: r.whole()}).through(e, v); ok {
		at, _ := c.at(v)
		all = append(all, at)
	}
	for _, one := range r.variants[e] {
		if one.Version == v {
			all = append(all, one.whole.clone())
		}
	}
	return all
}

// whole are the chains that begin on no variant; what the others come by is among the variants.
func (r References) whole() []chain {
	return slices.DeleteFunc(slices.Clone(r.chains), func(c chain) bool { return c.On != "" })
}

// Closest is the variant of that version that a structure lacks the least of; false
// where no reference is carried for it.
func (r References) Closest(e Engine, v Version, have Structure) (want Structure, ok bool) {
	least := 0
	for _, one := range r.Variants(e, v) {
		if n := len(Lacking(Compare(have, one))); !ok || n < least {
			want, ok, least = one, true, n
		}
	}
	return want, ok
}

// Drift holds a structure against what Kea makes of that version, by the way of
// making it that it is closest to: what is missing or changed, and what is there
// besides, which is advice. False where no reference is carried.
func (r References) Drift(e Engine, v Version, have Structure) (lacking, more []Difference, ok bool) {
	want, ok := r.Closest(e, v, have)
	if !ok {
		return nil, nil, false
	}
	for _, d := range Compare(have, want) {
		if d.Kind == Extra {
			more = append(more, d)
		} else {
			lacking = append(lacking, d)
		}
	}
	return lacking, more, true
}
