package live

import (
	"context"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/ssh"
)

// readLog judges what a daemon logged since its start: lines of the journal, else of the log files that it names.
func (f *Fleet) readLog(ctx context.Context, s *server, d daemon, journal []string) fleet.Verdict {
	v := judgeLog(journal)
	if v.Answer != fleet.CannotTell {
		return v
	}
	for _, path := range logFiles(d.config.Parsed) {
		out, err := f.run(ctx, s, call{action: "log", look: true, timeout: 15 * time.Second, params: []ssh.Param{
			{Name: "file", Value: path}, {Name: "pid", Value: strconv.Itoa(d.PID)},
		}})
		if err != nil {
			return fleet.Doubt("%v", err)
		}
		if v := judgeLog(strings.Split(string(out), "\n")); v.Answer != fleet.CannotTell {
			return v
		}
	}
	return v
}

// judgeLog: something fatal is a no, STARTED without it a yes.
func judgeLog(lines []string) fleet.Verdict {
	started := ""
	for _, line := range lines {
		if m, fatal := kea.Fatal(line); fatal {
			return fleet.Deny("%s", strings.TrimSpace(m.ID+" "+m.Text))
		}
		if _, ok := kea.Started(line); ok {
			m, _ := kea.ParseLogLine(line)
			started = m.ID
		}
	}
	if started == "" {
		return fleet.Doubt("no log can be read that tells of its start")
	}
	return fleet.Affirm("%s, and nothing fatal", started)
}

// logFiles are the files that a configuration logs to.
func logFiles(c kea.Config) []string {
	var files []string
	for _, set := range c.Settings {
		if strings.HasSuffix(set.Key, ".output") && strings.HasPrefix(set.Text, "/") {
			files = append(files, set.Text)
		}
	}
	return files
}
