package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/playbooks"
	"kea-lockstep/ssh"
)

// Server takes the whole look at one server.
func (f *Fleet) Server(ctx context.Context, name string) (fleet.Server, error) {
	s, err := f.server(name)
	if err != nil {
		return fleet.Server{}, err
	}
	seen := fleet.Server{Pulse: fleet.Pulse{Name: name}}
	if !f.reach(ctx, s, &seen) {
		return seen, nil
	}
	var (
		wait sync.WaitGroup
		errs [4]error
	)
	wait.Go(func() { seen.Pulse, errs[0] = f.Pulse(ctx, name) })
	wait.Go(func() { seen.Software, errs[1] = f.Software(ctx, name) })
	wait.Go(func() { seen.Service, errs[2] = f.Service(ctx, name) })
	rest := fleet.Server{}
	wait.Go(func() { rest, errs[3] = f.rest(ctx, s) })
	wait.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return seen, fmt.Errorf("looking at %s: %w", name, err)
	}
	seen.Configs, seen.Tools, seen.Disk, seen.Holds = rest.Configs, rest.Tools, rest.Disk, rest.Holds
	seen.Busy, seen.Clock, seen.Zone, seen.Managers = rest.Busy, rest.Clock, rest.Zone, rest.Managers
	book, _ := s.playbook()
	seen.Packages = packages(rest.Packages, seen.Software, book)
	return seen, nil
}

// packages puts together what can be had with what is installed. A package that a kind of database may come to need is among them
// though nobody offers it: where it is needed, that is what has to be said.
func packages(available []fleet.Package, installed fleet.Software, book playbooks.Playbook) []fleet.Package {
	all := available
	for _, name := range slices.Sorted(maps.Keys(book.Engines)) {
		add := book.Engines[name].Package
		if add == "" {
			continue
		}
		i := slices.IndexFunc(all, func(p fleet.Package) bool { return p.Name == add })
		if i < 0 {
			i = len(all)
			all = append(all, fleet.Package{Name: add, Available: []string{}})
		}
		all[i].For = kea.Engine(name)
	}
	for i, p := range all {
		all[i].Installed = installed.Packages[p.Name]
	}
	return all
}

// reach says whether the server can be reached, as root, and which playbook speaks its language. It is false where nothing more
// can be asked.
func (f *Fleet) reach(ctx context.Context, s *server, seen *fleet.Server) bool {
	words, err := f.platform(ctx, s, &seen.Platform)
	if way := (*ssh.Error)(nil); errors.As(err, &way) {
		seen.Mend = way.Next
	}
	switch {
	case errors.Is(err, ssh.ErrNotRoot):
		seen.Reach, seen.Root = fleet.Affirm("answers"), fleet.Deny("%v", err)
		return false
	case errors.Is(err, ssh.ErrUnreachable), errors.Is(err, ssh.ErrAuth), errors.Is(err, ssh.ErrUnknownHostKey),
		errors.Is(err, ssh.ErrHostKeyChanged), errors.Is(err, ssh.ErrConfig):
		seen.Reach = fleet.Deny("%v", err)
		return false
	case err != nil:
		seen.Reach = fleet.Doubt("%v", err)
		return false
	}
	seen.Reach, seen.Root = fleet.Affirm("answers"), fleet.Affirm("root")
	if err := f.units(ctx, s); err != nil {
		seen.Reach = fleet.Doubt("%v", err)
		return false
	}
	return len(words) > 0 && seen.Platform.Playbook != ""
}

// platformSh is the one script that needs no playbook: it finds out which. In: marks (shell patterns, a line each).
const platformSh = `cat /etc/os-release 2>/dev/null || :
echo
while read -r mark; do
	for file in $mark; do
		if [ -e "$file" ]; then
			printf '@%s\n' "$mark"
			break
		fi
	done
done <<END
$marks
END
`

// platform asks which system it is and settles the server's playbook. The words are those that playbooks go by.
func (f *Fleet) platform(ctx context.Context, s *server, p *fleet.Platform) ([]string, error) {
	r, err := s.host.Run(ctx, ssh.Command{
		Script: platformSh, Params: []ssh.Param{{Name: "marks", Value: strings.Join(playbooks.Marks(), "\n")}},
		Root: true, Title: "ask which system it is", Timeout: 30 * time.Second,
	})
	if err != nil {
		return nil, sshError(err)
	}
	name, words, marks := parseRelease(string(r.Stdout))
	p.OS = name
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.book == nil {
		if book, ok := playbooks.For(words, marks); ok {
			s.book = &book
		}
	}
	if s.book != nil {
		p.Playbook, p.Unhold, p.Stop, p.Trees = s.book.Name, s.book.Unhold, s.book.Hand.Stop, strings.Join(s.book.Trees, " ")
		words = append(words, s.book.Name)
	}
	return words, nil
}

