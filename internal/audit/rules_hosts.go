package audit

import (
	"fmt"
	"strings"

	"kea-lockstep/internal/kea"
)

// rulesOfHosts hold how servers that share reservations look them up.
func rulesOfHosts() []Rule {
	return []Rule{
		{"reservations-unique", Warning, "ip-reservations-unique differs between servers that share reservations",
			manual + "Multiple Reservations for the Same IP", uniqueness},
		{"host-identifiers", Warning, "host-reservation-identifiers differ between servers that share reservations and serve the same subnets",
			article + "Host Reservations (the same reservations); " + manual + "Fine-Tuning Host Reservation", identifiers},
	}
}

// uniqueness: whoever sets ip-reservations-unique to false lets an address be reserved twice in the database; to servers that do not, this "may lead to
// lease allocation errors" (Kea manual, "Multiple Reservations for the Same IP").
func uniqueness(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Hosts) {
		if each := byText(s.members, func(m *daemon) string { return fmt.Sprint(m.config.Serving.UniqueReservations) }); len(each) > 1 {
			all = append(all, s.all("set it alike on every server; to true only once no address is reserved twice", "ip-reservations-unique is %s", strings.Join(each, ", ")))
		}
	}
	return all
}

// identifiers: servers of one group share reservations because they are "offering the same reservations" ("Host Reservations"); a reservation by
// an identifier that a server does not look up is none to it (Kea manual, "Fine-Tuning Host Reservation"). The order does not matter to that.
func identifiers(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Hosts) {
		if !s.excepted() {
			continue
		}
		if each := byText(s.members, func(m *daemon) string { return strings.Join(m.config.Serving.Identifiers, ", ") }); len(each) > 1 {
			all = append(all, s.all("set host-reservation-identifiers alike on every server", "reservations are looked up by %s", strings.Join(each, "; by ")))
		}
	}
	return all
}
