package cli

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

// everywhere are the flags that every command has.
func everywhere(more ...ufcli.Flag) []ufcli.Flag {
	return append(more,
		outputFlag(nil),
		&ufcli.StringFlag{Name: "state", Usage: "keep journals of runs in `DIR` (default: $XDG_STATE_HOME/kea-lockstep)"},
		&ufcli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "show each step's commands, and what jobs on the servers put out"},
		&ufcli.BoolFlag{Name: "plain", Usage: "lines of text only, as where there is no terminal"},
		&ufcli.BoolFlag{Name: "no-color", Usage: "no colour, as with NO_COLOR"},
	)
}

// outputFlag offers the formats that a command's result is written in; of nil, those of every command.
func outputFlag(result view.Document) ufcli.Flag {
	return &ufcli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORMAT` of stdout: " + formats(result)}
}

func formats(result view.Document) string {
	all := view.Formats(result)
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}

// writing gives the flags of a command whose result may be written in more formats than every command's.
func writing(result view.Document, flags []ufcli.Flag) []ufcli.Flag {
	for i, f := range flags {
		if slices.Contains(f.Names(), "output") {
			flags[i] = outputFlag(result)
		}
	}
	return flags
}

// onFleet are the flags of the commands that read the fleet file.
func onFleet(more ...ufcli.Flag) []ufcli.Flag {
	return everywhere(append(more,
		&ufcli.StringFlag{Name: "fleet", Aliases: []string{"f"}, Value: defaultFleet, Usage: "the fleet `FILE`"},
		&ufcli.StringFlag{Name: "group", Usage: "only the group with this `ID`; survey lists them"},
	)...)
}

// aims are the flags that say what is to be reached, and from where.
func aims() []ufcli.Flag {
	return []ufcli.Flag{
		&ufcli.StringFlag{Name: "to", Usage: "the Kea `VERSION` to reach (default: target in the fleet file)"},
		&ufcli.StringSliceFlag{Name: "canary", Usage: "the `SERVER` that goes first in its group"},
		&ufcli.IntFlag{Name: "parallel", Usage: "work on at most `N` servers at once", DefaultText: "parallel in the fleet file"},
	}
}

// onPlan are the flags that shape a plan.
func onPlan(more ...ufcli.Flag) []ufcli.Flag {
	return onFleet(append(append(more, aims()...),
		&ufcli.BoolFlag{Name: "early", Usage: "upgrade the software of the rest while the canary is upgraded"},
		&ufcli.BoolFlag{Name: "serial", Usage: "the rest one server at a time"},
		&ufcli.StringSliceFlag{Name: "accept", Usage: "accept a `RISK`: " + strings.Join(riskNames(), ", ")},
	)...)
}

func yesFlag() ufcli.Flag {
	return &ufcli.BoolFlag{Name: "yes", Usage: "answer every gate with yes"}
}

func declareDeadFlag() ufcli.Flag {
	return &ufcli.StringSliceFlag{Name: "declare-dead", Usage: "go on for good without a lost `SERVER`, whose name is asked for on the terminal"}
}

const defaultFleet = "fleet.yaml"

func riskNames() []string {
	var names []string
	for _, r := range orchestrator.Risks() {
		names = append(names, string(r))
	}
	return names
}

// arguments checks how many arguments there are: none, or at most the one that is named.
func arguments(c *ufcli.Context, name string) (string, error) {
	switch {
	case c.NArg() == 0:
		return "", nil
	case name == "":
		return "", usage("%s takes no arguments, %q was given", c.Command.Name, c.Args().First())
	case c.NArg() > 1:
		return "", usage("%s takes one %s, %q is one too many", c.Command.Name, name, c.Args().Get(1))
	}
	return c.Args().First(), nil
}

// load reads the fleet file that -f names. Whatever is wrong with it is usage.
func load(path string) (fleet.File, error) {
	file, err := fleet.LoadFile(path)
	if err == nil {
		file.Path, err = filepath.Abs(path)
	}
	if err == nil {
		return file, nil
	}
	failed := exitError{code: codeUsage, err: err}
	if inText := (*fleet.FileError)(nil); !errors.As(err, &inText) {
		failed.hints = []string{"-f FILE names the fleet file; it lists the servers under version: 1 and servers:"}
	}
	return fleet.File{}, failed
}

// wish is what the operator wants of a plan.
type wish struct {
	target kea.Version
	opts   orchestrator.Options
}

// wishOf reads what a plan is to be from flags and fleet file.
func wishOf(c *ufcli.Context, file fleet.File) (wish, error) {
	w := wish{target: file.Target, opts: fileOptions(file)}
	if to := c.String("to"); to != "" {
		v, err := kea.ParseVersion(to)
		if err != nil {
			return wish{}, usage("--to: %v", err)
		}
		w.target = v
	}
	if w.target.IsZero() {
		return wish{}, usage("which Kea is to be reached? --to VERSION, or target: in the fleet file, says so")
	}
	if canary := c.StringSlice("canary"); len(canary) > 0 {
		w.opts.Canary = canary
	}
	for _, name := range w.opts.Canary {
		if !slices.ContainsFunc(file.Servers, func(s fleet.ServerEntry) bool { return s.Name == name }) {
			return wish{}, usage("--canary %s: the fleet file has no such server", name)
		}
	}
	w.opts.Early, w.opts.Serial, w.opts.Group = c.Bool("early"), c.Bool("serial"), c.String("group")
	if c.IsSet("parallel") {
		w.opts.Parallel = c.Int("parallel")
	}
	if w.opts.Parallel < 1 {
		return wish{}, usage("--parallel: at least one server at a time")
	}
	for _, name := range c.StringSlice("accept") {
		risk := orchestrator.Risk(name)
		if !slices.Contains(orchestrator.Risks(), risk) {
			return wish{}, usage("--accept %s: the risks that can be accepted are %s", name, strings.Join(riskNames(), ", "))
		}
		if !slices.Contains(w.opts.Accept, risk) {
			w.opts.Accept = append(w.opts.Accept, risk)
		}
	}
	return w, nil
}

// fileOptions is what the fleet file says of a plan.
func fileOptions(file fleet.File) orchestrator.Options {
	o := orchestrator.Options{
		Parallel: file.Parallel, Settle: file.Confirm.Settle, Backup: string(file.Backup.Method), Allow: file.Sessions.Allow,
		Dir: file.Backup.Directory, Canary: file.Canary, Command: file.Backup.Command, Restore: file.Backup.RestoreCommand, Without: file.Without,
	}
	if file.Confirm.DHCPProbe != nil {
		o.Probe = file.Confirm.DHCPProbe.Relay.String()
	}
	return o
}

// wishAgain is what a plan that was made once was to be: a saved one, or that of a run that is carried on. What the fleet file says
// is read anew, so that a file that was changed makes another plan.
func wishAgain(v view.Plan, file fleet.File) wish {
	w := wish{target: v.Target, opts: fileOptions(file)}
	w.opts.Early, w.opts.Serial, w.opts.Parallel = v.Options.Early, v.Options.Serial, v.Options.Parallel
	w.opts.Accept, w.opts.Group, w.opts.Canary = v.Accepted, v.Only, nil
	for _, g := range v.Groups {
		w.opts.Canary = append(w.opts.Canary, g.Canary)
	}
	return w
}

// notAfter reads a time of day (the next one to come, local) or a full time.
func notAfter(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation("15:04", text, now.Location())
	if err != nil {
		return time.Time{}, usage("--not-after %q is neither a time of day such as 02:30 nor one such as 2026-11-22T02:30:00Z", text)
	}
	at := time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
	if at.Before(now) {
		at = at.AddDate(0, 0, 1)
	}
	return at, nil
}
