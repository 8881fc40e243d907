package orchestrator

import (
	"fmt"
	"slices"

	"kea-lockstep/internal/fleet"
)

// passing are the refusals of an upgrade that do not keep it from being rehearsed: what they name is of the moment, or of the way back.
var passing = map[string]bool{
	"held": true, "old-package-missing": true, "own-unit": true, "by-hand": true, "unprovable-sessions": true, "stranger": true,
	"unproved-backup": true, "no-backup": true, "own-command": true, "canary-twice": true, "canary-unknown": true,
	"break": true, "staged-database": true, "staged-empty": true,
}

// lasting are those of them that a rehearsal has found, as it would have found them by itself.
var lasting = map[string]bool{"break": true, "staged-database": true, "staged-empty": true}

// Hinders parts the refusals of a plan in those that keep it from being rehearsed and those that an upgrade alone is refused for. To
// the first come what a rehearsal needs besides: an account that may make scratch databases, and room for a dump.
func (p Plan) Hinders(facts fleet.Facts) (rehearsal, upgrade []Finding) {
	for _, f := range p.Refusals {
		if passing[f.Code] {
			upgrade = append(upgrade, f)
		} else {
			rehearsal = append(rehearsal, f)
		}
	}
	for _, g := range p.Groups {
		for _, d := range g.Databases {
			if d.Moves() {
				rehearsal = append(rehearsal, d.lacksForACopy(facts)...)
			}
		}
	}
	return rehearsal, upgrade
}

func (d DatabasePlan) lacksForACopy(facts fleet.Facts) (all []Finding) {
	server := d.Backup().Server
	seen, _ := facts.Database(d.ID)
	if v := seen.ScratchFrom(server); !v.OK() && seen.Reach.OK() {
		all = append(all, Finding{
			Code: "scratch", Server: server, Database: string(d.ID), Next: "run that statement, or give an account under databases: admin: that may do it",
			Message: fmt.Sprintf("%s: no account may make a scratch database from %s: %s", d.Name, server, v.Saw),
		})
	}
	s, _ := facts.Server(server)
	i := slices.IndexFunc(s.Disk, func(disk fleet.Disk) bool { return disk.Path == "/var" })
	if needs := minFree + d.Bytes/2; i >= 0 && s.Disk[i].Free < needs {
		all = append(all, Finding{
			Code: "rehearsal-room", Server: server, Database: string(d.ID), Next: "make room on /var of " + server,
			Message: fmt.Sprintf("%s: %d MB are free on /var of %s; packages and a dump of a database of %d MB may take %d MB", d.Name, s.Disk[i].Free>>20, server, d.Bytes>>20, needs>>20),
		})
	}
	return all
}
