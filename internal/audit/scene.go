package audit

import (
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// scene is the facts as rules ask for them.
type scene struct {
	known     Known
	databases []fleet.Database
	daemons   []*daemon // that may use a database, whose configuration could be read
	shares    []share
	blind     bool // a server could not be looked at
}

// daemon is one that may use a database.
type daemon struct {
	server fleet.Server
	kind   kea.DaemonKind
	config kea.Config
	named  []string // its subnets for people, in their order
	served []string // the same, sorted
}

// share is a database in which daemons of one kind on several servers keep the same: leases or reservations. DHCPv4 and DHCPv6 do
// not meet there, for they have tables, or columns for their subnets, of their own.
type share struct {
	database fleet.Database
	kind     kea.DaemonKind
	use      kea.Use
	members  []*daemon // two or more
	group    bool      // they are one High Availability group
	same     bool      // they are known to serve the same subnets
}

func daemonOf(s fleet.Server, c fleet.Config) *daemon {
	d := &daemon{server: s, kind: c.Daemon, config: c.Parsed}
	for _, n := range c.Parsed.Serving.Subnets {
		d.named = append(d.named, subnetName(n))
	}
	d.served = slices.Sorted(slices.Values(d.named))
	return d
}

func sceneOf(facts fleet.Facts, known Known) scene {
	look := scene{known: known, databases: facts.Databases}
	for _, s := range facts.Servers {
		if _, blind := unseen(s, known.Address); blind {
			look.blind = true
			continue
		}
		for _, c := range s.Configs {
			if c.Problem == "" && c.Daemon.UsesDatabase() {
				look.daemons = append(look.daemons, daemonOf(s, c))
			}
		}
	}
	for _, d := range facts.Databases {
		for _, kind := range []kea.DaemonKind{kea.DHCP4, kea.DHCP6} {
			for _, use := range []kea.Use{kea.Leases, kea.Hosts} {
				if s := (share{database: d, kind: kind, use: use, members: look.users(d, kind, use)}); len(s.servers()) > 1 {
					s.group, s.same = look.haGroup(s), sameSubnets(s.members)
					look.shares = append(look.shares, s)
				}
			}
		}
	}
	return look
}

// users are the daemons of a kind that use a database for something.
func (look scene) users(d fleet.Database, kind kea.DaemonKind, use kea.Use) []*daemon {
	var all []*daemon
	for _, one := range look.daemons {
		if one.kind == kind && slices.ContainsFunc(d.Endpoints, func(e fleet.Endpoint) bool {
			return e.Place.Server == one.server.Name && e.Daemon == kind && slices.Contains(e.Uses, use)
		}) {
			all = append(all, one)
		}
	}
	return all
}

// sharing are the shares of one use.
func (look scene) sharing(use kea.Use) []share {
	return slices.DeleteFunc(slices.Clone(look.shares), func(s share) bool { return s.use != use })
}

func (s share) servers() []string {
	var all []string
	for _, m := range s.members {
		if !slices.Contains(all, m.server.Name) {
			all = append(all, m.server.Name)
		}
	}
	return all
}

// all is a finding of the share as a whole.
func (s share) all(next, format string, args ...any) Finding {
	return Finding{Daemon: string(s.kind), Database: called(s.database), Message: fmt.Sprintf(format, args...), Next: next}
}

// of is a finding of one of its members.
func (s share) of(m *daemon, next, format string, args ...any) Finding {
	f := s.all(next, format, args...)
	f.Server = m.server.Name
	return f
}

// at is a finding of a daemon by itself.
func (d *daemon) at(next, format string, args ...any) Finding {
	return Finding{Server: d.server.Name, Daemon: string(d.kind), Message: fmt.Sprintf(format, args...), Next: next}
}

// doubtful is a finding that cannot be told.
func doubtful(f Finding) Finding {
	f.CannotTell = true
	return f
}

// keeps reports whether the daemon keeps something in a database.
func (d *daemon) keeps(uses ...kea.Use) bool {
	return slices.ContainsFunc(d.config.Databases, func(r kea.DatabaseRef) bool {
		return slices.ContainsFunc(r.Uses, func(u kea.Use) bool { return slices.Contains(uses, u) })
	})
}

// loads reports whether the daemon loads a hook library.
func (d *daemon) loads(library string) bool {
	return slices.ContainsFunc(d.config.Hooks, func(h kea.Hook) bool { return h.File() == library })
}

// version is that of the daemon that runs, else of what is installed.
func (d *daemon) version() kea.Version {
	for _, s := range d.server.Service {
		if s.Daemon == d.kind && !s.Version.IsZero() {
			return s.Version
		}
	}
	return d.server.Software.Kea
}

// whole reports whether the subnets of its configuration are all that it serves.
func (d *daemon) whole() bool { return d.config.Serving.Problem == "" && !d.keeps(kea.ConfigBackend) }

// called is how people call a database: as the first configuration names it.
func called(d fleet.Database) string {
	if len(d.Endpoints) == 0 {
		return d.Name
	}
	return d.Endpoints[0].Place.String()
}

// several names servers for a sentence, each once: "k1, k2 and k3", of many the first and last of a row.
func several(all []string) string {
	var once []string
	for _, s := range all {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	once = fleet.Short(once)
	if len(once) < 2 {
		return strings.Join(once, "")
	}
	return strings.Join(once[:len(once)-1], ", ") + " and " + once[len(once)-1]
}

// some gives the first few of many, and how many more there are.
func some(all []string) string {
	const few = 3
	if len(all) <= few {
		return strings.Join(all, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(all[:few], "; "), len(all)-few)
}

// byText groups names by a text that they share, in the order of the texts' first names.
func byText(each []*daemon, text func(*daemon) string) []string {
	var texts []string
	names := map[string][]string{}
	for _, d := range each {
		t := text(d)
		if names[t] == nil {
			texts = append(texts, t)
		}
		names[t] = append(names[t], d.server.Name)
	}
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = fmt.Sprintf("%s on %s", t, several(names[t]))
	}
	return all
}
