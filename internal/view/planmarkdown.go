package view

import (
	"cmp"
	"fmt"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
)

// Markdown gives the plan for the ticket of a change: tables as GitHub, GitLab and Gitea read them. Of a verbose one the exact commands too.
func (v Plan) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# kea-lockstep plan: Kea %s\n\n", md(v.Target.String()))
	fmt.Fprintf(&b, "Made %s from the fleet as it was then; `%s`.\n\n", v.Made.UTC().Format("2006-01-02 15:04 UTC"), v.Hash)
	for _, g := range v.Groups {
		v.markdownGroup(&b, g)
	}
	var rows [][]string
	row := func(what string, f orchestrator.Finding) {
		rows = append(rows, []string{what, strings.Join(unique([]string{f.Server, f.Message}), ": "), f.Next})
	}
	for _, r := range v.Accepted {
		rows = append(rows, []string{"accepted", string(r) + ": " + riskText(r), ""})
	}
	for _, f := range v.Warnings {
		row("warning", f)
	}
	for _, f := range v.Refusals {
		row("refused", f)
	}
	if len(rows) > 0 {
		fmt.Fprintf(&b, "## Risks, warnings, refusals\n\n")
		table(&b, []string{"", "what", "what to do"}, rows)
	}
	return b.String()
}

func (v Plan) markdownGroup(b *strings.Builder, g PlanGroup) {
	fmt.Fprintf(b, "## %s\n\n%s.\n\n", md(g.ID), md(sentence(g)))
	if g.Mode == orchestrator.Current {
		return
	}
	var versions [][]string
	for _, row := range append(v.software(g), schemas(g)...) {
		var texts []string
		for _, cell := range row {
			if cell.text != "->" {
				texts = append(texts, cell.text)
			}
		}
		versions = append(versions, append(texts, "")[:5]) // a schema has no package
	}
	table(b, []string{"", "today", "target", "where", "from"}, versions)
	if g.Mode == orchestrator.Lockstep {
		fmt.Fprintf(b, "Outage: about %s without any server, %s to the last (%s).\n\n", seconds(g.Outage), seconds(g.Last), v.basis())
	}
	var phases [][]string
	for i, phase := range g.Phases {
		asks := ""
		switch {
		case phase.Name == g.Return && g.Return != "":
			asks = "a word, typed: from here the old Kea runs again only over the backup"
		case phase.Ask != "":
			asks = strings.TrimPrefix(cmp.Or(questions[phase.Ask], "asks"), "asks: ")
		}
		down := map[bool]string{true: "yes"}[phase.Outage]
		phases = append(phases, []string{fmt.Sprint(i + 1), phase.Name, who(g, phase), down, v.what(g, phase), string(phase.Gate), asks})
	}
	table(b, []string{"#", "phase", "servers", "outage", "what", "gate before it", "asked before it"}, phases)
	for _, e := range orchestrator.Edits(g.Servers) {
		fmt.Fprintf(b, "%s on %s: %s\n\n%s", md(e.Path), md(strings.Join(fleet.Short(e.Servers), " ")), md(e.What), fenced(e.Changed))
	}
	if v.verbose {
		markdownSteps(b, g)
	}
}

// markdownSteps gives each step's exact commands, and each file's changes.
func markdownSteps(b *strings.Builder, g PlanGroup) {
	for _, s := range g.Servers {
		for _, f := range s.Files {
			fmt.Fprintf(b, "### %s of %s\n\n%s", md(f.Path), md(s.Name), fenced(f.Diff))
		}
	}
	write := func(heading string, phase PlanPhase, undo bool) {
		fmt.Fprintf(b, "### %s\n\n", md(heading))
		for _, s := range phase.Steps {
			fmt.Fprintf(b, "%s: %s (%s)", md(s.Server), md(s.Title), md(s.ID))
			if undo && s.Undo != "" && s.Undo != nothing {
				fmt.Fprintf(b, "; undo: %s", md(s.Undo))
			}
			fmt.Fprintf(b, "\n\n%s", fenced(strings.Join(s.Commands, "\n")))
		}
	}
	for i, phase := range g.Phases {
		write(fmt.Sprintf("%d %s", i+1, phase.Name), phase, true)
	}
	for _, phase := range g.Back {
		write("The way back: "+phase.Name, phase, false)
	}
}
