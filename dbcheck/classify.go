package dbcheck

import (
	"fmt"
	"strings"
)

// State is what a migration left behind.
type State int

const (
	// CannotTell counts as Torn, and Classification.Saw names what is missing.
	CannotTell State = iota
	// Torn: version and structure do not fit each other. Running the migration
	// again fails or does some of it twice; only a backup helps.
	Torn
	// Untouched: version and structure are those from before the migration.
	Untouched
	// Clean: the migration stopped at Classification.At, a version between, from
	// which it can be run again.
	Clean
	// Done: version and structure are the target's.
	Done
)

// String names the state.
func (s State) String() string {
	return [...]string{"cannot tell", "torn", "untouched", "clean", "done"}[s]
}

// MayGoOn says whether the migration may be run, or run again, as it stands.
func (s State) MayGoOn() bool { return s == Untouched || s == Clean }

// Migration is what is known about one: the look taken in preflight, the
// schema version it should reach, and a look taken now.
type Migration struct {
	Engine Engine
	Before Snapshot
	Target Version
	Now    Snapshot
}

// Classification is the answer, with its evidence.
type Classification struct {
	State State
	At    Version // what schema_version says
	// Differences are the objects that do not fit At (Torn).
	Differences []Difference
	// Leftovers are objects that do not fit and do no harm: the probe of
	// kea-admin, which removes it itself, and what an interrupted step left in a
	// state from which it was seen to run again.
	Leftovers []Difference
	Saw       string
}

// Classify says what a migration left behind. It is pure, and careful: what
// cannot be shown to be clean is Torn or CannotTell.
//
// Expected is, object by object, what preflight saw, except for objects that
// Kea's own upgrades from Before up to the version found change: these must be
// what Kea makes of them. So a difference that was there before stays accepted,
// and a step's half does not pass, not even one that only added a row to one of
// the tables that Kea fills. What it does not look at are rows of other tables;
// in MySQL's steps from 22 to 30 whatever changes such rows can be done twice
// without harm, or goes with a change of structure, and PostgreSQL's from 22 to 29
// are a transaction each, so that no half of one stays (TestReferences cuts every
// step before each of its statements and runs it again; TestOlderReferences does
// so from 14, and PostgreSQL's 13, with the scripts of Kea 2.6 and 3.0, and from
// 22.1. Of these PostgreSQL's from 17 to 18 is no transaction).
//
// Take Now when the migration's own sessions are gone: a server finishes the
// statement of a client that was killed.
func (r References) Classify(m Migration) Classification {
	c := Classification{At: m.Now.Version}
	if why := unclear(m); why != "" {
		c.Saw = why
		return c
	}
	if m.Now.Version == (Version{}) {
		c.State, c.Saw = Torn, "schema_version is missing, or does not hold one row"
		return c
	}
	want, link, err := r.expected(m)
	if err != nil {
		return r.without(c, m, err)
	}
	probe, rest := split(Compare(m.Now.Structure, want))
	c.Leftovers = probe
	if len(rest) > 0 && link.runsAgain(want, without(m.Now.Structure, probe)) {
		c.Leftovers, rest = append(c.Leftovers, rest...), nil
	}
	c.State, c.Differences = stateOf(m, rest), rest
	c.Saw = c.say(m)
	return c
}

// unclear says why nothing can be concluded; empty if something can.
func unclear(m Migration) string {
	for _, s := range []struct {
		when string
		of   Snapshot
	}{{"before the migration", m.Before}, {"now", m.Now}} {
		if hidden := s.of.Structure.Unreadable(); len(hidden) > 0 {
			return fmt.Sprintf("%d objects could not be read %s, among them %s", len(hidden), s.when, hidden[0])
		}
	}
	if len(m.Before.Structure) == 0 {
		return "the structure from before the migration is not known"
	}
	if len(m.Now.Busy) > 0 {
		return "statements are still running: " + m.Now.Busy[0].String()
	}
	return ""
}

// expected is the structure that the version found should have, and the link
// that leads on from there (nil where none is known).
func (r References) expected(m Migration) (Structure, *chainLink, error) {
	at, before := m.Now.Version, m.Before.Version
	chain, known := r.likest(m.Engine, m.Before.Structure, before, m.Target)
	if at == before {
		return m.Before.Structure, chain.after(at), nil
	}
	if !known {
		return nil, nil, fmt.Errorf("the schema went from %v to %v, and no reference of %v up to %v is carried", before, at, before, m.Target)
	}
	if !chain.passes(before, at, m.Target) {
		return nil, nil, fmt.Errorf("version %v is not on the way from %v to %v", at, before, m.Target)
	}
	old, _ := chain.at(before)
	young, _ := chain.at(at)
	want := m.Before.Structure.clone()
	changeBetween(old, young).apply(want)
	return want, chain.after(at), nil
}

// after is the link that follows a version; nil at the end of the chain.
func (c chain) after(v Version) *chainLink {
	i := c.index(v)
	if i < 0 || i+1 >= len(c.Links) {
		return nil
	}
	return &c.Links[i+1]
}

// runsAgain says whether have is one of the states from which the step was
// seen to run again; clean is the state before the step.
func (l *chainLink) runsAgain(clean, have Structure) bool {
	if l == nil {
		return false
	}
	for _, state := range l.Again {
		s := clean.clone()
		state.apply(s)
		if len(Compare(have, s)) == 0 {
			return true
		}
	}
	return false
}

// split takes out the table with which kea-admin probes its privileges and
// which it drops before it begins (mysql_can_create of Kea 2.2 to 3.0).
func split(all []Difference) (probe, rest []Difference) {
	for _, d := range all {
		if d.Kind == Extra && strings.Contains(d.Object, " kea_dummy_") {
			probe = append(probe, d)
		} else {
			rest = append(rest, d)
		}
	}
	return probe, rest
}

// without judges where no reference of the version before is carried: the
// target can be recognised still, by containing what its reference has.
func (r References) without(c Classification, m Migration, why error) Classification {
	want, ok := r.Closest(m.Engine, m.Target, m.Now.Structure)
	if !ok || m.Now.Version != m.Target {
		c.Saw = why.Error()
		return c
	}
	c.Differences = Lacking(Compare(m.Now.Structure, want))
	c.State = stateOf(m, c.Differences)
	c.Saw = c.say(m)
	return c
}

func without(s Structure, extra []Difference) Structure {
	s = s.clone()
	for _, d := range extra {
		delete(s, d.Object)
	}
	return s
}

func stateOf(m Migration, differences []Difference) State {
	switch {
	case len(differences) > 0:
		return Torn
	case m.Now.Version == m.Target:
		return Done
	case m.Now.Version == m.Before.Version:
		return Untouched
	}
	return Clean
}

func (c Classification) say(m Migration) string {
	switch {
	case c.State == Torn && c.At == m.Before.Version:
		return fmt.Sprintf("schema_version still says %v, and %d objects are not what they were: %v", c.At, len(c.Differences), c.Differences[0])
	case c.State == Torn:
		return fmt.Sprintf("schema_version says %v, and %d objects do not fit it: %v", c.At, len(c.Differences), c.Differences[0])
	case len(c.Leftovers) > 0:
		return fmt.Sprintf("schema_version says %v and the structure fits it, but for what an interrupted step left and the next run replaces: %v", c.At, c.Leftovers[0])
	}
	return fmt.Sprintf("schema_version says %v and the structure fits it", c.At)
}
