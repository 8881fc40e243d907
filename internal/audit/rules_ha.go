package audit

import (
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// rulesOfHA are those of the High Availability hook before a shared database.
func rulesOfHA() []Rule {
	sharing := manual + "Lease Information Sharing"
	return []Rule{
		{"ha-lease-updates", Error, "High Availability partners keep leases in one database and send them to each other too",
			article + "High Availability, Leases; " + sharing, sentTwice},
		{"ha-no-replication", Warning, "High Availability partners keep leases apart and do not send them to each other",
			article + "High Availability, Leases; " + sharing, neverSent},
		{"ha-half", Warning, "of send-lease-updates and sync-leases one is true and one is false", sharing, halfSent},
		{"ha-subnets", Warning, "a High Availability group shares a database, and its servers offer different subnets",
			article + "Host Reservations (other configurations)", differentSubnets},
		{"ha-reservations", Warning, "High Availability partners keep reservations apart, and not as many of them",
			article + "Impact on Availability (send the same commands to both)", uncopied},
		{"hub-and-spoke", Warning, "a server with several High Availability relationships shares a database with a partner",
			article + "Host Reservations (hub-and-spoke)", hubs},
	}
}

// sentTwice: a shared lease database "requires setting send-lease-updates and sync-leases to false" ("Leases"; Kea manual, "Lease
// Information Sharing").
func sentTwice(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Leases) {
		for _, m := range s.members {
			for _, r := range m.config.HA {
				if (r.SendLeaseUpdates || r.SyncLeases) && len(look.partnersIn(s, m, r)) > 0 {
					all = append(all, s.of(m, "set send-lease-updates and sync-leases to false on every server of the High Availability group",
						"send-lease-updates is %t and sync-leases is %t (%s), though its High Availability partner keeps leases in the same database",
						r.SendLeaseUpdates, r.SyncLeases, r.At))
				}
			}
		}
	}
	return all
}

// neverSent: "both are false if database replication is in use, or both are true otherwise" (Kea manual, "Lease Information Sharing"). Whether
// two databases replicate cannot be seen.
func neverSent(look scene) []Finding {
	return look.apart(func(d *daemon, r kea.HARelationship) (Finding, bool) {
		return d.at("set both to true, unless the databases replicate to each other",
				"send-lease-updates and sync-leases are false (%s), and its High Availability partner keeps leases elsewhere: nothing brings one's leases to the other", r.At),
			!r.SendLeaseUpdates && !r.SyncLeases
	})
}

// halfSent: "in the most typical use case, both parameters are set to the same value [...] Kea does not natively support" others (Kea manual,
// "Lease Information Sharing").
func halfSent(look scene) []Finding {
	return look.apart(func(d *daemon, r kea.HARelationship) (Finding, bool) {
		return d.at("set both to true, unless something else brings leases from one to the other",
			"send-lease-updates is %t and sync-leases is %t (%s)", r.SendLeaseUpdates, r.SyncLeases, r.At), r.SendLeaseUpdates != r.SyncLeases
	})
}

// apart asks of every relationship whose partners are in the fleet and keep their leases elsewhere.
func (look scene) apart(judge func(*daemon, kea.HARelationship) (Finding, bool)) []Finding {
	var all []Finding
	for _, d := range look.daemons {
		for _, r := range d.config.HA {
			if f, wrong := judge(d, r); wrong && len(look.partners(d, r)) > 0 && !look.leasesTogether(d, r) {
				all = append(all, f)
			}
		}
	}
	return all
}

// leasesTogether reports whether a server shares its leases with a partner, or whether that cannot be told.
func (look scene) leasesTogether(d *daemon, r kea.HARelationship) bool {
	if slices.ContainsFunc(look.databases, func(one fleet.Database) bool { return !one.Reach.OK() && reads(d, one) }) {
		return true
	}
	return slices.ContainsFunc(look.sharing(kea.Leases), func(s share) bool { return s.kind == d.kind && s.has(d) && len(look.partnersIn(s, d, r)) > 0 })
}

// differentSubnets: "any other configuration where different Kea servers in the HA group will offer different subnets or reservations, should have
// separate databases" ("Host Reservations").
func differentSubnets(look scene) []Finding {
	var all []Finding
	for _, s := range look.shares {
		if !s.group || s.same || slices.ContainsFunc(s.members, func(m *daemon) bool { return !m.whole() }) {
			continue
		}
		all = append(all, s.all("give each server a database of its own, or all of them the same subnets",
			"%s are one High Availability group and offer different subnets: %s", several(s.servers()), some(unequal(s))))
	}
	return all
}

// unequal are the subnets that some members serve and others do not.
func unequal(s share) []string {
	by := map[string][]string{}
	var order []string
	for _, m := range s.members {
		for _, name := range m.served {
			if by[name] == nil {
				order = append(order, name)
			}
			by[name] = append(by[name], m.server.Name)
		}
	}
	var all []string
	for _, name := range order {
		if len(by[name]) < len(s.members) {
			all = append(all, name+" only on "+several(by[name]))
		}
	}
	return all
}

// uncopied: with a database for each, "for host reservations, send the same add/delete API commands to both servers" ("Impact on Availability"). As many on
// both sides are no proof that they are the same; not as many are one that they are not.
func uncopied(look scene) []Finding {
	var all []Finding
	for _, set := range look.haSets() {
		var apart, counted []*daemon
		rows := map[string]int64{}
		for _, d := range set {
			if one, is := look.hostsApart(d); is {
				apart = append(apart, d)
				if n, known := one.Rows["hosts"]; known {
					counted, rows[d.server.Name] = append(counted, d), n
				}
			}
		}
		if len(apart) < 2 || !sameSubnets(apart) {
			continue
		}
		for _, d := range apart {
			if _, known := rows[d.server.Name]; !known {
				all = append(all, doubtful(d.at("kea-lockstep survey", "how many reservations are in its database cannot be told")))
			}
		}
		if each := byText(counted, func(d *daemon) string { return strconv.FormatInt(rows[d.server.Name], 10) }); len(each) > 1 {
			all = append(all, counted[0].at("send commands that change reservations to every server of the group, and add what is missing",
				"its High Availability group does not keep the same reservations: there are %s", strings.Join(each, ", ")))
		}
	}
	return all
}

// hostsApart is the database of a daemon's reservations, where it can be read and no other server keeps anything in it.
func (look scene) hostsApart(d *daemon) (fleet.Database, bool) {
	for _, one := range look.holding() {
		for _, e := range one.Endpoints {
			if e.Place.Server == d.server.Name && e.Daemon == d.kind && slices.Contains(e.Uses, kea.Hosts) {
				return one, len(keepers(one)) == 1
			}
		}
	}
	return fleet.Database{}, false
}

// hubs: "Hub-and-spoke configurations [...] should have separate databases, and manage reservations individually" ("Host Reservations").
func hubs(look scene) []Finding {
	var all []Finding
	for _, s := range look.shares {
		for _, m := range s.members {
			if len(m.config.HA) > 1 && slices.ContainsFunc(m.config.HA, func(r kea.HARelationship) bool { return len(look.partnersIn(s, m, r)) > 0 }) {
				all = append(all, s.of(m, "give each server of the relationships a database of its own",
					"has %d High Availability relationships and shares this database with a partner", len(m.config.HA)))
			}
		}
	}
	return all
}
