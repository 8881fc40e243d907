package view

import (
	"fmt"
	"strings"
)

// Markdown gives the report for a wiki or a ticket: tables as GitHub, GitLab and Gitea read them.
func (v Report) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# kea-lockstep run %s: %s\n", md(v.Run), md(string(v.State)))
	line("%s\n", md(v.headline()))
	if v.damaged != "" {
		line("**The journal is damaged; what came after that is not in this report:** %s\n", md(v.damaged))
	}
	v.markdownOpen(&b)
	for _, f := range v.facts() {
		line("- %s: %s", f.Name, md(f.Text))
	}
	line("")
	for _, g := range v.Groups {
		line("## %s: %s\n", md(g.ID), md(string(g.State)+past(g)))
		line("Outage: %s\n", md(v.outage(g)))
		table(&b, []string{"server", "Kea before", "after", "stands"}, v.servers(g))
		table(&b, []string{"database", "product", "schema before", "after"}, v.databases(g))
		table(&b, []string{"server", "without an answer", "when (UTC)", ""}, v.downs(g))
	}
	if all := v.backups(); len(all) > 0 {
		var rows [][]string
		for _, c := range all {
			rows = append(rows, []string{c.What, c.Where, c.Size, c.Digest, c.Taken, c.Proof})
		}
		line("## Backups\n")
		table(&b, []string{"what", "where", "size", "digest", "taken", "proof"}, rows)
	}
	if len(v.Drives) > 0 {
		line("## What was done\n")
	}
	for _, c := range v.chapters() {
		v.markdownChapter(&b, c)
	}
	return b.String()
}

// markdownOpen says what is left to do.
func (v Report) markdownOpen(b *strings.Builder) {
	for _, g := range v.Groups {
		if g.Problem != nil {
			fmt.Fprintf(b, "**%s**\n\n%s", md(g.Problem.What), fenced(g.Problem.Why))
		}
	}
	if !v.open() {
		return
	}
	for _, n := range Ways(v.Status, v.at) {
		fmt.Fprintf(b, "Next: %s\n\n%s", md(n.Does), fenced(n.Command))
	}
}

func (v Report) markdownChapter(b *strings.Builder, c chapter) {
	fmt.Fprintf(b, "### %s\n\n", md(c.heading()))
	var rows [][]string
	for _, e := range c.lines {
		at, text := clock(e.at, c.drive.Began), strings.Join(unique([]string{e.group, e.text}), "  ")
		if e.step || e.amid {
			text = "· " + e.text
		}
		if e.step {
			at = ""
		}
		if e.detail != "" {
			text += "\n" + e.detail
		}
		rows = append(rows, []string{at, e.took(), text, e.where()})
	}
	table(b, []string{"time (UTC)", "took", "what", "where"}, rows)
	if end := c.ended(); end != "" {
		fmt.Fprintf(b, "%s\n\n", md(end))
	}
}

// table writes rows below their heads; nothing where there are no rows.
func table(b *strings.Builder, heads []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat(" --- |", len(heads)))
	for _, row := range rows {
		var cells []string
		for _, text := range row {
			cells = append(cells, md(text))
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
	b.WriteByte('\n')
}

// md makes a text mean itself in Markdown, on one line.
func md(text string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		lines = append(lines, mdSpecial.Replace(clean(strings.TrimRight(line, "\r\n"))))
	}
	return strings.Join(lines, "<br>")
}

// mdSpecial marks what Markdown or the HTML in it would read as its own.
var mdSpecial = func() *strings.Replacer {
	pairs := []string{"&", "&amp;", "<", "&lt;"}
	for _, c := range "\\`*_[]|~" {
		pairs = append(pairs, string(c), "\\"+string(c))
	}
	return strings.NewReplacer(pairs...)
}()

// fenced is a text as it is, in a fence longer than any in it.
func fenced(text string) string {
	if text == "" {
		return ""
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fmt.Sprintf("%stext\n%s\n%s\n\n", fence, strings.TrimRight(cleanLines(text), "\n"), fence)
}
