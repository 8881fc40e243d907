package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"kea-lockstep/internal/audit"
)

// Audit is how a fleet stands to ISC's guidance.
type Audit audit.Report

// MarshalJSON puts the name of the format first.
func (v Audit) MarshalJSON() ([]byte, error) {
	report := audit.Report(v)
	report.Findings = listed(report.Findings)
	return json.Marshal(struct {
		Format string `json:"format"`
		audit.Report
	}{"kea-lockstep.audit/1", report})
}

// found is one finding, or one that several servers have alike.
type found struct {
	audit.Finding
	servers []string
}

// together takes what several servers have alike as one, where the first of them stands.
func (v Audit) together() []found {
	var all []found
	at := map[audit.Finding]int{}
	for _, f := range v.Findings {
		key := f
		key.Server = ""
		i, known := at[key]
		if !known {
			i = len(all)
			at[key] = i
			all = append(all, found{Finding: f})
		}
		if f.Server != "" {
			all[i].servers = append(all[i].servers, f.Server)
		}
	}
	return all
}

// label is what stands before a finding: how much it matters, or that it cannot be told.
func (f found) label() string {
	if f.CannotTell {
		return "unknown"
	}
	return string(f.Severity)
}

// where names servers, daemon and database, as far as they apply.
func (f found) where() string {
	return strings.Join(unique([]string{several(unique(f.servers)), f.Daemon, f.Database}), ", ")
}

// Text shows what was found, errors first, each with what to do and the rule that it is against.
func (v Audit) Text(p *Page) {
	p.line(bold, "%s", v.scope())
	for _, f := range v.together() {
		p.blank()
		p.finding(f.label(), f.where(), f.Message, f.Next)
		p.labelled(faint, 0, "", "  rule "+f.Code+": "+source(f.Code))
	}
}

// scope says what was held against what.
func (v Audit) scope() string {
	what := fmt.Sprintf("%s and %s held against %s of ISC's guidance", count(v.Servers, "server"), count(v.Databases, "database"), count(v.Rules, "rule"))
	switch {
	case len(v.Findings) == 0:
		return what + ": nothing to say"
	case v.Verdict == audit.Clean:
		return what + ": nothing above advice"
	}
	return what
}

// source is where a rule's guidance stands.
func source(code string) string {
	for _, r := range audit.Rules() {
		if r.Code == code {
			return r.Source
		}
	}
	return ""
}

// Markdown writes the audit for a ticket.
func (v Audit) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Audit: %s\n\n%s.\n", v.Verdict, v.scope())
	if len(v.Findings) == 0 {
		return b.String()
	}
	b.WriteString("\n| | where | why | what to do | rule |\n|---|---|---|---|---|\n")
	for _, f := range v.together() {
		row := []string{"**" + f.label() + "**", md(f.where()), md(f.Message), md(f.Next), "`" + f.Code + "`: " + md(source(f.Code))}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}

// Sentence says how the audit ended; empty when nothing is above advice.
func (v Audit) Sentence() string {
	n := map[string]int{}
	for _, f := range v.together() {
		n[f.label()]++
	}
	var parts []string
	for _, label := range []string{"error", "warning"} {
		if n[label] > 0 {
			parts = append(parts, count(n[label], label))
		}
	}
	if n["unknown"] > 0 {
		parts = append(parts, fmt.Sprintf("%d that cannot be told", n["unknown"]))
	}
	if v.Verdict == audit.Clean {
		return ""
	}
	return names(parts)
}
