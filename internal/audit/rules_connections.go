package audit

import (
	"slices"

	"kea-lockstep/internal/kea"
)

// rulesOfConnections hold what servers do when their database is lost for a moment.
func rulesOfConnections() []Rule {
	lease := manual + "Lease Database Configuration"
	return []Rule{
		{"on-fail", Warning, "on-fail of a lease database is not stop-retry-exit", lease + " (note); Database Connectivity", onFail},
		{"reconnect-some", Advice, "a server reconnects to some of its databases and not to others", lease + " (note)", reconnectSome},
		{"no-reconnect", Advice, "servers that share a database do not reconnect to it, and exit when it is lost",
			lease + "; " + article + "Impact on Availability", noReconnect},
	}
}

// recoveries are what a daemon does when a connection is lost, for all that it needs to serve clients.
func (d *daemon) recoveries() []kea.Recovery {
	var all []kea.Recovery
	for _, ref := range d.config.Databases {
		for _, r := range ref.Recoveries {
			if r.Use != kea.Forensic { // the forensic log has defaults of its own, and no client waits for it
				all = append(all, r)
			}
		}
	}
	return all
}

// onFail: "It is highly recommended not to change the stop-retry-exit default setting for the lease manager" (Kea manual, "Lease Database
// Configuration").
func onFail(look scene) []Finding {
	var all []Finding
	for _, d := range look.daemons {
		for _, r := range d.recoveries() {
			if r.Use == kea.Leases && r.OnFail != "" && r.OnFail != "stop-retry-exit" {
				all = append(all, d.at("take on-fail out of lease-database, or set it to stop-retry-exit",
					"on-fail of its lease database is %s (%s): it goes on answering clients without its leases", r.OnFail, r.At))
			}
		}
	}
	return all
}

// reconnectSome: "We suggest that users enable it either for all backends or none, so behavior is consistent" (Kea manual, "Lease Database
// Configuration").
func reconnectSome(look scene) []Finding {
	var all []Finding
	for _, d := range look.daemons {
		recoveries := d.recoveries()
		on := slices.IndexFunc(recoveries, kea.Recovery.Reconnects)
		off := slices.IndexFunc(recoveries, func(r kea.Recovery) bool { return !r.Reconnects() })
		if on >= 0 && off >= 0 {
			all = append(all, d.at("set max-reconnect-tries and reconnect-wait-time for all of its databases, or for none",
				"reconnects to its database of %s (%s) and not to that of %s (%s)", recoveries[on].Use, recoveries[on].At, recoveries[off].Use, recoveries[off].At))
		}
	}
	return all
}

// noReconnect: max-reconnect-tries and reconnect-wait-time are 0 by default, "which disables automatic recovery and causes the server to exit immediately
// upon detecting the loss of connectivity" (Kea manual, "Lease Database Configuration"): all servers of a shared database at once, which is what
// "Impact on Availability" warns of.
func noReconnect(look scene) []Finding {
	var all []Finding
	for _, s := range look.shares {
		for _, m := range s.members {
			if !slices.ContainsFunc(m.recoveries(), kea.Recovery.Reconnects) {
				all = append(all, s.of(m, "set max-reconnect-tries and reconnect-wait-time, for all of its databases",
					"does not reconnect: once the database is away for a moment this Kea exits, and so does every other one that is set like it"))
			}
		}
	}
	return all
}
