package audit

import (
	"slices"
	"strings"

	"kea-lockstep/internal/kea"
)

// partner is another server of a High Availability relationship, as its own configuration has it.
type partner struct {
	*daemon
	relation kea.HARelationship
}

// peerNames tell relationships apart: Kea wants those of one server to be unique.
func peerNames(r kea.HARelationship) string {
	names := make([]string, len(r.Peers))
	for i, p := range r.Peers {
		names[i] = p.Name
	}
	slices.Sort(names)
	return strings.Join(names, "\n")
}

// partners are the other servers of a relationship that are in the fleet. Two pairs may have the same names: peers that agree on
// an address are preferred.
func (look scene) partners(of *daemon, r kea.HARelationship) []partner {
	var named, met []partner
	for _, d := range look.daemons {
		if d.kind != of.kind || d.server.Name == of.server.Name {
			continue
		}
		for _, other := range d.config.HA {
			if other.ThisServer == r.ThisServer || peerNames(other) != peerNames(r) {
				continue
			}
			named = append(named, partner{d, other})
			if addressOf(other, other.ThisServer) == addressOf(r, other.ThisServer) {
				met = append(met, partner{d, other})
			}
		}
	}
	if len(met) > 0 {
		return met
	}
	return named
}

// addressOf is where a relationship says that a peer is.
func addressOf(r kea.HARelationship, name string) string {
	for _, p := range r.Peers {
		if p.Name == name {
			return strings.TrimRight(strings.ToLower(p.URL), "/")
		}
	}
	return ""
}

// partnersIn are a member's partners that are members too.
func (look scene) partnersIn(s share, m *daemon, r kea.HARelationship) []partner {
	return slices.DeleteFunc(look.partners(m, r), func(p partner) bool { return !s.has(p.daemon) })
}

func (s share) has(d *daemon) bool { return slices.Contains(s.servers(), d.server.Name) }

// haGroup reports whether the members are one High Availability group and nobody else.
func (look scene) haGroup(s share) bool {
	for _, m := range s.members {
		if len(m.config.HA) != 1 {
			return false
		}
		group := []string{m.server.Name}
		for _, p := range look.partnersIn(s, m, m.config.HA[0]) {
			group = append(group, p.server.Name)
		}
		if slices.ContainsFunc(s.servers(), func(name string) bool { return !slices.Contains(group, name) }) {
			return false
		}
	}
	return true
}

// sameSubnets reports whether all are known to serve the same subnets, by identifier and prefix: the shared lease database of the article's
// first exception, with the High Availability hook or without it.
func sameSubnets(all []*daemon) bool {
	return len(all[0].served) > 0 && !slices.ContainsFunc(all, func(d *daemon) bool { return !d.whole() || !slices.Equal(all[0].served, d.served) })
}

// excepted reports whether the article's exception "High Availability" applies.
func (s share) excepted() bool { return s.group || s.same }
