package dbcheck

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
)

// reference/chain-*.json hold what Kea's own scripts make, read back from a real
// server by TestReferences: one file for each version that a chain of upgrades
// starts from. Where a chain starts matters: 23.0 reached from 22.0 lacks a
// table that 23.0 reached from 22.2 has.
//
//go:embed reference/*.json
var referenceFiles embed.FS

// chain is one file: the first structure whole, then what each step changes.
type chain struct {
	Engine   Engine      `json:"engine"`
	MadeFrom string      `json:"made_from"`
	Links    []chainLink `json:"versions"`
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
	var r References
	for _, file := range chains {
		c, err := readReference[chain](file)
		if err != nil {
			return References{}, err
		}
		r.chains = append(r.chains, c)
	}
	r.variants = map[Engine][]variant{}
	for _, e := range []Engine{MySQL, PostgreSQL} {
		all, err := readReference[[]variant](variantsFile(e))
		if err != nil {
			return References{}, err
		}
		if r.variants[e], err = r.resolve(e, all); err != nil {
			return References{}, err
		}
	}
	return r, nil
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

// From lists the versions that a database of a version becomes on its way up and
// whose migration can be judged, since every step was cut off everywhere and run
// again; that version first. None where it is unknown.
func (r References) From(e Engine, v Version) []Version {
	c, ok := r.through(e, v)
	if !ok {
		return nil
	}
	var on []Version
	for _, link := range c.Links[c.index(v):] {
		on = append(on, link.Version)
	}
	return on
}

// through finds the chain that goes through a version, and prefers the one that
// has the fewest steps up to there: best one that begins there, since its
// structure was made by Kea's creation script.
func (r References) through(e Engine, v Version) (chain, bool) {
	best := -1
	for i, c := range r.chains {
		at := c.index(v)
		if c.Engine == e && at >= 0 && (best < 0 || at < r.chains[best].index(v)) {
			best = i
		}
	}
	if best < 0 {
		return chain{}, false
	}
	return r.chains[best], true
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
