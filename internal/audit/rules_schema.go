package audit

import (
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
)

// rulesOfSchema are those that Check holds, and one more on versions.
func rulesOfSchema() []Rule {
	schema := article + "Schema; " + manual + "Databases and Schema Versions"
	return []Rule{
		{"version", Error, "which schema a Kea expects cannot be told", schema, nil},
		{"runs-mismatched", Error, "a Kea runs against a schema that it does not expect", schema, nil},
		{"installed-mismatched", Error, "the Kea that is installed would meet a schema that it does not expect", schema, nil},
		{"empty", Error, "a database that a configuration names has no Kea schema", manual + "Database Connectivity (Kea creates one in it by itself)", nil},
		{"structure", Error, "a database's tables are not what its version says", schema, nil},
		{"restart", Warning, "a Kea matches its schema only until it is started again", schema, nil},
		{"versions", Warning, "servers that share a database run different versions of Kea", article + "Schema updates, step 3", mixedVersions},
	}
}

// mixedVersions: an upgrade ends with the same Kea on all servers of a database ("Schema updates", step 3: "on all other Kea servers"). Two
// that expect the same schema may serve meanwhile; the upgrade is left half done all the same.
func mixedVersions(look scene) []Finding {
	var all []Finding
	for _, d := range look.databases {
		users := slices.DeleteFunc(slices.Clone(look.daemons), func(one *daemon) bool { return one.version().IsZero() || !reads(one, d) })
		each := byText(users, func(one *daemon) string { return one.version().String() })
		if len(each) > 1 {
			newest := slices.MaxFunc(users, func(a, b *daemon) int { return a.version().Compare(b.version()) })
			all = append(all, Finding{Database: called(d), Message: fmt.Sprintf("the servers that share it run different versions of Kea: %s", strings.Join(each, ", ")),
				Next: "kea-lockstep plan --to " + newest.version().String()})
		}
	}
	return all
}

// reads reports whether a daemon's configuration names a database, for whatever use.
func reads(one *daemon, d fleet.Database) bool {
	return slices.ContainsFunc(d.Endpoints, func(e fleet.Endpoint) bool { return e.Place.Server == one.server.Name && e.Daemon == one.kind })
}
