package live

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/ssh"
)

// configFields is how many fields a row of a configuration has.
const configFields = 5

// configs makes configurations of rows: unit, daemon, path, network namespace, contents in base64.
func (f *Fleet) configs(ctx context.Context, s *server, rows [][]string) []fleet.Config {
	var all []fleet.Config
	for _, row := range rows {
		c := fleet.Config{Unit: row[0], Daemon: kea.DaemonKind(row[1]), Path: row[2], Network: row[3]}
		text, err := base64.StdEncoding.DecodeString(row[4])
		switch {
		case err != nil:
			c.Problem = fmt.Sprintf("%s: it came damaged: %v", c.Path, err)
		case len(text) == 0:
			c.Problem = c.Path + ": it is not there, or empty"
		default:
			f.parse(ctx, s, &c, text)
		}
		if staged, ok := s.entry.Config[c.Path]; ok {
			c.Staged = f.staged(ctx, s, c, staged)
		}
		all = append(all, c)
	}
	return all
}

// parse reads a configuration's text. Its digest is of the text alone: what it includes is not replaced.
func (f *Fleet) parse(ctx context.Context, s *server, c *fleet.Config, text []byte) {
	c.Text, c.Digest = text, orchestrator.Digest(text)
	parsed, err := kea.ReadConfig(c.Path, text, f.includes(ctx, s))
	if err != nil {
		c.Problem = err.Error()
		return
	}
	c.Parsed = parsed
	if parsed.Daemon != c.Daemon {
		c.Problem = fmt.Sprintf("%s: it configures %s, not %s", c.Path, parsed.Daemon, c.Daemon)
	}
}

const largestConfig = 16 << 20 // bytes

// includes fetches files that a configuration includes. Kea's units run in the root directory.
func (f *Fleet) includes(ctx context.Context, s *server) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		return s.host.Get(ctx, absolute(name), largestConfig)
	}
}

// absolute is the path of a file that a configuration includes.
func absolute(name string) string { return path.Clean("/" + name) }

// staged reads the operator's file that goes in a configuration's place.
func (f *Fleet) staged(ctx context.Context, s *server, today fleet.Config, from fleet.StagedFile) *fleet.Config {
	c := &fleet.Config{Unit: today.Unit, Daemon: today.Daemon, Path: from.File, Network: today.Network}
	text, err := os.ReadFile(from.File)
	if err != nil {
		c.Problem = err.Error()
		return c
	}
	f.parse(ctx, s, c, text)
	if from.MadeFrom != "" && from.MadeFrom != "sha256:"+today.Digest && c.Digest != today.Digest {
		c.Problem = fmt.Sprintf("%s was made from another file than today's %s on %s (sha256:%s):\n%s",
			from.File, today.Path, s.name(), today.Digest, kea.Diff(today.Text, c.Text, today.Path))
	}
	return c
}

// today reads every configuration of a server as it is now.
func (f *Fleet) today(ctx context.Context, s *server) ([]fleet.Config, error) {
	out, err := f.run(ctx, s, call{action: "configs", look: true, timeout: 30 * time.Second})
	if err != nil {
		return nil, err
	}
	found, err := parseSections(out)
	if err != nil {
		return nil, fmt.Errorf("%s: configurations: %w", s.name(), err)
	}
	return f.configs(ctx, s, found.rows("configs", configFields)), nil
}

// Files asks which configuration files lie on a server, those of its daemons and those that are to be put in place.
func (f *Fleet) Files(ctx context.Context, name string) (fleet.Files, error) {
	s, err := f.server(name)
	if err != nil {
		return fleet.Files{}, err
	}
	more := slices.Sorted(maps.Keys(s.entry.Config))
	out, err := f.run(ctx, s, call{
		action: "files", look: true, timeout: 30 * time.Second, params: []ssh.Param{{Name: "files", Value: strings.Join(more, "\n")}},
	})
	if err != nil {
		return fleet.Files{}, err
	}
	return parseFiles(name, out)
}

// parseFiles reads what files.sh prints.
func parseFiles(name string, out []byte) (fleet.Files, error) {
	found, err := parseSections(out)
	if err != nil {
		return fleet.Files{}, fmt.Errorf("%s: files: %w", name, err)
	}
	all := fleet.Files{Now: map[string]string{}, Staged: parseStaged(found["staged"])}
	for _, line := range found["files"] {
		if digest, path, ok := strings.Cut(line, "  "); ok {
			all.Now[path] = digest
		}
	}
	return all, nil
}

// parseStaged reads digests of files by run and by the path that each is for.
func parseStaged(lines []string) map[string]string {
	all := map[string]string{}
	for _, line := range lines {
		digest, file, _ := strings.Cut(line, "  ")
		_, file, _ = strings.Cut(file, "/runs/")
		if run, path, ok := strings.Cut(file, "/staged/"); ok {
			all[run+":/"+path] = digest
		}
	}
	return all
}
