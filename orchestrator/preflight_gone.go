package orchestrator

import (
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// goes reports whether a package is removed with its daemon: the control agent alone has an end, by release or by what can be had.
func (p *Plan) goes(pkg fleet.Package) bool {
	_, has := candidate(pkg, p.Target)
	daemon, _ := kea.DaemonOf(pkg.Name)
	return daemon == kea.CtrlAgent && pkg.Installed != "" && !has
}

// ends reports whether a server loses a daemon.
func (p *Plan) ends(s fleet.Server, daemon kea.DaemonKind) bool {
	return !daemon.In(p.Target) || slices.ContainsFunc(s.Packages, func(pkg fleet.Package) bool {
		of, _ := kea.DaemonOf(pkg.Name)
		return of == daemon && p.goes(pkg)
	})
}

// goes: whoever uses the control agent has to know that it ends, and what is left to control Kea by.
func (c checker) goes(s fleet.Server, pkg fleet.Package, at finding) {
	var used []string
	for _, u := range s.Units {
		if u.Daemon == kea.CtrlAgent && (u.Active == "active" || u.Enabled == "enabled") {
			used = append(used, u.Name+" is "+u.Active+" and "+u.Enabled)
		}
	}
	after := "afterwards there is " + controlled(s)
	if len(used) > 0 && !c.must(slices.Contains(c.plan.Options.Without, kea.CtrlAgent), at("daemon-gone",
		"give the daemons HTTP control sockets of their own (control-sockets) if anybody needs them, then put without: [kea-ctrl-agent] into the fleet file; "+
			"or make the repository that has the package known",
		"no %s of Kea %s can be had (available: %s), and %s: it would be removed, %s", pkg.Name, c.plan.Target, list(pkg.Available), strings.Join(used, ", "), after)) {
		return
	}
	c.warn(at("daemon-gone", "point Stork and scripts at what is left; the way back brings it again",
		"%s %s is removed, Kea %s has none: %s", pkg.Name, pkg.Installed, c.plan.Target, after))
}

// controlled says by what a server's daemons take commands, once they have the configurations that they are to have.
func controlled(s fleet.Server) string {
	var all []string
	for _, cfg := range s.Configs {
		parsed := cfg.Parsed
		if cfg.Staged != nil {
			parsed = cfg.Staged.Parsed
		}
		if cfg.Daemon == kea.CtrlAgent {
			continue
		}
		for _, socket := range parsed.Sockets {
			where := socket.Path
			if socket.Type != "unix" {
				where = fmt.Sprintf("%s:%d", socket.Address, socket.Port)
			}
			all = append(all, fmt.Sprintf("%s %s of %s", socket.Type, where, cfg.Daemon))
		}
	}
	if len(all) == 0 {
		return "no control socket"
	}
	return strings.Join(all, ", ")
}
