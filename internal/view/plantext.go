package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
)

// Text shows the plan to people.
func (v Plan) Text(p *Page) {
	p.line(bold, "kea-lockstep plan  %s  made %s from the fleet as it is now", short(v.Hash), v.Made.UTC().Format("2006-01-02 15:04 UTC"))
	p.blank()
	for _, g := range v.Groups {
		v.group(p, g)
		p.blank()
	}
	for _, r := range v.Accepted {
		p.finding("accepted", "", string(r)+": "+riskText(r), "")
	}
	for _, f := range v.Warnings {
		p.finding("warning", f.Server, f.Message, f.Next)
	}
	for _, f := range v.Refusals {
		p.finding("refused", f.Server, f.Message, f.Next)
	}
}

func riskText(r orchestrator.Risk) string {
	switch r {
	case orchestrator.UnprovableSessions:
		return "a Kea that nobody listed would not be noticed in a database"
	case orchestrator.UnprovedBackup:
		return "the backup is not restored to prove it: its end and its counts tell, or what the operator's command says"
	case orchestrator.NoBackup:
		return "there is no way back from a torn migration"
	case orchestrator.AllowedWriters:
		return "what allowed clients write after the dump is not in the backup"
	default:
		return ""
	}
}

func (v Plan) group(p *Page, g PlanGroup) {
	p.line(plain, "  %s", sentence(g))
	if g.Mode == orchestrator.Current {
		return
	}
	p.table(2, slices.Concat(v.software(g), schemas(g))...)
	p.blank()
	if g.Mode == orchestrator.Lockstep {
		p.line(plain, "  outage  about %s without any server, %s to the last   (%s; packages are fetched before)", seconds(g.Outage), seconds(g.Last), v.basis())
	} else {
		p.line(plain, "  outage  one server at a time   (packages are fetched before)")
	}
	if drops := drops(g); drops != "" {
		p.line(faint, "  service is confirmed without what today's fleet does not show either: %s", drops)
	}
	p.blank()
	v.phases(p, g)
	if v.verbose {
		v.details(p, g)
	} else {
		edits(p, g)
	}
}

// basis is what the estimates rest on.
func (v Plan) basis() string {
	if v.Rehearsed.IsZero() {
		return "estimated"
	}
	return "databases as rehearsed " + v.Rehearsed.UTC().Format("2006-01-02 15:04 UTC")
}

// edits shows what is changed for the operator in today's configurations.
func edits(p *Page, g PlanGroup) {
	for _, e := range orchestrator.Edits(g.Servers) {
		p.blank()
		p.line(plain, "  edits   %s on %s: %s", e.Path, strings.Join(fleet.Short(e.Servers), " "), e.What)
		p.verbatim(plain, 10, e.Changed)
	}
}

func sentence(g PlanGroup) string {
	servers, bases := count(len(g.Servers), "server"), count(len(g.Databases), "database")
	switch {
	case g.Mode == orchestrator.Current:
		return g.ID + ": every server is at the target already; nothing is done"
	case g.Mode == orchestrator.Rolling && len(g.Databases) > 0:
		return fmt.Sprintf("%s with %s whose schema stays: they are upgraded one by one", servers, bases)
	case g.Mode == orchestrator.Rolling:
		return fmt.Sprintf("%s without a database: upgraded one by one", servers)
	case len(g.Servers) == 1:
		return fmt.Sprintf("1 server with %s of its own", bases)
	default:
		return fmt.Sprintf("%s share %s, so they move in lockstep", servers, bases)
	}
}

// software gives a row for each version that servers of a platform have today.
func (v Plan) software(g PlanGroup) [][]cell {
	var rows [][]cell
	var seen []string
	for _, s := range g.Servers {
		before := s.Before.String()
		if slices.Contains(seen, before+" "+s.Playbook) {
			continue
		}
		seen = append(seen, before+" "+s.Playbook)
		var who, to, gone []string
		for _, t := range g.Servers {
			if t.Before != s.Before || t.Playbook != s.Playbook {
				continue
			}
			name := t.Name
			if name == g.Canary && len(g.Servers) > 1 {
				name += " (canary)"
			}
			who = append(who, name)
			for _, m := range t.Packages {
				if m.Gone {
					gone = append(gone, m.Name)
				} else {
					to = append(to, m.To)
				}
			}
		}
		rows = append(rows, cells("Kea", before, "->", v.Target.String(), strings.Join(fleet.Short(who), ", "), packages(s.Playbook, to, gone)))
	}
	return rows
}

// packages says what is had for servers of a platform; gone are those that are removed.
func packages(playbook string, to, gone []string) string {
	if len(gone) > 0 {
		return packages(playbook, to, nil) + ", without " + strings.Join(unique(gone), " and ")
	}
	missing := slices.Contains(to, "")
	to = unique(to)
	switch {
	case len(to) == 0:
		return playbook
	case missing:
		return playbook + ", " + strings.Join(to, " and ") + " not available for all packages"
	default:
		return playbook + ", " + strings.Join(to, " and ") + " available"
	}
}

