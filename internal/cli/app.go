package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	ufcli "github.com/urfave/cli/v2"
)

// Streams are the process's own: stdout carries results, stderr the talk.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs one command and returns the process's exit code. argv begins with
// the program's name, as os.Args does.
func Main(ctx context.Context, argv []string, streams Streams) int {
	app := newApp(streams)
	ordered, err := normalise(argv, flagsOf(app.Commands))
	if err == nil {
		err = app.RunContext(ctx, ordered)
	}
	if err == nil {
		return int(codeDone)
	}
	fmt.Fprintf(streams.Err, "kea-lockstep: %v\n", err)
	var coded exitError
	if errors.As(err, &coded) {
		return int(coded.code)
	}
	return int(codeError)
}

func newApp(streams Streams) *ufcli.App {
	return &ufcli.App{
		Name:            "kea-lockstep",
		Usage:           "upgrade a fleet of Kea DHCP servers in lockstep with the schema of their database",
		HideVersion:     true,
		Reader:          streams.In,
		Writer:          streams.Out,
		ErrWriter:       streams.Err,
		Commands:        []*ufcli.Command{versionCommand()},
		Action:          noCommand,
		OnUsageError:    badUsage,
		CommandNotFound: func(*ufcli.Context, string) {},
		ExitErrHandler:  func(*ufcli.Context, error) {}, // Main alone ends the process
	}
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
