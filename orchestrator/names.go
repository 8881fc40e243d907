package orchestrator

import (
	"fmt"
	"slices"

	"kea-lockstep/internal/fleet"
)

// named gives databases the names that people are told: their own, and where several are called the same, as a fleet's leases in one
// engine and its reservations in another may be, with their places.
func named(databases []fleet.Database) []fleet.Database {
	all := slices.Clone(databases)
	for i, d := range databases {
		same := func(other fleet.Database) bool { return other.ID != d.ID && other.Name == d.Name }
		if !slices.ContainsFunc(databases, same) {
			continue
		}
		at := d.Endpoints[0].Place
		all[i].Name = at.String()
		if slices.ContainsFunc(databases, func(other fleet.Database) bool {
			return same(other) && other.Endpoints[0].Place.String() == at.String()
		}) {
			all[i].Name = fmt.Sprintf("%s, of %s", at, at.Server) // localhost is another on each
		}
	}
	return all
}
