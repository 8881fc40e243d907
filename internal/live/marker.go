package live

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/playbooks"
)

// marker is what a run leaves on a server while it holds it: who, from where, what it does and what was there before, for people;
// and its plan, by which another machine can carry it on. It holds no password.
type marker struct {
	Format    string                      `json:"format"`
	Run       string                      `json:"run"`
	Epoch     int                         `json:"epoch"`
	Driver    string                      `json:"driver"`
	Written   time.Time                   `json:"written"`
	Fleet     string                      `json:"fleet"`
	Plan      string                      `json:"plan"`
	Target    kea.Version                 `json:"target"`
	Group     string                      `json:"group"`
	Canary    string                      `json:"canary"`
	Server    string                      `json:"server"`
	Servers   []string                    `json:"servers"`
	Found     found                       `json:"found"`
	Databases []orchestrator.DatabasePlan `json:"databases"`
	Backups   string                      `json:"backups"`                   // directory
	Kept      string                      `json:"kept"`                      // directory of the files that are overwritten, by their paths
	Restore   []string                    `json:"restore_command,omitempty"` // the operator's own
	Packages  string                      `json:"packages"`
	Driven    string                      `json:"driven"` // the plan, packed
}

// found is the state before the run: the one to come back to.
type found struct {
	Kea      kea.Version                `json:"kea"`
	Units    []orchestrator.UnitPlan    `json:"units"`
	Packages []orchestrator.PackageMove `json:"packages"`
	Files    []orchestrator.FileMove    `json:"files"`
	Timers   string                     `json:"timers"` // file that names those that were active
}

const markerFormat = "kea-lockstep.marker/1"

// marker writes the marker and the README beside it.
func (f *Fleet) marker(o order) (text, readme string, err error) {
	plan, err := f.packed.pack(o.Order.Plan)
	if err != nil {
		return "", "", err
	}
	room := path.Join(o.book.State, "runs", o.Run)
	m := marker{
		Format: markerFormat, Run: o.Run, Epoch: o.Epoch, Driver: o.Driver, Written: time.Now().UTC().Truncate(time.Second),
		Fleet: o.Plan.Fleet, Plan: o.Plan.Hash, Target: o.Plan.Target, Group: o.Group.ID, Canary: o.Group.Canary,
		Server: o.Server, Servers: o.Group.Names(), Databases: o.Group.Databases,
		Found: found{
			Kea: o.plan.Before, Units: o.plan.Units, Packages: o.plan.Packages, Files: o.plan.Files, Timers: path.Join(room, "timers"),
		},
		Backups: f.backups(o), Restore: o.Plan.Options.Restore, Kept: path.Join(room, "kept"), Packages: softwareOf(o.book), Driven: plan,
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", "", fmt.Errorf("writing the marker of %s: %w", o.Server, err)
	}
	return string(raw), m.readme(o.book.Hand, o.units(anyUnit), o.units(func(u orchestrator.UnitPlan) bool { return u.Ran })), nil
}

// softwareOf is where the software of both ways lies.
func softwareOf(book playbooks.Playbook) string {
	if len(book.Trees) > 0 {
		return strings.Join(book.Trees, " ")
	}
	return path.Join(book.State, "packages")
}

// backups is the directory of a run's dumps.
func (f *Fleet) backups(o order) string { return path.Join(o.Plan.Options.Dir, o.Run) }

// readme tells whoever stands before the server without the machine that drives the run.
func (m marker) readme(hand playbooks.Hand, units, ran string) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("kea-lockstep is upgrading the Kea servers %s to %s, with the database that they share.", strings.Join(m.Servers, ", "), m.Target)
	say("Run %s, driven by %s (epoch %d).", m.Run, m.Driver, m.Epoch)
	say("")
	say("While this file is here, Kea may be stopped and fenced: nothing starts its units, and a boot does not either.")
	say("DO NOT lift the fence by hand before the database is at the schema that the installed Kea expects. To go on, on the")
	say("machine that drives the run:")
	say("")
	say("  kea-lockstep status %s     where it stands", m.Run)
	say("  kea-lockstep resume %s     goes on to Kea %s, or with a rollback that was begun", m.Run, m.Target)
	say("  kea-lockstep rollback %s   goes back to Kea %s; where the schema was migrated, over the backup:", m.Run, m.Found.Kea)
	say("                        %s   what was written since is lost", strings.Repeat(" ", len(m.Run)))
	say("")
	say("Where that machine, or its journal, is lost: on another one that reaches these servers, with a fleet file that names them,")
	say("")
	say("  kea-lockstep resume --from %s", m.Server)
	say("")
	say("By hand, once that is no longer possible:")
	say("")
	for _, d := range m.Databases {
		say("  database %s: schema %s before, %s for Kea %s", d.At, d.Before, d.Target, m.Target)
		say("    what it is at now:    kea-admin db-version %s -h %s -u %s -n %s -p", d.Engine.AdminName(), cmp.Or(d.At.Host, "localhost"), d.At.User, d.At.Name)
	}
	say("  what Kea is installed:  kea-dhcp4 -v        (before: %s)", m.Found.Kea)
	if len(m.Restore) > 0 {
		say("  backups of databases:   made by a command of your own, for run %s; this one restores:", m.Run)
		say("                          %s", strings.Join(m.Restore, " "))
	} else {
		say("  backups of databases:   %s   (on %s)", m.Backups, strings.Join(keepers(m.Databases), ", "))
	}
	say("  old configuration:      %s", m.Kept)
	say("  software, both ways:    %s", m.Packages)
	say("  lift the fence:         %s", strings.Join(lifts(hand, units), "\n                          "))
	say("  start what ran:         "+hand.Start, ran)
	say("  and, last of all:       rm %s %s", path.Join(path.Dir(m.Kept), "../../claim"), path.Join(path.Dir(m.Kept), "../../marker.json"))
	return strings.TrimRight(b.String(), "\n")
}

// lifts gives the commands that lift the fence of units.
func lifts(hand playbooks.Hand, units string) []string {
	var commands []string
	if hand.Fence != "" {
		remove := "rm -f"
		for _, u := range strings.Fields(units) {
			remove += " " + fmt.Sprintf(hand.Fence, u)
		}
		commands = append(commands, remove)
	}
	if hand.Lift != "" {
		commands = append(commands, fmt.Sprintf(hand.Lift, units))
	}
	return commands
}

// keepers names the servers that hold dumps.
func keepers(databases []orchestrator.DatabasePlan) []string {
	var names []string
	for _, d := range databases {
		for _, at := range d.Backups {
			if !slices.Contains(names, at.Server) {
				names = append(names, at.Server)
			}
		}
	}
	return names
}
