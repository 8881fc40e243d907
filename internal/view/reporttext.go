package view

import (
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// Text shows the report: how it ended, the outage, what was and is, the backups, and each drive line by line.
func (v Report) Text(p *Page) {
	p.put(bold, "report of run "+clean(v.Run))
	p.blank()
	p.block(stateTone(v.State), 2, v.headline())
	if v.damaged != "" {
		p.labelled(bad, 2, "damaged", v.damaged+"\nwhat came after that is not in this report")
	}
	p.blank()
	for _, f := range v.facts() {
		p.labelled(plain, 2, f.Name, f.Text)
	}
	for _, g := range v.Groups {
		p.blank()
		v.groupText(p, g)
	}
	v.backupText(p)
	v.onText(p)
	for _, c := range v.chapters() {
		v.chapterText(p, c)
	}
}

func (v Report) groupText(p *Page, g journal.GroupStatus) {
	p.line(bold, "  %s  %s%s", g.ID, g.State, past(g))
	p.labelled(plain, 2, "outage", v.outage(g))
	var rows [][]cell
	for _, row := range v.downs(g) {
		rows = append(rows, cells(row...))
	}
	p.table(2+labelWidth, rows...)
	rows = nil
	for i, row := range v.servers(g) {
		change := row[1] + " -> " + row[2]
		if row[2] == "as before" {
			change = row[1] + ", as before"
		}
		rows = append(rows, cells(pad(first(i, "servers"), labelWidth-gap), row[0], "Kea "+change, row[3]))
	}
	for i, row := range v.databases(g) {
		change := row[2] + " -> " + row[3]
		if row[3] == "as before" {
			change = row[2] + ", as before"
		}
		rows = append(rows, cells(pad(first(i, "schemas"), labelWidth-gap), row[0], "schema "+change, row[1]))
	}
	p.table(2, rows...)
}

func (v Report) backupText(p *Page) {
	all := v.backups()
	if len(all) == 0 {
		return
	}
	p.blank()
	for _, b := range all {
		p.line(plain, "  %s", strings.Join(unique([]string{b.What, b.Size, b.Taken}), ", "))
		p.verbatim(plain, 4, b.Where)
		p.verbatim(faint, 4, b.Digest)
		p.block(plain, 4, b.Proof)
	}
}

// onText says what is left to do: what happened where it stopped, the fences that stand, and the commands that lead on.
func (v Report) onText(p *Page) {
	for _, g := range v.Groups {
		if g.Problem == nil {
			continue
		}
		p.blank()
		p.labelled(bad, 2, "what", g.Problem.What)
		if g.Problem.Why != "" {
			p.labelled(bad, 2, "why", g.Problem.Why)
		}
	}
	if !v.open() || len(v.Groups) == 0 {
		return
	}
	p.blank()
	for i, n := range Ways(v.Status, v.at) {
		p.line(bold, "  %s%s", pad(first(i, "next"), labelWidth), n.Command)
		p.block(plain, 2+labelWidth+2, n.Does)
	}
}

// tookWidth is as wide as the longest duration.
const tookWidth = len("119 min 59 s")

func (v Report) chapterText(p *Page, c chapter) {
	p.blank()
	p.line(bold, "  %s", c.heading())
	took := 0
	for _, e := range c.lines {
		took = min(max(took, width(e.took())), tookWidth)
	}
	for _, e := range c.lines {
		at := clock(e.at, c.drive.Began)
		if e.step {
			at = ""
		}
		p.put(faint, "  "+pad(at, len(time.TimeOnly))+"  "+pad(e.took(), took)+"  ")
		p.line(e.tone, "%s", e.words())
		p.block(faint, 2+len(time.TimeOnly)+gap+took+gap+4, e.detail)
	}
	if end := c.ended(); end != "" {
		p.line(faint, "  %s", end)
	}
}

// words is a line of a chapter as text: what and where; what is below a phase stands moved in.
func (e entry) words() string {
	on := e.where()
	switch {
	case e.step && on != "":
		return "  " + e.text + "  " + on
	case e.step || e.amid:
		return "  " + e.text
	}
	return strings.Join(unique([]string{e.group, on, e.text}), "  ")
}

// where names the servers of a line.
func (e entry) where() string { return strings.Join(fleet.Short(e.servers), ", ") }

// clock is the time of an entry; with its day, where that is not the day on which the drive began.
func clock(at, began time.Time) string {
	if at.UTC().Format(time.DateOnly) != began.UTC().Format(time.DateOnly) {
		return at.UTC().Format("01-02 15:04:05")
	}
	return at.UTC().Format(time.TimeOnly)
}
