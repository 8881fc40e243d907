package kea

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Software is what a binary or a running daemon says of itself.
type Software struct {
	Version Version
	// Extended is the second version of -V, in parentheses: the build or
	// package, such as "2.6.3 (isc20250522130000 deb)" or "tarball".
	Extended string
	// Schemas are those of the backends it lists. Up to 2.7.3 a binary lists
	// what it was built with; since 2.7.4 a binary lists none of them, and a
	// running daemon those whose hook library it has loaded.
	Schemas map[Engine]Schema
}

// Expects is the schema that the software itself says it expects.
func (s Software) Expects(e Engine) (Schema, bool) {
	schema, ok := s.Schemas[e]
	return schema, ok
}

// backendLine is a line of -V and version-get in all its formats:
//
//	MySQL backend 14.0, library 8.0.36        up to 2.5.7, under "database:"
//	- MySQL backend 22.2, library 3.3.10      2.5.8 to 2.7.3, under "backends:"
//	- MySQL backend 30.0, library 3.4.9       since 2.7.4, under "lease backends:" and others
var backendLine = regexp.MustCompile(`(?m)^[ \t]*(?:- )?(MySQL|PostgreSQL) backend (\d+\.\d+)\b`)

// ParseVersionOutput reads what `kea-dhcp4 -v` or `-V` printed. Lines before
// the one that is or begins with a version are passed over.
func ParseVersionOutput(output string) (Software, error) {
	for line := range strings.Lines(output) {
		first, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		v, err := ParseVersion(first)
		if err != nil {
			continue
		}
		s := Software{Version: v, Extended: strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(rest), "("), ")")}
		return s, s.readBackends(output)
	}
	return Software{}, fmt.Errorf("there is no version of Kea in %q", firstLine(output))
}

// readBackends takes the schemas out of an extended version. Kea lists a
// backend once for each use; where the lists differ nothing can be concluded.
func (s *Software) readBackends(text string) error {
	for _, m := range backendLine.FindAllStringSubmatch(text, -1) {
		engine, _ := engineOf(m[1])
		schema, err := ParseSchema(m[2])
		if err != nil {
			return err
		}
		if other, twice := s.Schemas[engine]; twice && other != schema {
			return fmt.Errorf("the same Kea expects %s and %s of %s", other, schema, m[1])
		}
		if s.Schemas == nil {
			s.Schemas = make(map[Engine]Schema)
		}
		s.Schemas[engine] = schema
	}
	return nil
}

// Software is the answer to version-get: the best proof of what a running
// daemon is and of the schema that it expects.
func (a Answer) Software() (Software, error) {
	if err := a.Err(); err != nil {
		return Software{}, err
	}
	v, err := ParseVersion(strings.TrimSpace(a.Text))
	if err != nil {
		return Software{}, fmt.Errorf("reading the answer to version-get: %w", err)
	}
	var arguments struct{ Extended string }
	if len(a.Arguments) > 0 {
		if err := json.Unmarshal(a.Arguments, &arguments); err != nil {
			return Software{}, fmt.Errorf("reading the answer to version-get: %w", err)
		}
	}
	s := Software{Version: v}
	if extended, err := ParseVersionOutput(arguments.Extended); err == nil {
		s.Extended = extended.Extended
	}
	return s, s.readBackends(arguments.Extended)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// upgradeScript is the name of one of kea-admin's upgrade scripts, with or
// without its directory: upgrade_029_to_030.sh, upgrade_022.1_to_022.2.sh.
var upgradeScript = regexp.MustCompile(`(?:^|/)upgrade_(\d{1,6})(?:\.(\d{1,6}))?_to_(\d{1,6})(?:\.(\d{1,6}))?\.sh$`)

// NewestSchema is the schema that the upgrade scripts of an installed
// kea-admin lead to, from the names in <datadir>/kea/scripts/mysql or pgsql.
// It is false where no name is that of an upgrade script.
func NewestSchema(scripts []string) (Schema, bool) {
	var reached []Schema
	for _, name := range scripts {
		m := upgradeScript.FindStringSubmatch(strings.TrimSpace(name))
		if m == nil {
			continue
		}
		minor := m[4]
		if minor == "" {
			minor = "0"
		}
		if s, err := ParseSchema(m[3] + "." + minor); err == nil {
			reached = append(reached, s)
		}
	}
	if len(reached) == 0 {
		return Schema{}, false
	}
	return slices.MaxFunc(reached, Schema.Compare), true
}

// ParseAdminVersion is the schema that `kea-admin db-version` printed: the
// last line that is nothing but a version. Other lines may stand around it,
// about the password for one.
func ParseAdminVersion(output string) (Schema, bool) {
	var found Schema
	ok := false
	for line := range strings.Lines(output) {
		if s, err := ParseSchema(strings.TrimSpace(line)); err == nil {
			found, ok = s, true
		}
	}
	return found, ok
}
