package cli

import (
	"embed"
	"fmt"
	"strings"

	ufcli "github.com/urfave/cli/v2"
)

// completions are the scripts by which a shell completes command lines. Each asks this program, by "completion SHELL -- WORD...",
// what may stand where the cursor is.
//
//go:embed completion
var completions embed.FS

// shells are those that have a script.
var shells = []string{"bash", "zsh", "fish"}

func (p *program) completionCommand() *ufcli.Command {
	return &ufcli.Command{
		Name:      "completion",
		Usage:     "print the script by which a shell completes commands, flags, runs and servers",
		ArgsUsage: "bash|zsh|fish",
		Action: func(c *ufcli.Context) error {
			shell := c.Args().First()
			script, err := completions.ReadFile("completion/kea-lockstep." + shell)
			switch {
			case shell == "":
				return usage("which shell? completion %s", c.Command.ArgsUsage)
			case err != nil:
				return usage("there is no script for %q: completion %s", shell, c.Command.ArgsUsage)
			case c.NArg() == 1:
				_, err = p.Out.Write(script)
			default:
				_, err = fmt.Fprint(p.Out, p.complete(c, c.Args().Tail()))
			}
			if err != nil {
				return fmt.Errorf("writing the completion: %w", err)
			}
			return nil
		},
	}
}

// offer is what may stand where the cursor is.
type offer struct {
	kind  string // "words", or "files" or "directories", which the shell knows itself
	words []word
}

// word is one that may stand there, with what it is in a few words.
type word struct{ text, about string }

// String is an offer as the scripts read it: its kind, then a word a line with what it is after a tab.
func (o offer) String() string {
	var b strings.Builder
	b.WriteString(o.kind + "\n")
	for _, w := range o.words {
		b.WriteString(w.text + "\t" + strings.Join(strings.Fields(w.about), " ") + "\n")
	}
	return b.String()
}

// complete finds what may stand at the end of the words, the last of which is being typed. It looks at files of this machine only.
func (p *program) complete(c *ufcli.Context, words []string) offer {
	at := cursorAt(c.App.Commands, words)
	o := offer{kind: "words"}
	switch {
	case at.flag != nil:
		o = p.values(at)
	case strings.HasPrefix(at.typed, "-") && !at.plain:
		o.words = at.flags()
	case at.command == nil && !at.plain:
		for _, one := range c.App.Commands {
			o.words = append(o.words, word{one.Name, one.Usage})
		}
	case at.command != nil:
		o.words = p.arguments(at)
	}
	fitting := o.words[:0]
	for _, w := range o.words {
		if strings.HasPrefix(w.text, at.typed) {
			fitting = append(fitting, word{at.lead + w.text, w.about})
		}
	}
	o.words = fitting
	return o
}
