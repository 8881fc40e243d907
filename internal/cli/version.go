package cli

import (
	"fmt"
	"runtime/debug"

	ufcli "github.com/urfave/cli/v2"
)

func versionCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:  "version",
		Usage: "say which build this is",
		Action: func(c *ufcli.Context) error {
			if c.NArg() > 0 {
				return usage("version takes no arguments, %q was given", c.Args().First())
			}
			_, err := fmt.Fprintln(c.App.Writer, "kea-lockstep", buildVersion())
			return err
		},
	}
}

// buildVersion is what the Go toolchain stamped into the binary: a tag, or a
// pseudo-version with date and commit and "+dirty" for changed files.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unstamped)"
	}
	return info.Main.Version + " " + info.GoVersion
}
