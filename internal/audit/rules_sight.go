package audit

import (
	"slices"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// rulesOfSight say what keeps an audit from telling.
func rulesOfSight() []Rule {
	unlisted := article + "Guidance (whoever else is in a database shares it)"
	return []Rule{
		{"unreachable", Error, "a server cannot be reached", "nothing of it can be told", nil},
		{"root", Error, "a server can be reached, but not as root", "nothing of it can be told", nil},
		{"platform", Error, "no playbook speaks a server's language", "nothing of it can be told", nil},
		{"configuration", Error, "a configuration cannot be read", "what it names cannot be told", nil},
		{"database", Error, "a database cannot be read", "who shares it cannot be told", nil},
		{"by-hand", Error, "a Kea was started by hand, with a configuration that nobody knows", "what it uses cannot be told", nil},
		{"subnets", Error, "the subnets of a configuration cannot be read", "what servers serve in common cannot be told", unreadSubnets},
		{"config-backend", Warning, "a server that shares leases or reservations has subnets and settings from a configuration backend, which is not read",
			article + "Configuration Backend; " + manual + "Configuration Backend", backendSubnets},
		{"ha-partner", Warning, "the partner of a server with a database is none of the fleet's", article + "High Availability", unseenPartners},
		{"sessions-unseen", Warning, "the account may not see who else is in a database", unlisted, unseenSessions},
		{"unlisted-client", Warning, "a client in a database comes from no server of the fleet and is not allowed", unlisted, unlistedClients},
	}
}

// unseen says why nothing of a server is known, where that is so.
func unseen(s fleet.Server, address func(string) string) (Finding, bool) {
	f := Finding{Server: s.Name, Next: "ssh " + address(s.Name)}
	switch {
	case !s.Reach.OK():
		f.Code, f.Message = "unreachable", "cannot be reached: "+s.Reach.Saw
	case !s.Root.OK():
		f.Code, f.Message = "root", "can be reached, but not as root: "+s.Root.Saw
	case s.Platform.Playbook == "":
		f.Code, f.Message, f.Next = "platform", "no playbook speaks for \""+s.Platform.OS+"\"", "name its playbook in the fleet file"
	default:
		return f, false
	}
	if s.Mend != "" {
		f.Next = s.Mend
	}
	return f, true
}

// unreadSubnets: a file whose databases can be read and whose subnets cannot, so that no rule of subnets can be held against it.
func unreadSubnets(look scene) []Finding {
	var all []Finding
	for _, d := range look.daemons {
		if why := d.config.Serving.Problem; why != "" && d.keeps(kea.Leases, kea.Hosts) {
			all = append(all, doubtful(d.at("mend the configuration", "its subnets cannot be read: %s", why)))
		}
	}
	return all
}

// backendSubnets: the article exempts config-databases from its rule ("Configuration Backend"), and what is in one counts on every server
// that reads it (Kea manual, "Configuration Sharing and Server Tags"). That is not read here, so what depends on subnets is in doubt.
func backendSubnets(look scene) []Finding {
	var all []Finding
	for _, s := range look.shares {
		for _, m := range s.members {
			if m.keeps(kea.ConfigBackend) {
				all = append(all, doubtful(s.of(m, "compare what config-get answers on each server",
					"subnets and settings come from a configuration backend too, which is not read: whether they agree with those of others in the same database cannot be told")))
			}
		}
	}
	return all
}

// unseenPartners: whether a partner shares the database cannot be told where it is no server of the fleet ("High Availability"). A
// server that could not be looked at may be the partner, and is named for that already.
func unseenPartners(look scene) []Finding {
	var all []Finding
	if look.blind {
		return nil
	}
	for _, d := range look.daemons {
		for _, r := range d.config.HA {
			for _, p := range r.Peers {
				seen := slices.ContainsFunc(look.partners(d, r), func(o partner) bool { return o.relation.ThisServer == p.Name })
				if seen || p.Name == r.ThisServer || !d.keeps(kea.Leases, kea.Hosts) {
					continue
				}
				all = append(all, doubtful(d.at("add it to the fleet file",
					"its High Availability peer %s (%s) is none of the fleet's servers: whether it shares the database cannot be told", p.Name, p.URL)))
			}
		}
	}
	return all
}

// holding are the databases that somebody keeps leases or reservations in, and that can be read.
func (look scene) holding() []fleet.Database {
	return slices.DeleteFunc(slices.Clone(look.databases), func(d fleet.Database) bool {
		return !d.Reach.OK() || len(keepers(d)) == 0
	})
}

// keepers are the servers that keep leases or reservations in a database.
func keepers(d fleet.Database) []string {
	var all []string
	for _, e := range d.Endpoints {
		if (slices.Contains(e.Uses, kea.Leases) || slices.Contains(e.Uses, kea.Hosts)) && !slices.Contains(all, e.Place.Server) {
			all = append(all, e.Place.Server)
		}
	}
	return all
}

// unseenSessions: a Kea that nobody listed shares the database, and would not be seen.
func unseenSessions(look scene) []Finding {
	var all []Finding
	for _, d := range look.holding() {
		if !d.Clients.Visible.OK() {
			all = append(all, doubtful(Finding{Database: called(d), Next: "grant what is missing, or name an account under databases: admin: that may",
				Message: "who else is in it cannot be seen, so a Kea that nobody listed would not be noticed: " + d.Clients.Visible.Saw}))
		}
	}
	return all
}

// unlistedClients: a Kea that nobody listed shares the database. What a client from elsewhere is cannot be told.
func unlistedClients(look scene) []Finding {
	var all []Finding
	for _, d := range look.holding() {
		for _, s := range d.Clients.Sessions {
			if s.Owner == fleet.OwnerStranger && !slices.Contains(look.known.Allowed, s.User+"@"+s.Address) {
				all = append(all, doubtful(Finding{Database: called(d), Message: s.String() + " is in it and comes from no server of the fleet: whether that is a Kea cannot be told",
					Next: "if it is a Kea, add its server to the fleet file; if not, list it under sessions: allow:"}))
			}
		}
	}
	return all
}
