package audit

import (
	"slices"

	"kea-lockstep/internal/kea"
)

// rulesOfSharing are the article's own, on who shares what.
func rulesOfSharing() []Rule {
	return []Rule{
		{"shared-database", Advice, "servers share a database for leases or reservations that are no High Availability group, nor serve the same subnets",
			article + "Guidance; Exceptions; Deviations, Strategy", sharedDatabases},
		{"ha-availability", Advice, "a High Availability group depends on one database", article + "Impact on Availability", oneDatabase},
		{"global-reservations", Warning, "global reservations, in a database of reservations that servers share outside of the exceptions",
			article + "Mitigation; " + manual + "Global Reservations (in a database their subnet is 0)", globalReservations},
		{"reservation-commands", Advice, "several servers take commands that change the reservations in one database",
			article + "Host Reservations; Mitigation", reservationCommands},
	}
}

// sharedDatabases: "Use a unique database for every Kea server" ("Guidance"), but for one High Availability group ("Exceptions"). Where
// it is done already and works, ISC recommends to leave it ("Strategy"): this is advice and no warning.
func sharedDatabases(look scene) []Finding {
	var all []Finding
	for _, d := range look.holding() {
		servers := keepers(d)
		if len(servers) < 2 {
			continue
		}
		of := slices.DeleteFunc(slices.Clone(look.shares), func(s share) bool { return s.database.ID != d.ID })
		together := func(s share) bool { return s.excepted() && len(s.servers()) == len(servers) }
		if len(of) > 0 && !slices.ContainsFunc(of, func(s share) bool { return !together(s) }) {
			continue
		}
		all = append(all, Finding{Database: called(d), Message: several(servers) + " keep leases or reservations in it, and are not known to be " +
			"one High Availability group, nor to serve the same subnets",
			Next: "where it works, leave it; give servers that are added a database of their own"})
	}
	return all
}

// oneDatabase: "the entire HA group [is] dependent on that database. [...] ensure the database is also highly available" ("Impact on
// Availability"). Whether it is, a client cannot see.
func oneDatabase(look scene) []Finding {
	var all []Finding
	for _, s := range look.shares {
		if s.excepted() {
			all = append(all, Finding{Database: called(s.database), Message: several(s.servers()) + " are there for each other, and all depend on this one database",
				Next: "see that the database is highly available itself, or give each server its own"})
		}
	}
	return all
}

// globalReservations: "Avoid the use of global reservations" ("Mitigation"). In a database their subnet identifier is 0 (Kea manual, "Global
// Reservations"), so each server that looks them up has those of all.
func globalReservations(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Hosts) {
		if s.excepted() {
			continue
		}
		for _, m := range s.members {
			if where := m.config.Serving.GlobalReservations; len(where) > 0 {
				all = append(all, s.of(m, "reserve in subnets, and set reservations-global to false",
					"looks up global reservations (%s), of which every server here has those of all others", where[0]))
			}
		}
	}
	return all
}

// reservationCommands: "you should send the API commands to one server only. With Stork, select only one daemon." ("Host Reservations",
// "Mitigation"). To whom they are sent cannot be seen, but who takes them.
func reservationCommands(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Hosts) {
		var takers []string
		for _, m := range s.members {
			if m.loads("libdhcp_host_cmds.so") {
				takers = append(takers, m.server.Name)
			}
		}
		if len(takers) > 1 {
			all = append(all, s.all("send commands to one of them only; in Stork select one daemon",
				"%s all take commands that change the reservations in it", several(takers)))
		}
	}
	return all
}
