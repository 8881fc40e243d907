//go:build lab

package dbcheck

import (
	"bytes"
	"os"
	"testing"
)

// feed runs a file of SQL in a database.
func (s *server) feed(t *testing.T, database, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.pipe(t, database, text)
}

func (s *server) pipe(t *testing.T, database string, sql []byte) {
	t.Helper()
	cmd := s.tools.shell(s, database)
	cmd.Stdin = bytes.NewReader(sql)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

func (s *server) dump(t *testing.T, database string) []byte {
	t.Helper()
	out, err := s.tools.dump(s, database).Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *server) restore(t *testing.T, database string, dump []byte) {
	t.Helper()
	s.exec(t, "CREATE DATABASE "+s.quote(database))
	s.pipe(t, database, dump)
}

// saved keeps a database as it is now, and gives what makes another like it.
func (s *server) saved(t *testing.T, database string) (again func(name string)) {
	t.Helper()
	return s.tools.saved(t, s, database)
}

// look takes a snapshot as the administrator, once nobody is at work any more.
func (s *server) look(t *testing.T, database string) Snapshot {
	t.Helper()
	d := s.open(t, s.target(database, "root", ""))
	defer d.Close()
	for {
		now, err := d.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(now.Busy) == 0 {
			return now
		}
	}
}

// sums are the checksums of all tables but those that only hold the time of
// changes, with times of modification levelled.
func (s *server) sums(t *testing.T, database string) map[string]int64 {
	t.Helper()
	d := s.open(t, s.target(database, "root", ""))
	defer d.Close()
	structure, err := d.Structure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var level []string
	for _, table := range structure.Tables() {
		if _, ok := structure["column "+table+".modification_ts"]; ok {
			level = append(level, s.tools.level(table)...)
		}
	}
	s.in(t, database, level...)
	sums, err := d.Checksums(t.Context())
	if err != nil || len(sums) == 0 {
		t.Fatal(sums, err)
	}
	delete(sums, "dhcp4_audit_revision")
	delete(sums, "dhcp6_audit_revision")
	return sums
}
