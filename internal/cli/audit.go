package cli

import (
	"errors"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/audit"
	"kea-lockstep/internal/view"
)

func (p *program) auditCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:  "audit",
		Usage: "hold the fleet against ISC's guidance on shared databases (exit 8 for findings above advice, or if it cannot be told)",
		Flags: writing(view.Audit{}, onFleet()),
		Action: func(c *ufcli.Context) error {
			file, facts, err := p.facts(c, view.Audit{})
			if err != nil {
				return err
			}
			known := audit.Known{Address: addresses(file), Allowed: file.Sessions.Allow}
			if c.String("group") != "" {
				for _, s := range only(facts, c.String("group")).Servers {
					known.Only = append(known.Only, s.Name)
				}
			}
			found := view.Audit(audit.Audit(facts, known))
			if err := p.show(c, found); err != nil {
				return err
			}
			if sentence := found.Sentence(); sentence != "" {
				return exitError{code: codeMismatch, err: errors.New(sentence)}
			}
			return nil
		},
	}
}
