package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// ganttName makes a text mean itself as the name of a task or section in Mermaid, which has no way to quote one.
func ganttName(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(":;#<>{}\"'`%&|\\[]", r) {
			return '_'
		}
		return r
	}, clean(text))
}

// Mermaid gives the timeline as a Gantt chart, which GitHub, GitLab and Gitea draw in a block of Markdown: the phases of each drive,
// and how long each server gave no answer.
func (v Report) Mermaid() string {
	p := newPicture(v)
	var b strings.Builder
	fmt.Fprintf(&b, "gantt\n    title kea-lockstep run %s, %s (UTC)\n    dateFormat YYYY-MM-DD HH:mm:ss.SSS\n    axisFormat %%H:%%M:%%S\n", ganttName(v.Run), ganttName(string(v.State)))
	task := func(name, tag string, s journal.Span) {
		const layout = "2006-01-02 15:04:05.000"
		fmt.Fprintf(&b, "    %s :%s, %s, %s\n", ganttName(name), tag, s.From.UTC().Format(layout), s.Until.UTC().Format(layout))
	}
	for _, g := range p.groups {
		fmt.Fprintf(&b, "    section %s\n", ganttName(g.id))
		for _, l := range g.phases {
			for _, bar := range l.bars {
				tag := map[bool]string{true: "active", false: "done"}[bar.kind == barBroken]
				task(l.name+", "+bar.text, tag, bar.Span)
			}
		}
		for _, at := range g.returns {
			task("point of no return", "milestone", journal.Span{From: at, Until: at})
		}
		if len(g.downs) > 0 {
			fmt.Fprintf(&b, "    section no answer\n")
		}
		for _, l := range fewer(g.downs) {
			for _, bar := range l.bars {
				if bar.kind != barEstimate {
					task(l.name+", "+bar.text, "crit", bar.Span)
				}
			}
		}
	}
	return b.String()
}

// fewer leaves out of a crowd all servers but the first and the last that were back.
func fewer(all []lane) []lane {
	if len(all) <= fleet.Crowd {
		return all
	}
	back := func(l lane) time.Time { return l.bars[len(l.bars)-1].Until }
	var some, servers []lane
	for _, l := range all {
		if l.all {
			some = append(some, l)
		} else {
			servers = append(servers, l)
		}
	}
	slices.SortStableFunc(servers, func(a, b lane) int { return back(a).Compare(back(b)) })
	return append(some, servers[0], servers[len(servers)-1])
}
