package view

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"strings"
	"time"

	"kea-lockstep/orchestrator/journal"
)

//go:embed report.html.tmpl
var reportPage string

// htmlReport is what the page shows.
type htmlReport struct {
	Run, State, Tone, Headline, Damaged, Made string
	Facts                                     []named
	Groups                                    []htmlGroup
	Picture                                   *drawing
	Broken, Shortened                         bool // what the legend explains
	Backups                                   []backup
	Problems                                  []journal.Problem
	Next                                      []journal.Next
	Drives                                    []htmlDrive
}

type htmlGroup struct {
	ID, State, Outage, AllDown, Last, Estimate, LastEstimate string
	Servers, Databases, Downs                                [][]string
}

type htmlDrive struct {
	Heading, Ended string
	Lines          []htmlLine
}

type htmlLine struct{ At, Took, Class, Group, Text, Where, Detail string }

// HTML gives the report as one page that needs nothing else: for a screen, light or dark, and for paper.
func (v Report) HTML() (string, error) {
	page := htmlReport{
		Run: v.Run, State: string(v.State), Tone: toneName(stateTone(v.State)), Headline: v.headline(), Damaged: v.damaged,
		Made: stamp(v.now), Picture: newPicture(v).draw(), Facts: v.facts(), Backups: v.backups(),
	}
	for _, g := range v.Groups {
		page.Groups = append(page.Groups, v.htmlGroup(g))
		if g.Problem != nil {
			page.Problems = append(page.Problems, *g.Problem)
		}
	}
	if v.open() {
		page.Next = Ways(v.Status, v.at)
	}
	if page.Picture != nil {
		page.Shortened = len(page.Picture.Breaks) > 0
		for _, row := range page.Picture.Rows {
			for _, b := range row.Bars {
				page.Broken = page.Broken || strings.HasPrefix(b.Class, string(barBroken))
			}
		}
	}
	for _, c := range v.chapters() {
		page.Drives = append(page.Drives, htmlChapter(c))
	}
	written, err := template.New("report").Parse(reportPage)
	if err != nil {
		return "", fmt.Errorf("reading the page of reports: %w", err)
	}
	var text strings.Builder
	if err := written.Execute(&text, page); err != nil {
		return "", fmt.Errorf("writing HTML: %w", err)
	}
	return cleanLines(text.String()), nil
}

func (v Report) htmlGroup(g journal.GroupStatus) htmlGroup {
	one := htmlGroup{ID: g.ID, State: string(g.State) + past(g), Outage: v.outage(g), Servers: v.servers(g), Databases: v.databases(g), Downs: v.downs(g)}
	o := g.Outage
	if o.Stopped.IsZero() || o.SetBack() || o.Rolled || o.Back.IsZero() && !v.open() {
		return one
	}
	all := journal.ServerOutage{Stopped: o.Stopped, Back: o.Back, Past: o.Past}
	last := time.Duration(0)
	for _, name := range serversOf(v.Status, g) {
		last = max(last, v.down(g, name))
	}
	one.AllDown, one.Last = seconds(v.sum(all).Seconds()), seconds(last.Seconds())
	if o.Back.IsZero() {
		one.AllDown += " so far"
	}
	if len(o.Per) < len(o.Server) {
		one.Last += " so far"
	}
	if g.Estimate > 0 {
		one.Estimate, one.LastEstimate = seconds(g.Estimate), seconds(g.Last)
	}
	return one
}

func htmlChapter(c chapter) htmlDrive {
	one := htmlDrive{Heading: c.heading(), Ended: c.ended()}
	for _, e := range c.lines {
		line := htmlLine{
			At: clock(e.at, c.drive.Began), Took: e.took(), Class: strings.TrimSpace(e.level() + " " + toneName(e.tone)),
			Group: e.group, Text: e.text, Where: e.where(), Detail: e.detail,
		}
		if e.step {
			line.At = ""
		}
		one.Lines = append(one.Lines, line)
	}
	return one
}

// level says whether a line is below a phase.
func (e entry) level() string {
	if e.step || e.amid {
		return "step"
	}
	return "turn"
}

func toneName(t tone) string {
	switch t {
	case good:
		return "good"
	case bad:
		return "bad"
	case mild:
		return "mild"
	case faint:
		return "faint"
	case bold:
		return "bold"
	default:
		return ""
	}
}
