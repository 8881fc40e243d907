package fleet

import (
	"slices"
	"strings"
)

// Group is the servers tied together, directly or through others, by a database: the unit that moves in lockstep.
type Group struct {
	ID        string       `json:"id"` // its servers' names, joined; at most three are spelled out
	Servers   []string     `json:"servers"`
	Databases []DatabaseID `json:"databases"`
	Shared    bool         `json:"shared"` // at least one database has more than one server
}

// Groups finds the groups of a fleet. Groups and the servers in them stand in the order of the facts; a server without a
// database is a group of its own.
func Groups(f Facts) []Group {
	leader := map[string]string{}
	var find func(string) string
	find = func(s string) string {
		if leader[s] == s {
			return s
		}
		leader[s] = find(leader[s])
		return leader[s]
	}
	for _, s := range f.Servers {
		leader[s.Name] = s.Name
	}
	for _, d := range f.Databases {
		users := d.Servers()
		for _, u := range users {
			leader[find(u)] = find(users[0])
		}
	}
	var groups []Group
	index := map[string]int{}
	for _, s := range f.Servers {
		root := find(s.Name)
		at, ok := index[root]
		if !ok {
			at = len(groups)
			index[root] = at
			groups = append(groups, Group{})
		}
		groups[at].Servers = append(groups[at].Servers, s.Name)
	}
	for _, d := range f.Databases {
		users := d.Servers()
		if len(users) == 0 {
			continue
		}
		g := &groups[index[find(users[0])]]
		g.Databases = append(g.Databases, d.ID)
		g.Shared = g.Shared || len(users) > 1
	}
	for i := range groups {
		groups[i].ID = groupID(groups[i].Servers)
	}
	return groups
}

// Servers gives the names of the servers that use the database, each once, in the order of its endpoints.
func (d Database) Servers() []string {
	var names []string
	for _, e := range d.Endpoints {
		if !slices.Contains(names, e.Place.Server) {
			names = append(names, e.Place.Server)
		}
	}
	return names
}

// PlaceFrom gives a place of the database as that server names it.
func (d Database) PlaceFrom(server string) (Place, bool) {
	e, ok := d.from(server)
	return e.Place, ok
}

// ScratchFrom says whether an account may make scratch databases from the place that PlaceFrom gives. A proof is made from one
// server: what accounts may do elsewhere neither helps nor hinders it.
func (d Database) ScratchFrom(server string) Verdict {
	e, ok := d.from(server)
	if !ok {
		return Doubt("%s names no such database", server)
	}
	return e.Scratch
}

// AccountFrom gives who migrates and administers from the place that PlaceFrom gives.
func (d Database) AccountFrom(server string) string {
	e, _ := d.from(server)
	return e.Account
}

func (d Database) from(server string) (Endpoint, bool) {
	for _, e := range d.Endpoints {
		if e.Place.Server == server {
			return e, true
		}
	}
	return Endpoint{}, false
}

func groupID(servers []string) string {
	if len(servers) > 3 {
		return strings.Join(servers[:2], "+") + "+" + servers[len(servers)-1]
	}
	return strings.Join(servers, "+")
}
