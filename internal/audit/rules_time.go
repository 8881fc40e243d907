package audit

import (
	"cmp"
	"slices"
	"time"

	"kea-lockstep/internal/kea"
)

// rulesOfTime hold clocks and time zones: a lease has the moment at which it expires.
func rulesOfTime() []Rule {
	clocks := manual + "Clocks on Active Servers"
	return []Rule{
		{"clock-terminates", Error, "clocks of High Availability partners are more than 60 s apart", clocks, clocksTooFar},
		{"clock", Warning, "clocks of servers that share leases, or are High Availability partners, are more than 30 s apart", clocks, clocksApart},
		{"timezone", Error, "a database's time zone is not that of a server that uses it",
			manual + "First-Time Creation of the MySQL Database, and of the PostgreSQL Database; Lease Database Configuration", zones},
	}
}

// What the High Availability hook warns of, and what it gives up at (Kea manual, "Clocks on Active Servers").
const (
	clockWarns = 30 * time.Second
	clockEnds  = 60 * time.Second
)

// clocksTooFar: beyond 60 s "the HA service on each of the servers is terminated" (Kea manual, "Clocks on Active Servers").
func clocksTooFar(look scene) []Finding {
	var all []Finding
	for _, set := range look.haSets() {
		all = append(all, clocksOf(set, clockEnds, 1<<62, "the High Availability service ends itself at 60 s, on both")...)
	}
	return all
}

// clocksApart: where clocks are apart "one server may consider a lease to be expired when it is actually still valid" (Kea manual, "Clocks on Active
// Servers"). The hook warns beyond 30 s; that a lease comes by way of a database changes nothing.
func clocksApart(look scene) []Finding {
	var all []Finding
	sets := look.haSets()
	for _, set := range sets {
		all = append(all, clocksOf(set, clockWarns, clockEnds, "one takes leases for expired that are not")...)
	}
	for _, s := range look.sharing(kea.Leases) {
		if !s.group {
			all = append(all, clocksOf(s.members, clockWarns, 1<<62, "one takes leases for expired that are not")...)
		}
	}
	return all
}

// haSets are High Availability groups, each once.
func (look scene) haSets() [][]*daemon {
	var sets [][]*daemon
	for _, d := range look.daemons {
		for _, r := range d.config.HA {
			set := []*daemon{d}
			for _, p := range look.partners(d, r) {
				set = append(set, p.daemon)
			}
			known := slices.ContainsFunc(sets, func(other []*daemon) bool {
				return slices.ContainsFunc(other, func(o *daemon) bool { return o.kind == d.kind && o.server.Name == d.server.Name }) && len(other) == len(set) &&
					!slices.ContainsFunc(set, func(one *daemon) bool {
						return !slices.ContainsFunc(other, func(o *daemon) bool { return o.server.Name == one.server.Name })
					})
			})
			if len(set) > 1 && !known {
				sets = append(sets, set)
			}
		}
	}
	return sets
}

// clocksOf compares the first and the last of a set's clocks. One that could not be read is told by who asks for less.
func clocksOf(set []*daemon, above, upTo time.Duration, so string) []Finding {
	var all []Finding
	var read []*daemon
	for _, d := range set {
		switch {
		case d.server.Clock != nil:
			read = append(read, d)
		case above == clockWarns:
			all = append(all, doubtful(d.at("ssh in and compare date with that of the others", "its clock cannot be read")))
		}
	}
	if len(read) == 0 {
		return all
	}
	byClock := func(a, b *daemon) int { return cmp.Compare(*a.server.Clock, *b.server.Clock) }
	last, first := slices.MinFunc(read, byClock), slices.MaxFunc(read, byClock)
	if apart := *first.server.Clock - *last.server.Clock; apart > above && apart <= upTo {
		all = append(all, first.at("set the clocks, by NTP", "its clock is %s before that of %s: %s", apart.Round(time.Second), last.server.Name, so))
	}
	return all
}

// zones: "Kea requires the database timezone to match the system timezone" (Kea manual, "Lease Database Configuration"). Compared is what the zones
// make of this moment; zones that part in another season are not seen.
func zones(look scene) []Finding {
	var all []Finding
	for _, d := range look.holding() {
		for _, one := range look.daemons {
			if !reads(one, d) {
				continue
			}
			f := one.at("set both to UTC", "its time zone is %s and that of the database is %s", one.server.Zone, d.Zone)
			f.Database = called(d)
			switch {
			case one.server.Zone == "" || d.Zone == "":
				f.Message, f.Next = "whether its time zone is the database's cannot be told", "compare date +%z with the database's time zone"
				all = append(all, doubtful(f))
			case one.server.Zone != d.Zone:
				all = append(all, f)
			}
		}
	}
	return all
}
