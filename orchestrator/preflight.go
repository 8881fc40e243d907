package orchestrator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// preflight asks of the facts everything that can fail early. A refusal stands for a run that must not begin; a warning for
// what its operator should know.
func (p *Plan) preflight(facts fleet.Facts) {
	c := checker{plan: p, facts: facts, inGroup: inGroup(facts, p.Options.Group), canary: map[string]string{}}
	for _, g := range fleet.Groups(facts) {
		for _, s := range g.Servers {
			c.canary[s] = canary(g, p.Options.Canary)
		}
		c.canaries(g)
	}
	c.canariesKnown()
	for _, s := range facts.Servers {
		if c.inGroup[s.Name] {
			c.server(s)
		}
	}
	for _, d := range facts.Databases {
		if slices.ContainsFunc(d.Servers(), func(s string) bool { return c.inGroup[s] }) {
			c.database(d)
		} else if d.Primary.Answer == fleet.No {
			c.elsewhere(d)
		}
	}
	for _, d := range facts.Staged {
		if c.inGroup[d.Endpoints[0].Place.Server] {
			c.staged(d)
		}
	}
	if len(facts.Servers) == 0 {
		c.refuse(Finding{Code: "no-server", Message: "the fleet has no server", Next: "name the servers in the fleet file"})
	}
}

type checker struct {
	plan    *Plan
	facts   fleet.Facts
	inGroup map[string]bool
	canary  map[string]string // of each server's group
}

func inGroup(facts fleet.Facts, id string) map[string]bool {
	in := map[string]bool{}
	for _, g := range fleet.Groups(facts) {
		for _, s := range g.Servers {
			in[s] = id == "" || g.ID == id
		}
	}
	return in
}

func (c checker) refuse(f Finding) { c.plan.Refusals = append(c.plan.Refusals, f) }
func (c checker) warn(f Finding)   { c.plan.Warnings = append(c.plan.Warnings, f) }

// need counts one question; what is not a yes refuses.
func (c checker) need(v fleet.Verdict, f Finding) bool {
	c.plan.Checks++
	if v.OK() {
		return true
	}
	if v.Saw != "" {
		f.Message += ": " + v.Saw
	}
	c.refuse(f)
	return false
}

func (c checker) must(ok bool, f Finding) bool {
	c.plan.Checks++
	if !ok {
		c.refuse(f)
	}
	return ok
}

// canaries: at most one is chosen in a group. Which of two was meant is not for us to say.
func (c checker) canaries(g fleet.Group) {
	var chosen []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(c.plan.Options.Canary))) {
		if c.inGroup[name] && slices.Contains(g.Servers, name) {
			chosen = append(chosen, name)
		}
	}
	if len(chosen) > 1 {
		c.refuse(Finding{
			Code: "canary-twice", Server: chosen[1], Next: "name one of them as canary",
			Message: fmt.Sprintf("%s are canaries of one group, which has one", join(chosen)),
		})
	}
}

// canariesKnown: a name that is mistyped must not leave the choice to us.
func (c checker) canariesKnown() {
	for _, name := range c.plan.Options.Canary {
		if _, known := c.inGroup[name]; !known {
			c.refuse(Finding{
				Code: "canary-unknown", Server: name, Next: "name a server of the fleet as canary",
				Message: fmt.Sprintf("the canary %s is no server of the fleet", name),
			})
		}
	}
}

func (c checker) accepted(r Risk) bool { return slices.Contains(c.plan.Accepted, r) }

