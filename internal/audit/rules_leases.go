package audit

import (
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/kea"
)

// rulesOfLeases are the Kea manual's for a lease database that several servers use.
func rulesOfLeases() []Rule {
	allocators := manual + "Address Allocation Strategies, "
	return []Rule{
		{"old-kea", Warning, "servers share leases with a Kea that has faults in that (before 2.6.2, and 2.7.0 to 2.7.6)",
			"ISC, Shared Lease Database quickstart: Some Requirements; Kea ChangeLog, #3727 and #3798", oldKea},
		{"flq", Error, "a server that shares leases uses the allocator flq", allocators + "Free Lease Queue Allocator (warning)", flq},
		{"shared-flq", Error, "servers that share leases do not agree which subnets use the allocator shared-flq",
			allocators + "Shared Free Lease Queue Allocator", disagreedFLQ},
		{"shared-flq-experimental", Warning, "a server that shares leases uses the allocator shared-flq, which is experimental",
			allocators + "Shared Free Lease Queue Allocator (warning)", experimentalFLQ},
		{"iterative", Advice, "servers that serve the same subnet from shared leases, without the High Availability hook, use the allocator iterative",
			allocators + "Iterative Allocator; ISC, Shared Lease Database quickstart: Some Requirements", iterative},
		{"statistics", Advice, "no server that shares leases loads libdhcp_stat_cmds.so", manual + "libdhcp_stat_cmds.so", statistics},
	}
}

// oldKea: a shared lease database wants Kea 2.6.2 at least (ISC, "Shared Lease Database quickstart"), for the sake of two faults (#3727, which
// is #3751 in 2.6, and #3798); by the ChangeLog 2.7.7 is the first of its series without them.
func oldKea(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Leases) {
		for _, m := range s.members {
			v := m.version()
			if !v.IsZero() && (v.Compare(release(2, 6, 2)) < 0 || v.Compare(release(2, 7, 0)) >= 0 && v.Compare(release(2, 7, 7)) < 0) {
				all = append(all, s.of(m, "plan an upgrade: kea-lockstep plan --to VERSION",
					"Kea %s shares leases with other servers: ISC wants 2.6.2 at least for that, or 2.7.7", v))
			}
		}
	}
	return all
}

func release(major, minor, patch int) kea.Version {
	return kea.Version{Major: major, Minor: minor, Patch: patch}
}

// allocates gives the first subnet that uses an allocator, and how many do.
func (d *daemon) allocates(name string) (first kea.Subnet, n int) {
	for _, s := range slices.Backward(d.config.Serving.Subnets) {
		if uses(s, name) {
			first, n = s, n+1
		}
	}
	return first, n
}

// uses reports whether a subnet has an allocator for its pools of addresses, or for those of prefixes.
func uses(s kea.Subnet, name string) bool {
	return slices.ContainsFunc(s.Pools, func(p kea.Pool) bool {
		return !p.Delegated && s.Allocator == name || p.Delegated && s.PDAllocator == name
	})
}

// flq: "The FLQ allocator is not suitable for use with a shared lease database [...] the servers will not be able to offer some of the available
// leases" (Kea manual, "Free Lease Queue Allocator").
func flq(look scene) []Finding {
	return look.allocating("flq", "use random: with flq no server offers again what another one took back")
}

// experimentalFLQ: "considered experimental and [...] not supported for production use" (Kea manual, "Shared Free Lease Queue Allocator").
func experimentalFLQ(look scene) []Finding {
	return look.allocating("shared-flq", "use random, unless this is no production")
}

func (look scene) allocating(name, next string) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Leases) {
		for _, m := range s.members {
			if first, n := m.allocates(name); n > 0 {
				all = append(all, s.of(m, next, "%s uses the allocator %s (%s)%s", subnetName(first), name, first.At, alike(n-1)))
			}
		}
	}
	return all
}

func alike(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and so do %d more", n)
}

// disagreedFLQ: "it is critical that all servers sharing a lease back end agree on which subnets use SFLQ allocation" (Kea manual, "Shared Free Lease
// Queue Allocator").
func disagreedFLQ(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Leases) {
		var seen sightings[string, bool]
		for _, m := range s.members {
			for i, n := range m.config.Serving.Subnets {
				seen.add(m.named[i], uses(n, "shared-flq"), m.server.Name)
			}
		}
		wrong := seen.split(strings.Clone, func(used bool) string {
			if used {
				return "uses it"
			}
			return "does not"
		})
		if len(wrong) > 0 {
			all = append(all, s.all("give each subnet the same allocator on every server, in a maintenance window",
				"the servers do not agree which subnets use the allocator shared-flq: %s", some(wrong)))
		}
	}
	return all
}

// iterative: it "underperforms when multiple DHCP servers share a lease database [...] A random allocation addresses this issue" (Kea manual,
// "Iterative Allocator"); random is "the only practical" one (ISC, "Shared Lease Database quickstart"). With the High Availability hook one server
// answers a client, and with an older Kea than 2.4 there is no choice.
func iterative(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Leases) {
		on := map[string]int{}
		for _, m := range s.members {
			for _, name := range m.named {
				on[name]++
			}
		}
		for _, m := range s.members {
			var common []kea.Subnet
			for i, n := range m.config.Serving.Subnets {
				if on[m.named[i]] > 1 && uses(n, "iterative") {
					common = append(common, n)
				}
			}
			if len(common) > 0 && len(m.config.HA) == 0 && m.version().Compare(release(2, 4, 0)) >= 0 {
				all = append(all, s.of(m, `set "allocator": "random", or "pd-allocator" for prefixes`,
					"%s uses the allocator iterative (%s)%s: servers then try the same addresses at the same time",
					subnetName(common[0]), common[0].At, alike(len(common)-1)))
			}
		}
	}
	return all
}

// statistics: what servers count by themselves is incomplete where leases are shared, and the library's commands count in the database (Kea
// manual, "libdhcp_stat_cmds.so"); "any or all of the servers" may load it.
func statistics(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Leases) {
		if !slices.ContainsFunc(s.members, func(m *daemon) bool { return m.loads("libdhcp_stat_cmds.so") }) {
			all = append(all, s.all("load libdhcp_stat_cmds.so on one of them at least, and ask it with stat-lease4-get or stat-lease6-get",
				"each of %s counts only the leases that it changed itself", several(s.servers())))
		}
	}
	return all
}
