package cli

import (
	"context"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
)

func (p *program) surveyCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:  "survey",
		Usage: "show servers, daemons, versions, databases, who shares what, sessions",
		Flags: onFleet(),
		Action: func(c *ufcli.Context) error {
			file, facts, err := p.facts(c, nil)
			if err != nil {
				return err
			}
			return p.show(c, view.NewSurvey(facts, file.Target, c.String("group")))
		},
	}
}

// facts surveys the fleet for a command that only looks. What the command writes says in which formats; nil: in those of every command.
func (p *program) facts(c *ufcli.Context, result view.Document) (fleet.File, fleet.Facts, error) {
	file, world, err := p.open(c, result)
	if err != nil {
		return file, fleet.Facts{}, err
	}
	defer world.Close()
	ctx, stop := p.untilInterrupted(c.Context)
	defer stop()
	facts, err := survey(ctx, world, file)
	if err != nil {
		return file, facts, interrupted(ctx, err)
	}
	return file, facts, hasGroup(facts, c.String("group"))
}

// open reads the fleet file and connects, to look. It checks what was typed first.
func (p *program) open(c *ufcli.Context, result view.Document) (fleet.File, looking, error) {
	if _, err := arguments(c, ""); err != nil {
		return fleet.File{}, nil, err
	}
	if err := writes(c, result); err != nil {
		return fleet.File{}, nil, err
	}
	file, err := load(c.String("fleet"))
	if err != nil {
		return file, nil, err
	}
	world, err := p.look(c.Context, file)
	return file, world, err
}

// interrupted gives an error the exit code of an interrupt where one caused it.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return exitError{code: codeInterrupted, err: errInterrupted}
	}
	return err
}