func (c checker) server(s fleet.Server) {
	at := func(code, next, format string, args ...any) Finding {
		return Finding{Code: code, Server: s.Name, Message: s.Name + ": " + fmt.Sprintf(format, args...), Next: next}
	}
	if !c.need(s.Reach, at("unreachable", cmp.Or(s.Mend, "mend the way to "+s.Name+", then plan again"), "cannot be reached")) ||
		!c.need(s.Root, at("not-root", cmp.Or(s.Mend, "log in as root, or let the login use sudo without a password"), "root is needed")) {
		return
	}
	if !c.must(s.Platform.Playbook != "", at("platform", "name its playbook in the fleet file", "no playbook speaks for %q", s.Platform.OS)) {
		return
	}
	c.software(s, at)
	c.units(s, at)
	c.configs(s, at)
	c.networks(s, at)
	for _, name := range slices.Sorted(maps.Keys(s.Tools)) {
		if slices.Contains(c.ownPrograms(), name) {
			continue // which is asked where a schema moves
		}
		c.need(s.Tools[name], at("tool", "install the package that has "+name, "%s is missing", name))
	}
	c.must(s.Claim.Run == "", at("claimed", "kea-lockstep resume "+s.Claim.Run+", or, where its journal is not, kea-lockstep resume --from "+s.Name+"; or kea-lockstep unlock once it is over",
		"another run holds it: %s", describeClaim(s.Claim)))
	c.need(negate(s.Busy), at("package-lock", "wait until the package manager is done, then plan again", "the package manager is busy"))
	for _, d := range s.Disk {
		c.must(d.Free >= minFree, at("disk", "make room on "+d.Path, "%d MB are free on %s; the upgrade needs %d MB", d.Free>>20, d.Path, minFree>>20))
	}
	if s.Clock != nil && s.Clock.Abs() > maxSkew {
		c.warn(at("clock", "set its clock", "its clock is off by %s", s.Clock.Round(1e9)))
	}
	for _, m := range s.Managers {
		c.warn(at("manager", "pause it until the run is done", "%s manages this server too", m))
	}
}

const (
	minFree = 300 << 20 // bytes: a Kea upgrade unpacks 40 MB; the rest is room for a dump and its log
	maxSkew = 60 * 1e9  // a minute
)

// negate turns a verdict around: what must not be so.
func negate(v fleet.Verdict) fleet.Verdict {
	switch v.Answer {
	case fleet.Yes:
		v.Answer = fleet.No
	case fleet.No:
		v.Answer = fleet.Yes
	}
	return v
}

type finding func(code, next, format string, args ...any) Finding

func (c checker) software(s fleet.Server, at finding) {
	now, target := s.Software.Kea, c.plan.Target
	if !c.must(now != (kea.Version{}), at("version", "install Kea there, name its playbook where it was built from source, or take the server out of the fleet file", "its Kea version cannot be read")) {
		return
	}
	c.must(now.Compare(target) <= 0, at("downgrade", "Kea has no downgrade: choose a target from "+now.String()+" on",
		"Kea %s is installed, which is newer than %s", now, target))
	mend := "mend them with the package manager"
	if s.Platform.Trees != "" {
		mend = "install one of the trees by hand and remove that file"
	}
	c.need(s.Software.Whole, at("broken-packages", mend+", then plan again", "packages are half installed"))
	c.must(len(s.Packages) > 0, at("no-packages", "install Kea from packages, name its playbook where it was built from source, or take the server out of the fleet file",
		"the package manager knows no Kea package there"))
	for name := range s.Software.Packages {
		c.must(slices.ContainsFunc(s.Packages, func(p fleet.Package) bool { return p.Name == name }),
			at("package-unknown", "refresh the package lists of "+s.Name, "which versions of %s can be had is not known", name))
	}
	for _, pkg := range c.plan.packages(s) {
		_, ok := candidate(pkg, target)
		if c.plan.goes(pkg) {
			c.goes(s, pkg, at)
		} else {
			c.must(ok, at("package-missing", offered(s, "Kea "+target.String()),
				"no package %s of Kea %s can be had (available: %s)", pkg.Name, target, list(pkg.Available)))
		}
		c.must(pkg.Installed == "" || slices.Contains(pkg.Available, pkg.Installed), at("old-package-missing", offered(s, pkg.Installed),
			"today's %s %s can no longer be had, so there would be no way back", pkg.Name, pkg.Installed))
	}
	for _, h := range s.Holds {
		c.must(false, at("held", s.Platform.Unhold+" "+h, "%s is held back", h))
	}
}

// offered says how a version of a package comes to be had on a server.
func offered(s fleet.Server, version string) string {
	if s.Platform.Trees != "" {
		return "put a tree with " + version + ", its kea-admin and scripts on " + s.Name + ", as one of " + s.Platform.Trees
	}
	return "make the repository that has " + version + " known to " + s.Name + " and refresh its package lists"
}

