package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// values are what the flag at the cursor may be given. Its usage tells what kind of thing it is.
func (p *program) values(at cursor) offer {
	o := offer{kind: "words"}
	switch name, after := placeholder(at.flag); name {
	case "FILE":
		o.kind = "files"
	case "DIR":
		o.kind = "directories"
	case "FORMAT", "RISK":
		o.words = choices(after)
	case "SERVER":
		o.words = p.serverWords(at)
	case "VERSION":
		o.words = versionWords()
	case "ID":
		o.words = p.groupWords(at)
	}
	return o
}

// arguments are what the command at the cursor may be given, and its flags where it takes no argument more.
func (p *program) arguments(at cursor) []word {
	switch {
	case at.arguments == 0 && at.command.ArgsUsage == oneRun:
		return p.runWords(at)
	case at.arguments == 0 && at.command.Name == "completion":
		return texts(shells)
	case at.command.ArgsUsage == "" && !at.plain:
		return at.flags()
	}
	return nil
}

// oneRun is how the commands that take a run say so.
const oneRun = "[RUN]"

// mostRuns is how many runs are offered, the newest of them: to read them all takes time.
const mostRuns = 30

// newestRuns reads the newest runs that are kept where the line says. What cannot be read is not offered.
func (p *program) newestRuns(at cursor) []kept {
	s, err := p.storeIn(expandHome(at.given["state"], p.getenv("HOME")))
	if err != nil {
		return nil
	}
	defer s.Close()
	names, err := s.Runs()
	if err != nil {
		return nil
	}
	slices.Reverse(names)
	var runs []kept
	for _, name := range names[:min(len(names), mostRuns)] {
		if k, err := s.read(context.Background(), name); err == nil {
			runs = append(runs, k)
		}
	}
	return runs
}

// runWords are the runs that the command could mean.
func (p *program) runWords(at cursor) []word {
	onward := slices.Contains([]string{"resume", "rollback", "abort", "pause"}, at.command.Name)
	var all []word
	for _, k := range p.newestRuns(at) {
		if !onward || k.unfinished() {
			all = append(all, word{k.status.Run, fmt.Sprintf("%s, to Kea %s, %s", k.status.State, k.status.Target, k.status.Fleet)})
		}
	}
	return all
}

// groupWords are the groups that runs of this fleet had: to find them otherwise, every server would have to be asked.
func (p *program) groupWords(at cursor) []word {
	path, err := filepath.Abs(p.fleetOf(at))
	if err != nil {
		return nil
	}
	var all []word
	for _, k := range p.newestRuns(at) {
		for _, g := range k.status.Groups {
			one := word{text: g.ID}
			if k.status.Fleet == path && !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	return all
}

// serverWords are the servers of the fleet file that the line names.
func (p *program) serverWords(at cursor) []word {
	file, err := fleet.LoadFile(p.fleetOf(at))
	if err != nil {
		return nil
	}
	var all []word
	for _, s := range file.Servers {
		all = append(all, word{s.Name, s.SSH})
	}
	return all
}

// fleetOf is the fleet file that the line names so far.
func (p *program) fleetOf(at cursor) string {
	if path := at.given["fleet"]; path != "" {
		return expandHome(path, p.getenv("HOME"))
	}
	return defaultFleet
}

// versionWords are the stable releases of Kea that this program knows, newest first.
func versionWords() []word {
	var all []word
	for _, r := range slices.Backward(kea.Releases()) {
		if r.Version.Stable() {
			all = append(all, word{r.Version.String(), "of " + r.Released})
		}
	}
	return all
}

func texts(all []string) []word {
	words := make([]word, len(all))
	for i, text := range all {
		words[i].text = text
	}
	return words
}

// expandHome puts the home directory where a shell that runs the line would.
func expandHome(path, home string) string {
	if rest, ok := strings.CutPrefix(path, "~"+string(os.PathSeparator)); ok && home != "" {
		return filepath.Join(home, rest)
	}
	return path
}
