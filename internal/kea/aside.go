package kea

import (
	"path"
	"slices"
)

// Aside is a configuration as it can be tested beside the daemon that runs with it.
type Aside struct {
	// Edits are the files that change: the configuration's own, and those that it includes. Every value keeps its line, so that
	// what Kea says of a place holds for the file as it is.
	Edits []Edit
	// Untested is what a test of it does not reach, in words.
	Untested []string
}

// StandIn is the database that takes another's place.
type StandIn struct {
	Name, User string
	Password   Password
}

// listening are the hook libraries that open listeners as they are loaded, which -T does: up to 2.7.2 and in all of 2.4 and 2.6 that
// of High Availability (ChangeLog 2282), and that of bulk lease queries.
var listening = []string{haLibrary, "libdhcp_lease_query.so"}

// MoveAside takes out of a configuration's text what opens a listener or a control socket, and leads each database that it names to
// the one that stands in for it, reservations read-only. Leases whose database has no stand-in are kept in memory, and other uses of such a
// database are left out, and said. Errors: *SyntaxError, or that of a text whose parts lie in several files in the middle of what
// has to go.
func MoveAside(file string, text []byte, include func(string) ([]byte, error), standIn func(DatabaseRef) (StandIn, bool)) (Aside, error) {
	root, _, err := parse(file, text, refusing(include))
	if err != nil {
		return Aside{}, err
	}
	_, top, err := findSection(root)
	if err != nil {
		return Aside{}, err
	}
	m := &mover{f: &fields{}, standIn: standIn}
	for _, key := range []string{"control-socket", "control-sockets"} {
		if m.drop(top, key) {
			m.untested("the control sockets")
		}
	}
	m.hooks(top)
	m.databases(top)
	if m.f.err != nil {
		return Aside{}, m.f.err
	}
	if m.err != nil {
		return Aside{}, m.err
	}
	return Aside{Edits: m.edits(), Untested: m.said}, nil
}

// mover collects the changes.
type mover struct {
	f       *fields
	standIn func(DatabaseRef) (StandIn, bool)
	changes []change
	said    []string
	err     error // the first
}

func (m *mover) untested(what string) {
	if !slices.Contains(m.said, what) {
		m.said = append(m.said, what)
	}
}

func (m *mover) hooks(top *node) {
	for i, n := range m.f.sections(top, "hooks-libraries") {
		library := path.Base(m.f.text(n, "library"))
		switch {
		case slices.Contains(listening, library):
			m.without(itemsOf(top.get("hooks-libraries")), i)
			m.untested("the hook " + library + ", which would listen")
		case library == legalLogLibrary:
			parameters := m.f.section(n, "parameters")
			if t := m.f.text(parameters, "type"); t == "" || t == "logfile" || t == "syslog" {
				continue
			}
			if !m.lead(parameters, Forensic) {
				m.without(itemsOf(top.get("hooks-libraries")), i)
				m.untested("the forensic log")
			}
		}
	}
}

// databases leads what the places outside hooks-libraries name: the same places as readDatabases reads.
func (m *mover) databases(top *node) {
	const inMemory = `{ "type": "memfile", "persist": false }`
	switch n := m.f.section(top, "lease-database"); {
	case n == nil: // Kea's default is a file
		m.changes = append(m.changes, insertInline(top.start.src, top.start.offset+1, len(top.members) == 0, []string{`"lease-database": ` + inMemory}))
		m.untested("the lease file")
	case m.f.text(n, "type") == "memfile":
		m.replace(n, inMemory)
		m.untested("the lease file")
	case !m.lead(n, Leases):
		m.replace(n, inMemory)
		m.untested("the lease database")
	}
	if n := m.f.section(top, "hosts-database"); n != nil && len(n.members) > 0 && !m.lead(n, Hosts) {
		m.drop(top, "hosts-database")
		m.untested("the database of reservations")
	}
	m.list(top, "hosts-databases", Hosts, "the database of reservations")
	m.list(m.f.section(top, "config-control"), "config-databases", ConfigBackend, "the configuration backend")
}

func (m *mover) list(n *node, key string, use Use, what string) {
	for i, one := range m.f.sections(n, key) {
		if !m.lead(one, use) {
			m.without(itemsOf(n.get(key)), i)
			m.untested(what)
		}
	}
}

// lead writes a stand-in into a map that names a database; false where it has none.
func (m *mover) lead(n *node, use Use) bool {
	var c Config
	c.addDatabase(m.f, n, use)
	if m.f.err != nil {
		return true
	}
	to, ok := m.standIn(c.Databases[0])
	if !ok {
		return false
	}
	members := []struct{ key, value string }{{"name", quote(to.Name)}, {"user", quote(to.User)}, {"password", quote(to.Password.Reveal())}}
	if use == Hosts { // the grammar has it there alone (3.0.3)
		members = append(members, struct{ key, value string }{"readonly", "true"})
	}
	var missing []string
	for _, one := range members {
		if value := n.get(one.key); value != nil {
			m.replace(value, one.value)
		} else {
			missing = append(missing, quote(one.key)+": "+one.value)
		}
	}
	m.drop(n, "password-file")
	if len(missing) > 0 {
		m.changes = append(m.changes, insertInline(n.start.src, n.start.offset+1, len(n.members) == 0, missing))
	}
	return true
}
