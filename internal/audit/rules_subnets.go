package audit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/internal/kea"
)

// rulesOfSubnets hold what servers that share a database call their subnets.
func rulesOfSubnets() []Rule {
	identifier := manual + "Subnet Identifier"
	return []Rule{
		{"subnet-id", Error, "one subnet identifier means different subnets on servers that share a database", article + "Mitigation; General; " + identifier, sameID},
		{"subnet-twice", Warning, "one subnet has different identifiers on servers that share a database",
			identifier + "; Configuration Sharing and Server Tags (it identifies the subnet within the network)", twoIDs},
		{"subnet-without-id", Warning, "a subnet has no identifier of its own on a server that shares a database",
			article + "Mitigation; " + identifier, noID},
		{"overlap", Warning, "pools of different subnets overlap on servers that share leases", article + "Mitigation", overlaps},
	}
}

func subnetName(s kea.Subnet) string {
	if s.ID == 0 {
		return s.Prefix.String() + " without an id"
	}
	return fmt.Sprintf("subnet %d (%s)", s.ID, s.Prefix)
}

// sightings are which servers have what, by two keys: the second differs where servers disagree on the first.
type sightings[K, V comparable] struct {
	keys   []K
	values map[K][]V
	on     map[K]map[V][]string
}

func (s *sightings[K, V]) add(k K, v V, server string) {
	if s.on == nil {
		s.values, s.on = map[K][]V{}, map[K]map[V][]string{}
	}
	if s.on[k] == nil {
		s.keys, s.on[k] = append(s.keys, k), map[V][]string{}
	}
	if s.on[k][v] == nil {
		s.values[k] = append(s.values[k], v)
	}
	s.on[k][v] = append(s.on[k][v], server)
}

// split are the keys of which servers have different values, each with who has which.
func (s *sightings[K, V]) split(name func(K) string, word func(V) string) []string {
	var all []string
	for _, k := range s.keys {
		if len(s.values[k]) < 2 {
			continue
		}
		var each []string
		for _, v := range s.values[k] {
			each = append(each, word(v)+" on "+several(s.on[k][v]))
		}
		all = append(all, name(k)+" "+strings.Join(each, ", "))
	}
	return all
}

// sameID: "Make your subnet IDs be unique across all Kea servers" ("Mitigation"), for leases and reservations carry the identifier alone; in
// "General" the article says what comes of a collision. The same identifier for the same subnet is no collision.
func sameID(look scene) []Finding {
	var all []Finding
	for _, s := range look.shares {
		var seen sightings[int, string]
		for _, m := range s.members {
			for _, n := range m.config.Serving.Subnets {
				if n.ID != 0 {
					seen.add(n.ID, n.Prefix.String(), m.server.Name)
				}
			}
		}
		if wrong := seen.split(func(id int) string { return fmt.Sprintf("id %d is", id) }, strings.Clone); len(wrong) > 0 {
			all = append(all, s.all("plan new identifiers with care: leases and reservations in the database carry the old ones", "one identifier means different subnets: %s", some(wrong)))
		}
	}
	return all
}

// twoIDs: an identifier must be "unique and stable" (Kea manual, "Subnet Identifier") and is what identifies "the subnet within the network"
// ("Configuration Sharing and Server Tags"): leases and reservations of the other identifier are none of a server's own.
func twoIDs(look scene) []Finding {
	var all []Finding
	for _, s := range look.shares {
		var seen sightings[string, int]
		for _, m := range s.members {
			for _, n := range m.config.Serving.Subnets {
				if n.ID != 0 {
					seen.add(n.Prefix.String(), n.ID, m.server.Name)
				}
			}
		}
		if wrong := seen.split(func(prefix string) string { return prefix + " is" }, strconv.Itoa); len(wrong) > 0 {
			all = append(all, s.all("plan one identifier with care: leases and reservations in the database carry the old ones", "one subnet has different identifiers: %s", some(wrong)))
		}
	}
	return all
}

// noID: a server's configuration "must contain unique and stable identifiers for all subnets" (Kea manual, "Subnet Identifier"). Before 2.6.0
// Kea counted those that have none, in the order of the file, which no other server knows of.
func noID(look scene) []Finding {
	var all []Finding
	for _, s := range look.shares {
		for _, m := range s.members {
			subnets := slices.DeleteFunc(slices.Clone(m.config.Serving.Subnets), func(n kea.Subnet) bool { return n.ID != 0 })
			if len(subnets) > 0 {
				all = append(all, s.of(m, "give each the id that it has today: config-get shows it",
					"%s has no id (%s)%s: Kea counts by itself, in the order of the file", subnets[0].Prefix, subnets[0].At, andMore(len(subnets)-1)))
			}
		}
	}
	return all
}

func andMore(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", nor have %d more", n)
}

// held is a pool of a subnet, with the servers that have it.
type held struct {
	subnet string
	pool   kea.Pool
}

// overlaps: "Avoid overlapping IP address ranges across servers" ("Mitigation"). Servers of one subnet, by identifier and prefix, share its
// pools for good: that is what a shared lease database is.
func overlaps(look scene) []Finding {
	var all []Finding
	for _, s := range look.sharing(kea.Leases) {
		on := map[held][]string{}
		for _, m := range s.members {
			for i, n := range m.config.Serving.Subnets {
				for _, p := range n.Pools {
					h := held{m.named[i], p}
					on[h] = append(on[h], m.server.Name)
				}
			}
		}
		if wrong := crossing(on); len(wrong) > 0 {
			all = append(all, s.all("part the pools, so that each address is in one subnet's alone", "pools of different subnets overlap: %s", some(wrong)))
		}
	}
	return all
}

// crossing words each two pools that overlap, are of different subnets and on different servers.
func crossing(on map[held][]string) []string {
	pools := slices.SortedFunc(maps.Keys(on), func(a, b held) int {
		if c := a.pool.First.Compare(b.pool.First); c != 0 {
			return c
		}
		return strings.Compare(a.subnet+a.pool.String(), b.subnet+b.pool.String())
	})
	var all []string
	for i, a := range pools {
		for _, b := range pools[i+1:] {
			if b.pool.First.Compare(a.pool.Last) > 0 {
				break
			}
			if a.subnet != b.subnet && a.pool.Overlaps(b.pool) && apartOn(on[a], on[b]) {
				all = append(all, fmt.Sprintf("%s of %s on %s, %s of %s on %s", a.pool, a.subnet, several(on[a]), b.pool, b.subnet, several(on[b])))
			}
		}
	}
	return all
}

// apartOn reports whether one of a and one of b are different servers.
func apartOn(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.ContainsFunc(b, func(y string) bool { return x != y }) })
}
