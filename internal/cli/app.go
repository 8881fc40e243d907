package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
)

// Streams are the process's own: stdout carries results, stderr the talk.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs one command on the real fleet and returns the process's exit code. argv begins with the program's name, as os.Args does.
func Main(ctx context.Context, argv []string, streams Streams) int {
	return newProgram(streams).main(ctx, argv)
}

func (p *program) main(ctx context.Context, argv []string) int {
	app := newApp(p)
	ordered, err := normalise(argv, flagsOf(app.Commands))
	if err == nil {
		err = app.RunContext(ctx, ordered)
	}
	if err == nil {
		return int(codeDone)
	}
	failed := exitError{code: codeError, err: err}
	if coded := (exitError{}); errors.As(err, &coded) {
		failed.code, failed.hints = coded.code, coded.hints
		if coded.err == nil {
			return int(coded.code)
		}
	}
	page := view.NewPage(p.paper(p.Err, false))
	page.Failure(failed.err.Error(), failed.hints)
	fmt.Fprint(p.Err, page)
	return int(failed.code)
}

func newApp(p *program) *ufcli.App {
	app := &ufcli.App{
		Name:        "kea-lockstep",
		Usage:       "upgrade a fleet of Kea DHCP servers in lockstep with the schema of their database",
		HideVersion: true,
		Reader:      p.In,
		Writer:      p.Out,
		ErrWriter:   p.Err,
		Commands: []*ufcli.Command{
			p.initCommand(), p.surveyCommand(), p.checkCommand(), p.auditCommand(), p.planCommand(), p.rehearseCommand(), p.upgradeCommand(), p.resumeCommand(),
			p.rollbackCommand(), p.pauseCommand(), p.abortCommand(), p.statusCommand(), p.runsCommand(), p.reportCommand(), p.unlockCommand(),
			p.completionCommand(), versionCommand(),
		},
		Action:          noCommand,
		OnUsageError:    badUsage,
		CommandNotFound: func(*ufcli.Context, string) {},
		ExitErrHandler:  func(*ufcli.Context, error) {}, // main alone ends the process
	}
	for _, c := range app.Commands {
		c.OnUsageError = badUsage
	}
	return app
}

// noCommand is reached where argv names no command, or none that there is.
func noCommand(c *ufcli.Context) error {
	if name := c.Args().First(); name != "" {
		return usage("there is no command %q; kea-lockstep help lists them", name)
	}
	return usage("no command given; kea-lockstep help lists them")
}

func badUsage(_ *ufcli.Context, err error, _ bool) error {
	return usage("%v", err)
}
