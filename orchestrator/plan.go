package orchestrator

import (
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// Plan is what a run does to a fleet, made of facts alone. It holds no password and no file's contents; digests stand for them.
type Plan struct {
	Format    string      `json:"format"` // "kea-lockstep.plan/1"
	Hash      string      `json:"hash"`   // over everything that is not measured
	Made      time.Time   `json:"made"`
	Fleet     string      `json:"fleet"` // path of the fleet file
	Target    kea.Version `json:"target"`
	Accepted  []Risk      `json:"accepted"`
	Options   Options     `json:"options"`
	Groups    []GroupPlan `json:"groups"`
	Checks    int         `json:"checks"`             // how many questions preflight asked
	Refusals  []Finding   `json:"refusals,omitempty"` // a plan that has any is not driven
	Warnings  []Finding   `json:"warnings"`
	Rehearsed time.Time   `json:"rehearsed,omitzero"` // when the durations were measured that its estimates are of; zero: assumed
	Back      bool        `json:"back,omitempty"`     // in a marker: the operator had the run rolled back
}

// Options are the operator's choices that shape a plan.
type Options struct {
	Early    bool                `json:"early,omitempty"`  // upgrade the software of the rest beside phases 4 to 7
	Serial   bool                `json:"serial,omitempty"` // the rest one server at a time
	Parallel int                 `json:"parallel"`
	Settle   time.Duration       `json:"settle"`
	Backup   string              `json:"backup"`          // dump, command, none
	Probe    string              `json:"probe,omitempty"` // relay address of the DHCP probe
	Allow    []string            `json:"allow,omitempty"`
	Dir      string              `json:"directory"`                 // where backups are kept on the servers
	Command  []string            `json:"command,omitempty"`         // with Backup command: makes a backup
	Restore  []string            `json:"restore_command,omitempty"` // and puts it back
	Without  []kea.DaemonKind    `json:"without,omitempty"`         // that servers may lose
	Canary   []string            `json:"-"`
	Group    string              `json:"-"`
	Accept   []Risk              `json:"-"`
	Measured Measurements        `json:"-"` // of a rehearsal
	Scripts  func(Step) []string `json:"-"` // the exact commands of a step, for people
}

// Risk is one that the operator may accept for one run.
type Risk string

// The risks. There are no others.
const (
	UnprovableSessions Risk = "unprovable-sessions" // the account cannot see the sessions of others
	UnprovedBackup     Risk = "unproved-backup"     // checked by counts, not restored
	NoBackup           Risk = "no-backup"           // never with --yes
	AllowedWriters     Risk = "allowed-writers"     // allowed clients may write during the outage
)

// Risks lists every risk that can be accepted.
func Risks() []Risk { return []Risk{UnprovableSessions, UnprovedBackup, NoBackup, AllowedWriters} }

// Mode is how a group moves.
type Mode string

// The modes. A group that has nothing to do is current and has no phases.
const (
	Lockstep Mode = "lockstep" // its schema changes: all stop, one migrates
	Rolling  Mode = "rolling"  // its schema stays: server by server
	Current  Mode = "current"  // every server is at the target already
)

// GroupPlan is what is done to one group.
type GroupPlan struct {
	ID        string         `json:"id"`
	Mode      Mode           `json:"mode"`
	Canary    string         `json:"canary"`
	Return    string         `json:"point_of_no_return,omitempty"` // the phase before which it stands
	Outage    float64        `json:"outage_estimate_s"`            // without any server
	Last      float64        `json:"last_estimate_s"`              // until the last server is back
	Servers   []ServerPlan   `json:"servers"`
	Databases []DatabasePlan `json:"databases"`
	Phases    []Phase        `json:"phases"`
	Back      []Phase        `json:"back_out"` // the way back
}

// ServerPlan is one server before and after.
type ServerPlan struct {
	Name     string        `json:"name"`
	Playbook string        `json:"playbook"`
	Before   kea.Version   `json:"before"`
	Packages []PackageMove `json:"packages"`
	Units    []UnitPlan    `json:"units"`
	Files    []FileMove    `json:"files,omitempty"`
	Drops    []string      `json:"drops,omitempty"` // evidence that today's healthy fleet does not give, by unit, and confirmation does without
}

// PackageMove is one package from one version to another.
type PackageMove struct {
	Name string `json:"name"`
	From string `json:"from"`           // empty: it is not installed, and the way back removes it
	To   string `json:"to"`             // empty: the target has none of it, or none that could be had
	Gone bool   `json:"gone,omitempty"` // it is removed with its daemon, and the way back brings it again, with its configuration
}

// UnitPlan is one unit as it was found: the state to come back to.
type UnitPlan struct {
	Name    string         `json:"name"`
	Daemon  kea.DaemonKind `json:"daemon"`
	Enabled string         `json:"enabled"`
	Masked  bool           `json:"masked,omitempty"` // by somebody else: it stays masked
	Ran     bool           `json:"ran"`
	Gone    bool           `json:"gone,omitempty"` // the target has no such daemon
}

// FileMove is one configuration file before and after.
type FileMove struct {
	Path   string `json:"path"`
	Unit   string `json:"unit"`
	Before string `json:"before"`         // digest
	After  string `json:"after"`          // digest
	From   string `json:"from,omitempty"` // the operator's staged file; empty: today's file with the edit below
	Edit   string `json:"edit,omitempty"` // what is edited, in words
	Diff   string `json:"diff,omitempty"` // without secrets
}

// Edit is a change that is made for the operator in today's configuration of one or more servers.
type Edit struct {
	Path, What, Changed string // Changed: the lines of the diff that differ
	Servers             []string
}

// Edits lists the changes, each once where servers are alike.
func Edits(servers []ServerPlan) []Edit {
	var all []Edit
	for _, s := range servers {
		for _, f := range s.Files {
			if f.Edit == "" {
				continue
			}
			e := Edit{Path: f.Path, What: f.Edit, Changed: changed(f.Diff)}
			i := slices.IndexFunc(all, func(o Edit) bool { return o.Path == e.Path && o.What == e.What && o.Changed == e.Changed })
			if i < 0 {
				i, all = len(all), append(all, e)
			}
			all[i].Servers = append(all[i].Servers, s.Name)
		}
	}
	return all
}

// changed gives the lines of a unified diff that differ.
func changed(diff string) string {
	var b strings.Builder
	for line := range strings.Lines(diff) {
		head := strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---")
		if !head && (line[0] == '+' || line[0] == '-') {
			b.WriteString(line)
		}
	}
	return b.String()
}

// DatabasePlan is one database before and after.
type DatabasePlan struct {
	ID      fleet.DatabaseID `json:"id"`
	Label   string           `json:"label"` // "db1": part of the IDs of its steps
	Name    string           `json:"name"`
	Product string           `json:"product"`
	Engine  kea.Engine       `json:"engine"`
	At      fleet.Place      `json:"at"`      // from where it is migrated
	Backups []fleet.Place    `json:"backups"` // from where it is dumped; the first proves its dump and restores it
	Before  kea.Schema       `json:"before"`
	Target  kea.Schema       `json:"target"`
	Rows    map[string]int64 `json:"rows,omitempty"`  // measured
	Bytes   int64            `json:"bytes,omitempty"` // measured
	Proof   bool             `json:"proof"`           // its backup can be proved by restoring it
	Places  []fleet.Place    `json:"places"`          // from every server
	// ByCommand: the operator's own commands back it up and restore it. ByCopy: it is copied within its own server. Either is done from where
	// it is migrated, and what it keeps is not on that server alone: any other may put it back.
	ByCommand bool `json:"by_command,omitempty"`
	ByCopy    bool `json:"by_copy,omitempty"`
}

// Aside reports whether what backs the database up lies on none of its servers.
func (d DatabasePlan) Aside() bool { return d.ByCommand || d.ByCopy }

// Moves reports whether the database's schema changes.
func (d DatabasePlan) Moves() bool { return d.Before != d.Target }

// Backup is the place from where the backup is proved and restored.
func (d DatabasePlan) Backup() fleet.Place {
	if len(d.Backups) == 0 {
		return d.At // an older plan, which named none and dumped there first
	}
	return d.Backups[0]
}

// place is where the steps of a kind are done.
func (d DatabasePlan) place(k Kind) fleet.Place {
	if k == KindKeep || k == KindRestore {
		return d.Backup()
	}
	return d.At
}

// Leads gives the schema that a way leads to.
func (d DatabasePlan) Leads(back bool) kea.Schema {
	if back {
		return d.Before
	}
	return d.Target
}

// Phase is a stage of the procedure. Steps of a lane go in order, lanes side by side; First is done on all before any lane begins.
type Phase struct {
	Name   string   `json:"name"`
	Outage bool     `json:"outage"`
	Gate   GateName `json:"gate,omitempty"`  // must answer yes before it begins
	Ask    Ask      `json:"ask,omitempty"`   // what the operator is asked before it begins
	After  []string `json:"after,omitempty"` // the phases that must be done before it; empty: the one before it in the list
	First  [][]Step `json:"first,omitempty"`
	Lanes  [][]Step `json:"lanes"`
}

// Steps gives every step of the phase, in the order of the plan.
func (p Phase) Steps() []Step {
	var all []Step
	for _, lane := range p.First {
		all = append(all, lane...)
	}
	for _, lane := range p.Lanes {
		all = append(all, lane...)
	}
	return all
}

// Step is one thing done to one server or database. It is data: the table of kinds says what it means.
type Step struct {
	ID       string            `json:"id"` // unique in its group: "install-k1", "migrate-k1-kea"
	Kind     Kind              `json:"kind"`
	Server   string            `json:"server"`
	Database fleet.DatabaseID  `json:"database,omitempty"`
	At       fleet.Place       `json:"at,omitzero"`
	Args     map[string]string `json:"args,omitempty"`
	Title    string            `json:"title"`
	Commands []string          `json:"commands,omitempty"`
	Undo     string            `json:"undo,omitempty"`
	Estimate float64           `json:"estimate_s"`
}

// Server gives the plan of one server of the group.
func (g GroupPlan) Server(name string) (ServerPlan, bool) {
	for _, s := range g.Servers {
		if s.Name == name {
			return s, true
		}
	}
	return ServerPlan{}, false
}

// Database gives the plan of one database of the group.
func (g GroupPlan) Database(id fleet.DatabaseID) (DatabasePlan, bool) {
	for _, d := range g.Databases {
		if d.ID == id {
			return d, true
		}
	}
	return DatabasePlan{}, false
}

// Names gives the names of the group's servers, in order.
func (g GroupPlan) Names() []string {
	names := make([]string, len(g.Servers))
	for i, s := range g.Servers {
		names[i] = s.Name
	}
	return names
}

// Rest gives the names of all servers but the canary.
func (g GroupPlan) Rest() []string {
	var names []string
	for _, s := range g.Servers {
		if s.Name != g.Canary {
			names = append(names, s.Name)
		}
	}
	return names
}

// Finding is something that preflight found: why a run is refused, or what the operator should know.
type Finding struct {
	Code     string `json:"code"`
	Server   string `json:"server,omitempty"`
	Database string `json:"database,omitempty"`
	Message  string `json:"message"`
	Next     string `json:"next,omitempty"` // what to do
}
