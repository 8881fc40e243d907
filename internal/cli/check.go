package cli

import (
	"errors"
	"slices"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/audit"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
)

func (p *program) checkCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:  "check",
		Usage: "does every running and installed Kea match its database's schema? (exit 8 if not, or if it cannot be told)",
		Flags: onFleet(),
		Action: func(c *ufcli.Context) error {
			file, facts, err := p.facts(c, nil)
			if err != nil {
				return err
			}
			view := view.Check(audit.Check(only(facts, c.String("group")), addresses(file)))
			if err := p.show(c, view); err != nil {
				return err
			}
			if sentence := view.Sentence(); sentence != "" {
				return exitError{code: codeMismatch, err: errors.New(sentence)}
			}
			return nil
		},
	}
}

// addresses says how ssh reaches each server.
func addresses(file fleet.File) func(string) string {
	return func(name string) string {
		i := slices.IndexFunc(file.Servers, func(s fleet.ServerEntry) bool { return s.Name == name })
		if i < 0 || file.Servers[i].SSH == "" {
			return name
		}
		return file.Servers[i].SSH
	}
}

// only narrows facts to one group.
func only(facts fleet.Facts, group string) fleet.Facts {
	if group == "" {
		return facts
	}
	var narrow fleet.Facts
	for _, g := range fleet.Groups(facts) {
		if g.ID != group {
			continue
		}
		for _, s := range facts.Servers {
			if slices.Contains(g.Servers, s.Name) {
				narrow.Servers = append(narrow.Servers, s)
			}
		}
		for _, d := range facts.Databases {
			if slices.Contains(g.Databases, d.ID) {
				narrow.Databases = append(narrow.Databases, d)
			}
		}
	}
	return narrow
}
