package dbcheck

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// reference/chain-*.json hold what Kea's own scripts make, read back from a real
// server by TestReferences and TestOlderReferences: one file for each way of
// upgrades, called by the schema that it begins with and the release whose scripts
// lead on. Both matter: 23.0 reached from 22.0 lacks a table that 23.0 reached from
// 22.2 has, and from 22.0 the scripts of Kea 2.6 lead to 22.2, those of 3.0 to 30.0.
//
//go:embed reference/*.json
var referenceFiles embed.FS

// chain is one file: the first structure, whole or as what changes from a variant,
// then what each step changes.
type chain struct {
	Engine   Engine `json:"engine"`
	MadeFrom string `json:"made_from"`
	// On is the name of the variant that the first link changes; empty: the first
	// link is whole.
	On    string      `json:"on,omitempty"`
	Links []chainLink `json:"versions"`
}

type chainLink struct {
	Version Version `json:"version"`
	change
	// Again are the states, other than that of the version before, in which the
	// step that leads here was cut off and then seen to run again, to the same
	// structure and the same rows as one that was not cut off.
	Again []change `json:"again,omitempty"`
}

// change is what has to be done to one structure to make it another.
type change struct {
	Set  Structure `json:"set,omitempty"`
	Gone []string  `json:"gone,omitempty"`
}

// References are the structures of Kea's schema versions. The zero value knows
// none.
type References struct {
	chains   []chain
	variants map[Engine][]variant
}

// LoadReferences reads the structures that this program carries.
func LoadReferences() (References, error) {
	chains, err := fs.Glob(referenceFiles, "reference/chain-*.json")
	if err != nil {
		return References{}, fmt.Errorf("reading the references: %w", err)
	}
	r := References{variants: map[Engine][]variant{}}
	var later []chain
	for _, file := range chains {
		c, err := readReference[chain](file)
		if err != nil {
			return References{}, err
		}
		if c.On != "" {
			later = append(later, c)
			continue
		}
		r.chains = append(r.chains, c)
	}
	for _, e := range []Engine{MySQL, PostgreSQL} {
		all, err := readReference[[]variant](variantsFile(e))
		if err != nil {
			return References{}, err
		}
		if r.variants[e], err = r.resolve(e, all); err != nil {
			return References{}, err
		}
	}
	for _, c := range later {
		if err := r.add(c); err != nil {
			return References{}, err
		}
	}
	return r, nil
}

// add takes in a chain that begins with a variant, and what it comes by that no variant is.
func (r *References) add(c chain) error {
	whole, ok := r.named(c.Engine, c.On)
	if !ok {
		return fmt.Errorf("reading the references: a chain of %s begins on %q, which is not known", c.Engine, c.On)
	}
	c.Links[0].apply(whole)
	c.Links[0].change = change{Set: whole}
	s := Structure{}
	for _, link := range c.Links {
		link.apply(s)
		if !slices.ContainsFunc(r.Variants(c.Engine, link.Version), func(is Structure) bool { return maps.Equal(is, s) }) {
			r.variants[c.Engine] = append(r.variants[c.Engine], variant{Version: link.Version, MadeBy: c.MadeFrom, whole: s.clone()})
		}
	}
	r.chains = append(r.chains, c)
	return nil
}

func readReference[T any](file string) (read T, err error) {
	text, err := referenceFiles.ReadFile(file)
	if err != nil {
		return read, fmt.Errorf("reading the references: %w", err)
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return read, fmt.Errorf("reading reference %s: %w", file, err)
	}
	return read, nil
}

// Structure is what a schema of that version looks like, made by Kea's creation
// script where one of that version is known; false where no reference is carried
// for it.
func (r References) Structure(e Engine, v Version) (Structure, bool) {
	all := r.Variants(e, v)
	if len(all) == 0 {
		return nil, false
	}
	return all[0], true
}

// From lists the versions that a database of a version becomes on its ways up and
// whose migration can be judged, since every step was cut off everywhere and run
// again; that version first. None where it is unknown.
func (r References) From(e Engine, v Version) []Version {
	var on []Version
	for _, c := range r.chains {
		if at := c.index(v); c.Engine == e && at >= 0 {
			for _, link := range c.Links[at:] {
				if !slices.Contains(on, link.Version) {
					on = append(on, link.Version)
				}
			}
		}
	}
	return on
}

// through finds the chain that goes through the versions, in their order, and
// prefers the one that has the fewest steps up to the first: best one that begins
// there, since its structure was made by Kea's creation script.
func (r References) through(e Engine, first Version, more ...Version) (chain, bool) {
	ways := r.ways(e, first, more...)
	if len(ways) == 0 {
		return chain{}, false
	}
	return ways[0], true
}

// likest is the one of the chains through the versions that at the first of them
// is most like a structure: what one way has made by then, another may make later.
func (r References) likest(e Engine, have Structure, first Version, more ...Version) (chain, bool) {
	ways := r.ways(e, first, more...)
	if len(ways) < 2 {
		return r.through(e, first, more...)
	}
	differs := func(c chain) int {
		at, _ := c.at(first)
		return len(Compare(have, at))
	}
	return slices.MinFunc(ways, func(a, b chain) int { return cmp.Compare(differs(a), differs(b)) }), true
}

// ways are all chains through the versions, those with fewer steps up to the first
// before others.
func (r References) ways(e Engine, first Version, more ...Version) []chain {
	var all []chain
	for _, c := range r.chains {
		if c.Engine == e && c.passes(first, more...) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b chain) int { return cmp.Compare(a.index(first), b.index(first)) })
	return all
}

func (c chain) passes(first Version, more ...Version) bool {
	at := c.index(first)
	for _, v := range more {
		next := c.index(v)
		if at < 0 || next < at {
			return false
		}
		at = next
	}
	return at >= 0
}

func (c chain) index(v Version) int {
	return slices.IndexFunc(c.Links, func(l chainLink) bool { return l.Version == v })
}

// at is the structure of one version of the chain.
func (c chain) at(v Version) (Structure, bool) {
	last := c.index(v)
	if last < 0 {
		return nil, false
	}
	s := Structure{}
	for _, link := range c.Links[:last+1] {
		link.apply(s)
	}
	return s, true
}

func (c change) apply(s Structure) {
	for name, is := range c.Set {
		s[name] = is
	}
	for _, name := range c.Gone {
		delete(s, name)
	}
}

// changeBetween makes the change that leads from one structure to another.
func changeBetween(from, to Structure) change {
	c := change{Set: Structure{}}
	for _, d := range Compare(to, from) {
		if d.Kind == Missing {
			c.Gone = append(c.Gone, d.Object)
		} else {
			c.Set[d.Object] = d.Have
		}
	}
	return c
}
