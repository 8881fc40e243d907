package kea

import "strings"

// Break is something in a configuration that means something else to the
// target, or nothing at all.
type Break struct {
	Code     string
	Since    Version
	Severity Severity // Refusal: the target does not start with it
	What     string
	// Do is what the operator has to do; empty where there is nothing to do.
	Do string
	// Edited says that the change is made for the operator, by EditDatabaseHook.
	Edited bool
	At     []Position
}

// breakRule is one change between releases. Where gives the places of a
// configuration that it meets; none means that it does not concern it.
type breakRule struct {
	Break
	where func(Config) []Position
	// already reports releases before Since that have the change too: fixes
	// that went into several series. May be nil.
	already func(Version) bool
}

// Breaks are the known changes on the way from one release to another that
// concern this configuration, in the order of the releases that brought them.
// The list helps to prepare; the judge is the target's own `-t` and `-T`. A
// release that is unknown is taken for one before all changes.
func Breaks(cfg Config, from, to Version) []Break {
	var found []Break
	for _, rule := range breakRules() {
		if rule.holds(from) || !rule.holds(to) {
			continue
		}
		if at := rule.where(cfg); len(at) > 0 {
			b := rule.Break
			b.At = at
			found = append(found, b)
		}
	}
	return found
}

// holds reports whether a release has the change.
func (r breakRule) holds(v Version) bool {
	return v.Compare(r.Since) >= 0 || r.already != nil && r.already(v)
}

// settings are the places of the settings for which the condition holds.
func (c Config) settings(condition func(Setting) bool) []Position {
	var at []Position
	for _, s := range c.Settings {
		if condition(s) {
			at = append(at, s.At)
		}
	}
	return at
}

// keys makes the condition of a rule: settings of these last keys.
func keys(names ...string) func(Config) []Position {
	return func(c Config) []Position {
		return c.settings(func(s Setting) bool {
			for _, name := range names {
				if s.Key == name || strings.HasSuffix(s.Key, "."+name) {
					return true
				}
			}
			return false
		})
	}
}

// lacks makes the condition that a setting is nowhere; the place is then the
// beginning of the file.
func lacks(name string, concerned func(Config) bool) func(Config) []Position {
	return func(c Config) []Position {
		if !concerned(c) || len(keys(name)(c)) > 0 {
			return nil
		}
		return []Position{{File: c.Path, Line: 1, Column: 1}}
	}
}

// hooks are the places of hook libraries for which the condition holds.
func hooks(condition func(file string) bool) func(Config) []Position {
	return func(c Config) []Position {
		var at []Position
		for _, h := range c.Hooks {
			if condition(h.File()) {
				at = append(at, h.At)
			}
		}
		return at
	}
}

// relationships are the places of the HA relationships that meet a condition.
func relationships(condition func(HARelationship) bool) func(Config) []Position {
	return func(c Config) []Position {
		var at []Position
		for _, r := range c.HA {
			if condition(r) {
				at = append(at, r.At)
			}
		}
		return at
	}
}

// sockets are the places of the control sockets that meet a condition.
func sockets(condition func(ControlSocket) bool) func(Config) []Position {
	return func(c Config) []Position {
		var at []Position
		for _, s := range c.Sockets {
			if condition(s) {
				at = append(at, s.At)
			}
		}
		return at
	}
}

// databases are the places of the databases that meet a condition.
func databases(condition func(Config, DatabaseRef) bool) func(Config) []Position {
	return func(c Config) []Position {
		var at []Position
		for _, d := range c.Databases {
			if condition(c, d) {
				at = append(at, d.At)
			}
		}
		return at
	}
}