func schemas(g PlanGroup) [][]cell {
	var rows [][]cell
	for _, d := range g.Databases {
		what := strings.Join(unique([]string{d.Product, tally(d.Rows)}), ", ")
		after := d.Target.String()
		if !d.Moves() {
			after += " (stays)"
		}
		rows = append(rows, cells("schema", d.Before.String(), "->", after, fmt.Sprintf("%s (%s)", d.At, what)))
	}
	return rows
}

// drops names the evidence that confirmation does without, with the servers that lack it.
func drops(g PlanGroup) string {
	var what []string
	who := map[string][]string{}
	for _, s := range g.Servers {
		for _, d := range s.Drops {
			unit, name, _ := strings.Cut(d, ": ")
			name += ofDaemon(s, unit)
			if !slices.Contains(what, name) {
				what = append(what, name)
			}
			who[name] = append(who[name], s.Name)
		}
	}
	var parts []string
	for _, name := range what {
		parts = append(parts, fmt.Sprintf("%s (%s)", name, strings.Join(fleet.Short(unique(who[name])), " ")))
	}
	return strings.Join(parts, ", ")
}

// ofDaemon tells which daemon's evidence it is, on a server that runs several.
func ofDaemon(s orchestrator.ServerPlan, unit string) string {
	which, ran := "", 0
	for _, u := range s.Units {
		if u.Ran {
			ran++
		}
		if u.Name == unit {
			which = " of " + string(u.Daemon)
		}
	}
	if ran < 2 {
		return ""
	}
	return which
}

// questions is what is asked before a phase, in short.
var questions = map[orchestrator.Ask]string{
	orchestrator.AskGo:   "asks: stop the fleet?",
	orchestrator.AskRest: "asks: go on with the rest?",
}

// rule is how wide the lines are that stand for questions.
const rule = 88

func (v Plan) phases(p *Page, g PlanGroup) {
	head := []cell{ct(faint, "#"), ct(faint, "phase"), ct(faint, "servers"), ct(faint, "outage"), ct(faint, "what")}
	rows := [][]cell{head}
	before := map[int]string{}
	for i, phase := range g.Phases {
		line := ""
		switch {
		case phase.Name == g.Return && g.Return != "":
			line = banner("=", "point of no return: from here the old Kea runs again only over the backup")
		case phase.Ask != "":
			line = banner("-", cmp.Or(questions[phase.Ask], "asks"))
		}
		before[len(rows)] = line
		down := ""
		if phase.Outage {
			down = "|"
		}
		rows = append(rows, cells(fmt.Sprint(i+1), phase.Name, who(g, phase), down, v.what(g, phase)))
	}
	p.tableWith(2, before, rows)
}

func banner(with, text string) string {
	left := strings.Repeat(with, 2) + " " + text + " "
	return "    " + left + strings.Repeat(with, max(rule-width(left)-4, 2))
}

func who(g PlanGroup, phase PlanPhase) string {
	var on []string
	for _, s := range phase.Steps {
		on = append(on, s.Server)
	}
	on = unique(on)
	if len(phase.Steps) == 0 || len(on) == len(g.Servers) && len(on) > 1 {
		return "all"
	}
	return strings.Join(fleet.Short(on), " ")
}

// what says what a phase does, in short: each kind of step once.
func (v Plan) what(g PlanGroup, phase PlanPhase) string {
	if phase.Name == orchestrator.Preflight {
		return fmt.Sprintf("%s, %d failed, %s", count(v.Checks, "check"), len(v.Refusals), count(len(v.Warnings), "warning"))
	}
	var parts []string
	for _, s := range phase.Steps {
		parts = append(parts, brief(g, s))
	}
	return strings.Join(unique(parts), "; ")
}

func brief(g PlanGroup, s PlanStep) string {
	base := func(id fleet.DatabaseID) string {
		for _, d := range g.Databases {
			if d.ID == id {
				return d.Name
			}
		}
		return string(id)
	}
	if s.Aside {
		return s.Title
	}
	switch s.Kind {
	case orchestrator.KindPrefetch:
		return "packages of the target and of today; the transaction simulated"
	case orchestrator.KindStage:
		return "configurations"
	case orchestrator.KindClaim:
		return "marker"
	case orchestrator.KindFence:
		return "fence"
	case orchestrator.KindStop:
		return "stop every Kea daemon"
	case orchestrator.KindDump:
		return "dump " + base(s.Database)
	case orchestrator.KindContents:
		return "fingerprint of " + base(s.Database)
	case orchestrator.KindProve:
		return "backup of " + base(s.Database) + " restored once to prove it"
	case orchestrator.KindInstall:
		return "packages"
	case orchestrator.KindConfigure:
		return "configuration"
	case orchestrator.KindTest:
		return "the new Kea tests its configuration"
	case orchestrator.KindMigrate:
		return "kea-admin db-upgrade of " + base(s.Database)
	case orchestrator.KindVerify:
		return "version and structure of " + base(s.Database)
	default:
		return s.Title
	}
}
