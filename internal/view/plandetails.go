package view

import (
	"fmt"
	"strings"
)

// details shows each step with its exact commands, and each configuration's changes.
func (v Plan) details(p *Page, g PlanGroup) {
	for _, s := range g.Servers {
		for _, f := range s.Files {
			p.blank()
			p.line(bold, "  %s:%s  %s", s.Name, f.Path, strings.Join(unique([]string{f.Edit, from(f.From)}), ", "))
			p.verbatim(plain, 4, f.Diff)
		}
	}
	for i, phase := range g.Phases {
		p.blank()
		gate := ""
		if phase.Gate != "" {
			gate = fmt.Sprintf("  gate: %s", phase.Gate)
		}
		p.line(bold, "  %d %s%s", i+1, phase.Name, gate)
		steps(p, phase, true)
	}
	for _, phase := range g.Back {
		p.blank()
		p.line(bold, "  the way back: %s", phase.Name)
		steps(p, phase, false)
	}
}

func from(path string) string {
	if path == "" {
		return ""
	}
	return "from " + path
}

func steps(p *Page, phase PlanPhase, undo bool) {
	for _, s := range phase.Steps {
		p.line(plain, "    %s  %s  (%s)", s.Server, s.Title, s.ID)
		for _, command := range s.Commands {
			p.verbatim(faint, 8, command)
		}
		if undo && s.Undo != "" && s.Undo != nothing {
			p.line(plain, "      undo: %s", s.Undo)
		}
	}
}

// nothing is what the table of kinds says where a step leaves nothing behind.
const nothing = "nothing to undo"
