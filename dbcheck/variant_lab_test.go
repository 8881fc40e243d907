//go:build lab && variants

package dbcheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// paths are ways on which databases out there came to be what they are: the release that made it, and those that upgraded it
// since. Patches whose schema is the one before add none.
var paths = [][]string{
	{"2.6.3", "3.0.3", "3.3.0"}, {"3.0.3", "3.3.0"}, {"3.3.0"},
	{"2.2.0", "3.3.0"}, {"2.2.0", "2.4.1", "2.6.3", "3.0.3", "3.3.0"}, {"2.4.1", "2.6.3", "3.0.3", "3.3.0"}, {"2.4.1", "3.0.3"},
	{"2.6.0", "2.6.3", "3.0.3"}, {"2.6.0", "3.0.3"}, {"2.6.1", "3.0.3"}, {"2.0.0", "3.0.3"},
}

// The variants that this package carries are what Kea's scripts make today, by each of the paths.
func TestVariants(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		known, err := LoadReferences()
		if err != nil {
			t.Fatal(err)
		}
		found := &found{known: References{chains: known.whole(), variants: map[Engine][]variant{}}, engine: s.engine}
		for i, path := range paths {
			found.walk(t, s, fmt.Sprintf("path_%d", i), path)
			if *update { // a long way, of which nothing is to be lost
				found.write(t)
			}
		}
		text := found.text(t)
		if had, err := os.ReadFile(variantsFile(s.engine)); err != nil || !bytes.Equal(had, text) {
			t.Errorf("%s is not what Kea makes (go test -tags lab,variants -run TestVariants . -args -update): %v", variantsFile(s.engine), err)
		}
	})
}

// found gathers variants.
type found struct {
	known  References
	engine Engine
}

func (f *found) text(t *testing.T) []byte {
	t.Helper()
	text, err := json.MarshalIndent(f.known.variants[f.engine], "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func (f *found) write(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(variantsFile(f.engine), f.text(t), 0o644); err != nil {
		t.Fatal(err)
	}
}

// walk makes a database and takes it along a path.
func (f *found) walk(t *testing.T, s *server, database string, path []string) {
	t.Helper()
	s.exec(t, "CREATE DATABASE "+database)
	scripts := filepath.Join(newKea(t, path[0]).root, "share/kea/scripts", s.tools.scripts())
	s.feed(t, database, filepath.Join(scripts, "dhcpdb_create."+s.tools.scripts())) // as db-init does, which in Kea 2.0 takes no socket
	at := f.look(t, s, database, path[:1])
	for i, release := range path[1:] {
		k := newKea(t, release)
		scripts, _ := filepath.Glob(filepath.Join(k.root, "share/kea/scripts", s.tools.scripts(), "upgrade_*.sh"))
		for _, script := range scripts {
			var from Version
			if _, err := fmt.Sscanf(filepath.Base(script), "upgrade_%d", &from.Major); err != nil || from.Major < at.Major {
				continue
			}
			if err := k.try(script, s, s.socket, database); err != nil {
				t.Fatalf("%v: %s: %v", path, filepath.Base(script), err)
			}
			d := s.open(t, s.target(database, "root", ""))
			now, err := d.SchemaVersion(t.Context())
			_ = d.Close()
			if err != nil {
				t.Fatal(err)
			}
			if now != at {
				at = f.look(t, s, database, path[:i+2])
			}
		}
	}
	s.exec(t, "DROP DATABASE "+database)
}

// look takes in what a database is now, unless it is known.
func (f *found) look(t *testing.T, s *server, database string, path []string) Version {
	t.Helper()
	now := s.look(t, database)
	one := variant{Version: now.Version, MadeBy: path[0]}
	if len(path) > 1 {
		one.MadeBy += ", upgraded by " + strings.Join(path[1:], " and ")
	}
	for _, is := range f.known.Variants(f.engine, now.Version) {
		if len(Compare(now.Structure, is)) == 0 {
			return now.Version
		}
	}
	one.On, one.change = f.nearest(now.Structure)
	one.whole = now.Structure
	f.known.variants[f.engine] = append(f.known.variants[f.engine], one)
	t.Logf("%s: %d changes to %q", one.name(), len(one.Set)+len(one.Gone), one.On)
	return now.Version
}

// nearest is the known structure from which the least changes.
func (f *found) nearest(s Structure) (on string, least change) {
	size := func(c change) int { return len(c.Set) + len(c.Gone) }
	least = changeBetween(nil, s)
	try := func(name string, is Structure) {
		if c := changeBetween(is, s); size(c) < size(least) {
			on, least = name, c
		}
	}
	for _, c := range f.known.chains {
		if c.Engine == f.engine {
			for _, link := range c.Links {
				is, _ := c.at(link.Version)
				try(link.Version.String(), is)
			}
		}
	}
	for _, v := range f.known.variants[f.engine] {
		try(v.name(), v.whole)
	}
	return on, least
}
