//go:build lab

package dbcheck

import (
	"bytes"
	"os"
	"os/exec"
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
	cmd := exec.Command("mariadb", client(s.socket, database)...)
	cmd.Stdin = bytes.NewReader(sql)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mariadb %s: %v\n%s", database, err, out)
	}
}

func (s *server) dump(t *testing.T, database string) []byte {
	t.Helper()
	out, err := exec.Command("mariadb-dump", append([]string{"--routines", "--triggers", "--events"}, client(s.socket, database)...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *server) restore(t *testing.T, database string, dump []byte) {
	t.Helper()
	s.exec(t, "CREATE DATABASE "+mysqlDialect{}.quote(database))
	s.pipe(t, database, dump)
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
// changes. Times of modification are levelled first: on MariaDB an UPDATE moves
// them by itself.
func (s *server) sums(t *testing.T, database string) map[string]int64 {
	t.Helper()
	d := s.open(t, s.target(database, "root", ""))
	defer d.Close()
	structure, err := d.Structure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.exec(t, "USE "+mysqlDialect{}.quote(database), "SET @disable_audit = 1")
	for _, table := range structure.Tables() {
		if _, ok := structure["column "+table+".modification_ts"]; ok {
			s.exec(t, "UPDATE "+mysqlDialect{}.quote(table)+" SET modification_ts = '2026-01-01 00:00:00'")
		}
	}
	sums, err := d.Checksums(t.Context())
	if err != nil || len(sums) == 0 {
		t.Fatal(sums, err)
	}
	delete(sums, "dhcp4_audit_revision")
	delete(sums, "dhcp6_audit_revision")
	return sums
}
