package view

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/internal/fleet"
)

// outsiders names the clients that are on no server of the file: the loudest of what the file says.
func (s *sheet) outsiders() {
	for _, o := range s.facts.Outsiders() {
		d, _ := s.facts.Database(o.Database)
		s.blank()
		s.note("", "%s: %s", loud("NOT IN THIS FILE", o), outside(o, d))
		s.note("", "%s", meaning(o))
	}
}

// loud is what is said before the name of an outsider.
func loud(word string, o fleet.Outsider) string {
	if o.Unsure {
		return "PERHAPS " + word
	}
	return word
}

// outside says in one sentence who else is in a database.
func outside(o fleet.Outsider, d fleet.Database) string {
	return fmt.Sprintf("%s holds %s in %s, as %s", cmp.Or(o.Address, "somebody at the database server itself"), count(o.Sessions, "session"), d.Endpoints[0].Place, o.User)
}

// meaning says what such a client is likely to be, and what to do about it.
func meaning(o fleet.Outsider) string {
	if o.Unsure {
		return "It may be one of the servers that could not be asked, which would have told its addresses: mend the way there, and look again with kea-lockstep survey. " +
			"If it is none of them, it is one that nobody listed."
	}
	if o.Kea {
		return "That is Kea's own account, so most likely a Kea runs there that nobody listed. It shares this database and has to move with it: " +
			"add it to servers. Every run is refused while it is in the database and not listed."
	}
	return "If a Kea runs there, add it to servers. If it is something else that may stay connected, sessions: allow:, which stands ready in the file, takes it in. " +
		"Every run is refused while it is neither."
}

// accounts names the databases for which Kea's own account is not enough, with what it lacks and the entry that would name another.
func (s *sheet) accounts() {
	var entries []string
	for _, d := range s.facts.Databases {
		lacks := shortcomings(d)
		if len(lacks) == 0 {
			continue
		}
		s.blank()
		s.note("", "%s: the account that Kea's configuration names (%s) is not enough.", d.Endpoints[0].Place, d.Endpoints[0].Place.User)
		for _, l := range lacks {
			s.verbatim("- " + l)
		}
		s.note("", "Give it these rights, or name an account below that has them.")
		more, unnamed := s.matches(d)
		entries = append(entries, more...)
		if unnamed {
			s.note("", "Where the configuration names a directory as the host, no entry can stand for it: there it is the rights.")
		}
	}
	if len(entries) > 0 {
		s.off("databases:\n" + strings.Join(slices.Compact(entries), ""))
	}
}

// shortcomings lists what Kea's own account cannot do in a database that a run needs.
func shortcomings(d fleet.Database) []string {
	var all []string
	if !d.Reach.OK() || d.Empty {
		return nil
	}
	if v := d.Clients.Visible; !v.OK() {
		all = append(all, "it may not see every session, so a server that nobody listed would not be noticed: "+once(v.Saw))
	}
	for _, e := range d.Endpoints {
		if !e.Scratch.OK() {
			all = append(all, "it may not make scratch databases, in which a backup is proved: "+e.Scratch.Saw)
		}
	}
	for _, l := range d.Lacks {
		all = append(all, l.What+": "+l.Statement)
	}
	return unique(all)
}

// once says what several servers saw alike, which a survey joins, one time.
func once(saw string) string { return strings.Join(unique(strings.Split(saw, "; ")), "; ") }

// matches are the entries under databases: that stand for a database by each name that configurations give it. Unnamed: one of them
// no entry can stand for.
func (s *sheet) matches(d fleet.Database) (entries []string, unnamed bool) {
	for _, e := range d.Endpoints {
		at := e.Place
		if strings.Contains(at.Host, "/") || strings.Contains(at.Name, "/") {
			unnamed = true
			continue
		}
		where := cmp.Or(at.Host, "localhost")
		if at.Port != 0 && at.Port != at.Engine.DefaultPort() {
			where = net.JoinHostPort(where, strconv.Itoa(at.Port))
		}
		entry := "  - match: " + scalar(where+"/"+at.Name) + "\n"
		if s.twice(at) {
			entry += "    engine: " + string(at.Engine) + "\n"
		}
		if local(at.Host) {
			entry += "    server: " + scalar(at.Server) + "\n"
		}
		entry += "    admin:\n      user: kea_admin\n      password: { env: KEA_DB_PASSWORD }\n"
		if !slices.Contains(entries, entry) {
			entries = append(entries, entry)
		}
	}
	return entries, unnamed
}

// twice reports whether the other engine has a database of the same name on the same host: then a match stands for both.
func (s *sheet) twice(at fleet.Place) bool {
	return slices.ContainsFunc(s.facts.Databases, func(d fleet.Database) bool {
		return d.Engine != at.Engine && slices.ContainsFunc(d.Endpoints, func(e fleet.Endpoint) bool {
			return e.Place.Host == at.Host && e.Place.Name == at.Name
		})
	})
}

// others names the clients that may be asked to stay: programs on the fleet's own servers, and outsiders that are not in as Kea.
func (s *sheet) others() {
	var allow []string
	note := func(who, what string) {
		if strings.ContainsAny(who, " \t*%\"\\") || slices.Contains(allow, strconv.Quote(who)) {
			return // no entry can stand for it
		}
		if len(allow) == 0 {
			s.blank()
			s.note("", "Clients of the databases that are no Kea of this file. Those that may stay connected while a run goes on stand here:")
		}
		s.note("", "- %s: %s", who, what)
		allow = append(allow, strconv.Quote(who))
	}
	for _, d := range s.facts.Databases {
		for _, one := range d.Clients.Sessions {
			if one.Owner == fleet.OwnerOther && one.Address != "" {
				note(one.User+"@"+one.Address, fmt.Sprintf("%s on %s", cmp.Or(one.Process, "a program"), one.Server))
			}
		}
	}
	for _, o := range s.facts.Outsiders() {
		if !o.Kea && !o.Unsure && o.Address != "" {
			note(o.User+"@"+o.Address, "on none of these servers")
		}
	}
	if len(allow) > 0 {
		s.off("sessions:\n  allow: [" + strings.Join(allow, ", ") + "]\n")
	}
}
