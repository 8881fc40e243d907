package cli

import (
	"fmt"
	"slices"
	"strings"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
)

// show writes a command's result to stdout, in the format that was asked for.
func (p *program) show(c *ufcli.Context, d view.Document) error {
	if err := writes(c, d); err != nil {
		return err
	}
	var text string
	var err error
	switch format := c.String("output"); format {
	case "json":
		return view.JSON(p.Out, d)
	case "text":
		page := view.NewPage(p.paper(p.Out, plainly(c)))
		d.Text(page)
		text = page.String()
	default:
		text, err = view.As(format, d)
	}
	if err == nil {
		_, err = fmt.Fprint(p.Out, text)
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// writes refuses a format that a document is not written in.
func writes(c *ufcli.Context, d view.Document) error {
	if format := c.String("output"); !slices.Contains(view.Formats(d), format) {
		return usage("%s writes %s, not %q", c.Command.Name, formats(d), format)
	}
	return nil
}

func asJSON(c *ufcli.Context) bool { return c.String("output") == "json" }

func plainly(c *ufcli.Context) bool { return c.Bool("no-color") || c.Bool("plain") }

// where says which flags a command line must repeat to find the fleet and the run again.
func where(c *ufcli.Context) view.Where {
	var at view.Where
	if f := c.String("fleet"); f != "" && f != defaultFleet {
		at.Fleet = " -f " + quoted(f)
	}
	if dir := c.String("state"); dir != "" {
		at.State = " --state " + quoted(dir)
	}
	return at
}

// quoted makes a word of a path for a shell.
func quoted(path string) string {
	for _, r := range path {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '/', r == '.', r == '-', r == '_', r == '+':
		default:
			return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
		}
	}
	return path
}
