package view

import (
	"cmp"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// FleetFile writes a fleet as a fleet file, with what was found of it in comments. What is a word of YAML but not meant yet follows a "#"
// at once; comments follow a "#" and a blank. Reading it back gives the same fleet.
func FleetFile(file fleet.File, facts fleet.Facts, made time.Time) []byte {
	s := sheet{facts: facts, survey: NewSurvey(facts, kea.Version{}, "")}
	s.note("", "The fleet, as kea-lockstep init found it on %s. No password is in this file, nor should be.", stamp(made))
	s.note("", "Everything but the servers has a default or is found by looking; kea-lockstep(1) says what else can stand here.")
	s.groups()
	s.outsiders()
	s.blank()
	s.line("version: 1")
	s.target()
	s.blank()
	s.line("servers:")
	for _, entry := range file.Servers {
		s.server(entry)
	}
	if file.SSH.Config != "" {
		s.blank()
		s.line("ssh:\n  config: " + scalar(beside(file.Path, file.SSH.Config)))
	}
	s.accounts()
	s.others()
	return []byte(s.text.String())
}

// sheet is a fleet file that is being written.
type sheet struct {
	text   strings.Builder
	facts  fleet.Facts
	survey Survey
}

func (s *sheet) line(text string) { s.text.WriteString(text + "\n") }
func (s *sheet) blank()           { s.line("") }

// off writes YAML that is not meant yet.
func (s *sheet) off(text string) {
	for line := range strings.Lines(text) {
		s.line("#" + strings.TrimRight(line, "\n"))
	}
}

// noteWidth is how many columns a comment takes at most, but for words that are longer.
const noteWidth = 118

// note writes a comment, moved in as what it is about.
func (s *sheet) note(indent, format string, args ...any) {
	lead := indent + "# "
	text := strings.Join(strings.Fields(clean(strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " "))), " ")
	for line := range strings.SplitSeq(fit(text, noteWidth-len(lead)), "\n") {
		s.line(lead + strings.TrimSpace(line))
	}
}

// verbatim writes a comment that may hold what is to be copied: it stays one line.
func (s *sheet) verbatim(text string) { s.line("# " + clean(strings.Join(strings.Fields(text), " "))) }

// beside gives a path as it is written in a fleet file: from the file's directory, where it lies in it.
func beside(file, path string) string {
	if rel, err := filepath.Rel(filepath.Dir(file), path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// groups says who shares what.
func (s *sheet) groups() {
	s.line("#")
	for _, g := range s.survey.Groups {
		s.note("", "%s: %s", g.ID, s.survey.sentence(g))
		for _, id := range g.Databases {
			d, _ := s.facts.Database(id)
			s.note("", "%s", s.database(d))
		}
	}
}

// database says what a database is.
func (s *sheet) database(d fleet.Database) string {
	what := []string{d.Product}
	switch {
	case !d.Reach.OK():
		what = []string{"could not be read: " + d.Reach.Saw}
	case d.Empty:
		what = append(what, "has no Kea schema")
	default:
		what = append(what, "schema "+d.Schema.String(), tally(d.Rows))
	}
	return fmt.Sprintf("%s, of %s: %s", d.Endpoints[0].Place, names(d.Servers()), strings.Join(unique(what), ", "))
}

func (s *sheet) target() {
	s.blank()
	if newest, ok := s.facts.Newest(); ok {
		s.note("", "The Kea to reach, unless --to names one. The newest whose packages can be had on every server that was asked:")
		s.off("target: " + newest.String())
		return
	}
	s.note("", "The Kea to reach, unless --to names one. No newer one can be had on every server that was asked.")
}

// server writes one server with what it is.
func (s *sheet) server(entry fleet.ServerEntry) {
	const in = "  "
	seen, _ := s.facts.Server(entry.Name)
	switch {
	case !seen.Reach.OK():
		s.note(in, "COULD NOT BE ASKED: %s", cmp.Or(seen.Reach.Saw, "no answer"))
	case !seen.Root.OK():
		s.note(in, "COULD NOT BE ASKED, for want of root: %s", seen.Root.Saw)
	case seen.Platform.Playbook == "":
		s.note(in, "%s, which no playbook of this program knows: playbook: names one of your own", cmp.Or(seen.Platform.OS, "an unknown system"))
	default:
		s.note(in, "%s", s.daemons(seen))
	}
	if seen.Mend != "" {
		s.note(in, "%s", seen.Mend)
	}
	if len(seen.Managers) > 0 {
		s.note(in, "also managed by %s", names(seen.Managers))
	}
	s.line("  - name: " + scalar(entry.Name))
	s.line("    ssh: " + scalar(entry.SSH))
}

func (s *sheet) daemons(seen fleet.Server) string {
	i := slices.IndexFunc(s.survey.Servers, func(v SurveyServer) bool { return v.Name == seen.Name })
	words := []string{seen.Platform.OS}
	for _, d := range s.survey.Servers[i].Daemons {
		var state []string
		for _, cell := range d.state(s.survey.Servers[i])[:3] {
			state = append(state, cell.text)
		}
		words = append(words, strings.Join(unique(append([]string{string(d.Name)}, append(state, d.HA...)...)), " "))
	}
	if len(words) == 1 {
		words = append(words, "no Kea daemon")
	}
	return strings.Join(unique(words), "; ")
}

// wordOfYAML is text that YAML takes for itself.
var wordOfYAML = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9._@/-]*(:[0-9]+)?$`)

// reserved are words that YAML, in one version or another, takes for something else.
var reserved = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null"}

// scalar writes a text as YAML, in quotes where it needs them. Go's quoted strings are YAML's.
func scalar(text string) string {
	if wordOfYAML.MatchString(text) && !slices.Contains(reserved, strings.ToLower(text)) {
		return text
	}
	return strconv.Quote(text)
}

// local reports whether a host names another machine on every server.
func local(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || host == "localhost" || err == nil && ip.IsLoopback()
}
