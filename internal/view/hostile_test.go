package view_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator/journal"
)

// hostile is what a server must not be able to say to a reader's terminal, browser, wiki or monitoring.
const hostile = "k1\x1b[31m</script><script>alert(1)</script><img src=x onerror=alert(2)>|**b**`c`[l](http://x)\"\\\u202e: ; # %% x\ninjected{a=\"b\"} 1\n    evil :crit, a, b"

// said puts hostile words wherever a report shows words that are not ours.
func said(t *testing.T) map[string]string {
	t.Helper()
	p := plan(t, facts(t, three(), nil))
	s := halts(p)
	status := s.resumed(p).status(t)
	for _, change := range []func(*string){func(text *string) { *text = hostile }} {
		change(&status.Fleet)
		change(&status.Driver)
		status.Accepted = []string{hostile}
		for i := range status.Servers {
			name := status.Servers[i].Name
			for g := range status.Groups {
				o := status.Groups[g].Outage
				o.Server[hostile+name], o.Per[hostile+name] = o.Server[name], o.Per[name]
			}
			status.Servers[i].Name = hostile + name
		}
		for i := range status.Bases {
			change(&status.Bases[i].Name)
			change(&status.Bases[i].Product)
		}
		for i := range status.Backups {
			change(&status.Backups[i].Path)
			change(&status.Backups[i].Proved)
			change(&status.Backups[i].Bytes)
			change(&status.Backups[i].Digest)
			status.Backups[i].Database = fleet.DatabaseID(hostile)
		}
		for i := range status.Timeline {
			m := &status.Timeline[i]
			change(&m.Title)
			change(&m.Server)
			change(&m.Said)
			if m.What == journal.Phase {
				change(&m.Phase)
			}
		}
		for i := range status.Drives {
			change(&status.Drives[i].Driver)
			change(&status.Drives[i].Command)
		}
		for i := range status.Groups {
			status.Groups[i].State, status.State = journal.Halted, journal.Halted
			status.Groups[i].Problem = &journal.Problem{What: hostile, Why: hostile + "\n```\n<b>"}
			status.Groups[i].Strangers = []string{hostile}
		}
	}
	return written(t, view.NewReport(status, s.at, view.Where{}, fmt.Errorf("%s", hostile), true))
}

func TestWhatServersSayIsOnlyText(t *testing.T) {
	all := said(t)
	for format, text := range all {
		for _, r := range text {
			if format != "json" && (r < 0x20 && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e) {
				t.Errorf("%s holds %q", format, r)
				break
			}
		}
	}
	if strings.Contains(all["json"], "\x1b") || strings.Contains(all["json"], "<script") {
		t.Error("JSON holds it raw")
	}
	for _, raw := range []string{"<script", "<img", "onerror=\"", "</script><"} {
		if strings.Contains(all["html"], raw) {
			t.Errorf("HTML holds %q", raw)
		}
	}
	if !strings.Contains(all["html"], "&lt;script&gt;alert(1)") {
		t.Error("HTML hides what was said")
	}
	for n, line := range strings.Split(all["prometheus"], "\n") {
		if strings.HasPrefix(line, "injected") {
			t.Errorf("line %d of the metrics is a server's: %s", n+1, line)
		}
	}
	exposition(t, all["prometheus"])
}

// Outside of fences no cell of Markdown is cut short, and no HTML, link or emphasis is a server's.
func TestWhatServersSayIsOnlyTextInMarkdown(t *testing.T) {
	fence, columns := "", 0
	for n, line := range strings.Split(said(t)["markdown"], "\n") {
		if mark := regexp.MustCompile("^`{3,}").FindString(line); mark != "" && (fence == "" || fence == line) {
			fence = map[bool]string{true: mark, false: ""}[fence == ""]
			continue
		}
		if fence != "" {
			continue
		}
		bare := regexp.MustCompile(`\\[\\`+"`"+`*_\[\]|~]`).ReplaceAllString(line, "")
		ours := strings.NewReplacer("<br>", "", "**The journal is damaged; what came after that is not in this report:**", "").Replace(bare)
		if strings.HasPrefix(ours, "**") && strings.HasSuffix(ours, "**") {
			ours = strings.Trim(ours, "*")
		}
		if strings.ContainsAny(ours, "<`*[]~") {
			t.Errorf("line %d is not text alone: %s", n+1, line)
		}
		switch cells := strings.Count(bare, "|"); {
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = cells
		case cells != columns:
			t.Errorf("line %d has %d cells, its table %d: %s", n+1, cells-1, columns-1, line)
		}
	}
	if fence != "" {
		t.Error("a fence stays open")
	}
}

// In a Gantt chart each line is a section or a task of ours, whatever a name holds.
func TestWhatServersSayIsOnlyTextInMermaid(t *testing.T) {
	const at = `\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`
	ours := regexp.MustCompile(`^(gantt|    title [^:;#]+|    dateFormat .*|    axisFormat .*|    section [^:;#]+|    [^:;#]+ :(done|active|crit|milestone), ` + at + `, ` + at + `)$`)
	for n, line := range strings.Split(strings.TrimSuffix(said(t)["mermaid"], "\n"), "\n") {
		if !ours.MatchString(line) {
			t.Errorf("line %d: %s", n+1, line)
		}
	}
}