// units finds those units of a server that run Kea and that its playbook does not name.
func (f *Fleet) units(ctx context.Context, s *server) error {
	book, ok := s.playbook()
	if !ok {
		return nil
	}
	text, err := book.Script("found", "")
	if err != nil {
		return err
	}
	r, err := s.host.Run(ctx, ssh.Command{
		Script: text, Params: given(book, "", text), Root: true, Look: true, Title: "look for units", Timeout: 30 * time.Second,
	})
	if err != nil {
		return sshError(err)
	}
	if r.Status != 0 {
		return &scriptError{s.name(), "found", r.Status, tail(ssh.Printable(r.Stderr))}
	}
	sections, err := parseSections(r.Stdout)
	if err != nil {
		return fmt.Errorf("%s: units: %w", s.name(), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.extra, s.looked = nil, true
	for _, row := range sections.rows("found", 4) {
		if _, known := s.book.Unit(row[0]); !known {
			s.extra = append(s.extra, playbooks.Unit{Name: row[0], Daemon: row[1], Program: row[2], Config: row[3]})
		}
	}
	return nil
}

// parseRelease reads os-release(5): what people call the system, then ID and the words of ID_LIKE; and after it the marks that are there.
func parseRelease(text string) (name string, words, marks []string) {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if mark, ok := strings.CutPrefix(line, "@"); ok {
			marks = append(marks, mark)
		} else if key, value, ok := strings.Cut(line, "="); ok {
			values[key] = strings.Trim(value, `"'`)
		}
	}
	return values["PRETTY_NAME"], strings.Fields(values["ID"] + " " + values["ID_LIKE"]), marks
}

// book gives a server's playbook, asking for its system where that is not known.
func (f *Fleet) book(ctx context.Context, s *server) (playbooks.Playbook, error) {
	if book, ok := s.known(); ok {
		return book, nil
	}
	var p fleet.Platform
	if _, ok := s.playbook(); !ok {
		if _, err := f.platform(ctx, s, &p); err != nil {
			return playbooks.Playbook{}, err
		}
	}
	if err := f.units(ctx, s); err != nil {
		return playbooks.Playbook{}, err
	}
	book, ok := s.playbook()
	if !ok {
		return book, fmt.Errorf("%s: no playbook speaks for %q", s.name(), p.OS)
	}
	return book, nil
}

// rest asks what only the whole look asks.
func (f *Fleet) rest(ctx context.Context, s *server) (fleet.Server, error) {
	asked := time.Now()
	out, err := f.run(ctx, s, call{action: "server", look: true, params: []ssh.Param{
		{Name: "backups", Value: f.file.Backup.Directory}, {Name: "own", Value: strings.Join(ownPrograms(f.file.Backup), "\n")},
	}})
	if err != nil {
		return fleet.Server{}, err
	}
	found, err := parseSections(out)
	if err != nil {
		return fleet.Server{}, fmt.Errorf("%s: server: %w", s.name(), err)
	}
	seen := parseRest(found)
	seen.Clock = skew(found.first("clock"), asked, time.Now())
	seen.Configs = f.configs(ctx, s, found.rows("configs", configFields))
	book, _ := s.playbook()
	seen.Tools = needed(seen.Tools, book, seen.Configs)
	return seen, nil
}

// needed leaves out programs for kinds of databases that no configuration names, today's or the one that is to come.
func needed(tools map[string]fleet.Verdict, book playbooks.Playbook, configs []fleet.Config) map[string]fleet.Verdict {
	used := map[kea.Engine]bool{}
	for _, c := range configs {
		for _, one := range []*fleet.Config{&c, c.Staged} {
			if one == nil {
				continue
			}
			for _, ref := range one.Parsed.Databases {
				used[ref.Engine] = true
			}
		}
	}
	for name, engine := range book.Engines {
		if used[kea.Engine(name)] {
			continue
		}
		for _, program := range engine.Programs() {
			delete(tools, program)
		}
	}
	return tools
}

// parseRest reads what server.sh prints beside the configurations.
func parseRest(found sections) fleet.Server {
	seen := fleet.Server{Tools: map[string]fleet.Verdict{}, Managers: found["managers"], Holds: found["holds"]}
	if zone := found.first("zone"); offset.MatchString(zone) {
		seen.Zone = zone
	}
	for _, row := range found.rows("tools", 2) {
		seen.Tools[row[0]] = fleet.Affirm("%s", row[1])
		if row[1] == "" {
			seen.Tools[row[0]] = fleet.Deny("it is not in the search path")
		}
	}
	for _, row := range found.rows("disk", 2) {
		kilobytes, err := strconv.ParseInt(row[1], 10, 64)
		if err == nil && kilobytes >= 0 && kilobytes < math.MaxInt64>>10 {
			seen.Disk = append(seen.Disk, fleet.Disk{Path: row[0], Free: kilobytes << 10})
		}
	}
	seen.Busy = fleet.Deny("the package manager's lock is free")
	for _, row := range found.rows("locked", 3) {
		seen.Busy = fleet.Affirm("%s[%s] holds %s", row[2], row[1], row[0])
	}
	for _, row := range found.rows("available", 3) {
		i := len(seen.Packages) - 1
		if i < 0 || seen.Packages[i].Name != row[0] {
			seen.Packages = append(seen.Packages, fleet.Package{Name: row[0], Available: []string{}})
			i++
		}
		seen.Packages[i].Available = append(seen.Packages[i].Available, row[1])
	}
	return seen
}

// offset is a time zone's offset from UTC, as date +%z prints it.
var offset = regexp.MustCompile(`^[+-]\d{4}$`)

// skew is the server's clock less ours, as exact as the question took; nil where it cannot be told.
func skew(said string, asked, answered time.Time) *time.Duration {
	seconds, err := strconv.ParseFloat(said, 64)
	if err != nil {
		return nil
	}
	ours := asked.Add(answered.Sub(asked) / 2)
	return new(time.Duration((seconds - float64(ours.UnixNano())/1e9) * 1e9))
}
