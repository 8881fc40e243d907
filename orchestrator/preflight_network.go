package orchestrator

import (
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// networks: the databases are looked at, dumped and migrated from a server's own network. What a daemon in a network namespace
// of its own calls by the same address must be the same.
func (c checker) networks(s fleet.Server, at finding) {
	for _, v := range s.Service {
		c.must(v.Problem == "", at("service", "mend that, then plan again", "%s: %s", v.Unit, v.Problem))
	}
	for _, cfg := range s.Configs {
		if cfg.Network == "" {
			continue
		}
		refs := cfg.Parsed.Databases
		if cfg.Staged != nil {
			refs = slices.Concat(refs, cfg.Staged.Parsed.Databases)
		}
		for _, ref := range refs {
			c.must(!ref.Loopback(), at("network", "name the database by a socket's path, or by an address that leads to it from both",
				"%s names %s, which in %s is another than in the server's own network", cfg.Path, ref.Key(), cfg.Network))
		}
		i := slices.IndexFunc(s.Units, func(u fleet.Unit) bool { return u.Name == cfg.Unit && u.Active == "active" })
		for _, ref := range cfg.Parsed.Databases {
			if i >= 0 && !ref.Socket() && !ref.Loopback() {
				c.reachesTheSame(s, s.Units[i], cfg, ref, at)
			}
		}
	}
}

// reachesTheSame: the database that is reached by an address from the server's own network has the daemon's session.
func (c checker) reachesTheSame(s fleet.Server, u fleet.Unit, cfg fleet.Config, ref kea.DatabaseRef, at finding) {
	for _, d := range c.facts.Databases {
		if !d.Clients.Visible.OK() || !slices.ContainsFunc(d.Endpoints, func(e fleet.Endpoint) bool {
			return e.Place == fleet.PlaceOf(s.Name, ref) && e.Daemon == cfg.Daemon
		}) {
			continue
		}
		c.must(slices.ContainsFunc(d.Clients.Sessions, func(one fleet.Session) bool {
			return one.Owner == fleet.OwnerKea && one.Server == s.Name && strings.HasSuffix(one.Process, fmt.Sprintf("[%d]", u.PID))
		}), at("network", "let its connections come from an address of its own, without NAT, and the address lead to one database from both",
			"%s (pid %d) is in %s, and %s as the server's own network reaches it lists no session of its", u.Name, u.PID, cfg.Network, ref.Key()))
	}
}
