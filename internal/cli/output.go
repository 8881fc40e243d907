package cli

import (
	"fmt"
	"strings"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
)

// markdowner is a document that can be Markdown too.
type markdowner interface{ Markdown() string }

// show writes a command's result to stdout, as text, as JSON, or as Markdown where it can be that.
func (p *program) show(c *ufcli.Context, d view.Document) error {
	var formats []string
	m, marks := d.(markdowner)
	if marks {
		formats = []string{formatMarkdown}
	}
	format, err := output(c, formats...)
	if err != nil {
		return err
	}
	var result string
	switch format {
	case formatJSON:
		return view.JSON(p.Out, d)
	case formatMarkdown:
		result = m.Markdown()
	default:
		page := view.NewPage(p.paper(p.Out, plainly(c)))
		d.Text(page)
		result = page.String()
	}
	if _, err := fmt.Fprint(p.Out, result); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

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