func (c checker) units(s fleet.Server, at finding) {
	ran := 0
	for _, u := range s.Units {
		c.must(!u.Own, at("own-unit", "take the empty Condition line out of that drop-in, or move the unit's file to /usr/lib/systemd/system",
			"%s lies in /etc/systemd/system, so it cannot be masked, and a drop-in takes away the condition that would fence it", u.Name))
		c.must(u.Fence == "", at("fenced", "kea-lockstep resume "+u.Fence, "the fence of run %s stands on %s", u.Fence, u.Name))
		if u.Active == "active" {
			ran++
		}
	}
	for _, d := range s.Processes {
		c.must(d.Unit != "", at("by-hand", "stop it and start its unit instead", "%s (pid %d) was started by hand: %s", d.Daemon, d.PID, d.Command))
	}
	for _, a := range s.Admins {
		c.must(false, at("kea-admin", "wait until it has ended, then plan again", "kea-admin %s runs (pid %d): somebody changes a database", a.Command, a.PID))
	}
	if ran == 0 {
		c.warn(at("not-running", "", "no Kea daemon runs; none will be started"))
	}
}

func (c checker) configs(s fleet.Server, at finding) {
	for _, cfg := range s.Configs {
		if !c.must(cfg.Problem == "", at("configuration", "mend it, then plan again", "%s", cfg.Problem)) {
			continue
		}
		from, path := cfg.Parsed, cfg.Path
		if cfg.Staged != nil {
			if !c.must(cfg.Staged.Problem == "", at("staged", "mend it, then plan again", "%s", cfg.Staged.Problem)) {
				continue
			}
			from, path = cfg.Staged.Parsed, cfg.Staged.Path
		}
		for _, b := range kea.Breaks(from, s.Software.Kea, c.plan.Target) {
			// What is edited for the operator in today's file, the operator has to do in a staged one.
			f := at("break", cmp.Or(b.Do, "change that in "+path+", or leave it out of the fleet file: today's is then edited"), "%s: %s", path, b.What)
			switch {
			case b.Edited && cfg.Staged == nil:
				f.Message += "; it cannot be edited as it is (an included file, or no directory of hooks?)"
				f.Next = "stage a file that is, under config: in the fleet file"
				_, edited := c.plan.fileMove(s, cfg)
				c.must(edited, f)
			case b.Severity == kea.Refusal, b.Edited:
				c.must(false, f)
			case b.Severity == kea.Warning:
				c.warn(f)
			}
		}
		for _, place := range from.BeforeTLS(c.plan.Target) {
			c.must(false, at("database-tls", "take trust-anchor, cert-file, key-file and ssl-mode out of "+path+", or choose a release that knows them",
				"%s: Kea %s does not start with TLS for this database", place, c.plan.Target))
		}
		if cfg.Staged != nil {
			c.sameDatabases(s.Name, cfg, at)
		}
	}
}

// sameDatabases: a staged configuration names exactly today's databases, by identity.
func (c checker) sameDatabases(server string, cfg fleet.Config, at finding) {
	today, staged := map[fleet.DatabaseID]bool{}, map[fleet.DatabaseID]bool{}
	// A daemon may run in several units, each with a configuration of its own.
	names := func(parsed kea.Config, e fleet.Endpoint) bool {
		return e.Place.Server == server && e.Daemon == cfg.Daemon &&
			slices.ContainsFunc(parsed.Databases, func(ref kea.DatabaseRef) bool { return fleet.PlaceOf(server, ref) == e.Place })
	}
	for _, d := range c.facts.Databases {
		for _, e := range d.Endpoints {
			if names(cfg.Parsed, e) {
				today[d.ID] = true
			}
		}
	}
	for _, d := range c.facts.Staged {
		if e := d.Endpoints[0]; names(cfg.Staged.Parsed, e) {
			staged[d.ID] = true
			c.must(today[d.ID], at("staged-database", "name today's database in it", "the staged %s names %s, which today's does not", cfg.Staged.Path, d.Endpoints[0].Place))
		}
	}
	for _, d := range c.facts.Databases {
		c.must(!today[d.ID] || staged[d.ID], at("staged-database", "name today's databases in it", "the staged %s does not name %s, which today's does", cfg.Staged.Path, d.Name))
	}
}

func (c checker) staged(d fleet.Database) {
	e := d.Endpoints[0]
	f := Finding{Code: "staged-empty", Server: e.Place.Server, Database: e.Place.String(), Next: "name today's database in it"}
	f.Message = fmt.Sprintf("%s: the staged configuration names %s", e.Place.Server, e.Place)
	if c.need(d.Reach, f) {
		f.Message += ", which is empty: Kea would fill it and serve no leases"
		c.must(!d.Empty, f)
	}
}

func list(versions []string) string {
	if len(versions) == 0 {
		return "none"
	}
	text := versions[0]
	for _, v := range versions[1:] {
		text += ", " + v
	}
	return text
}
