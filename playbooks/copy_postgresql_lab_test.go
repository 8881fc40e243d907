//go:build lab

package playbooks

import (
	"strings"
	"testing"
)

const aCopy = "kea_lockstep_copy_run_ab12"

// oddRows are what a copy has to keep besides: types that go with the schema, values made of others, a sequence that is ahead of its rows.
const oddRows = `
CREATE TYPE colour AS ENUM ('red', 'dark blue');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE odd (id int GENERATED ALWAYS AS IDENTITY, c colour, cs colour[], p positive, "a ""b" text, twice int GENERATED ALWAYS AS (p * 2) STORED,
	t timestamptz, n char(5), i interval, gone int);
ALTER TABLE odd DROP gone;
INSERT INTO odd (c, cs, p, "a ""b", t, n, i) VALUES ('dark blue', '{red,"dark blue"}', 3, E'\\.\nx\t''', '2026-10-25 02:30:00+02', 'a', '1 day'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT setval('odd_id_seq', 70); SELECT nextval('hosts_host_id_seq');
CREATE RULE odd_rule AS ON INSERT TO lease_state DO ALSO DELETE FROM odd;
`

// half leaves the schema as a migration that was cut off would.
func (s postgresql) half(home string) {
	s.t.Helper()
	s.sql("kea data", `SET search_path TO `+home+`; SET SESSION AUTHORIZATION kea; DROP TABLE lease4 CASCADE; DROP TABLE schema_version; DROP TYPE colour CASCADE;
		CREATE TABLE half (id INT); DELETE FROM odd; INSERT INTO hosts (hostname) VALUES ('c')`)
}

func (s postgresql) copies(h host) []string {
	s.t.Helper()
	if status, said := h.runOn("postgresql", "copy", s.as("kea", keaPassword, "copy="+aCopy, "dir="+h.path("backups"))...); status != 0 || said != "copy\t"+aCopy+"\ndrop\tDROP SCHEMA "+aCopy+" CASCADE\ntables\t6\n" {
		s.t.Fatalf("copy: %d %s", status, said)
	}
	return s.alone("copy=" + aCopy)
}

func TestPostgreSQLIsCopiedAndPutBack(t *testing.T) {
	for _, home := range []string{"public", `"Kea's home"`} {
		t.Run(home, func(t *testing.T) {
			s, h := startPostgreSQL(t), newHost(t)
			s.makeKea(home)
			s.sql("kea data", "SET search_path TO "+home+"; SET SESSION AUTHORIZATION kea; "+oddRows)
			s.sql("kea data", `GRANT CREATE ON DATABASE "kea data" TO kea`)
			before := s.whole("kea data")
			s.copies(h)
			put := s.copies(h) // the second takes the place of the first
			prove := s.as("kea_admin", adminPassword, "copy="+aCopy, "scratch=kea_lockstep_ab12")
			if status, said := h.runOn("postgresql", "prove-copy", prove...); status != 0 {
				t.Fatalf("prove: %d %s", status, said)
			}
			if rows := s.sql("kea_lockstep_ab12", "SET search_path TO "+home+"; SELECT count(*), (SELECT last_value FROM odd_id_seq) FROM lease4"); rows != "0|70" {
				t.Errorf("the structure comes with %s", rows)
			}
			s.half(home)
			for range 2 {
				if status, said := h.runOn("postgresql", "put", put...); status != 0 || said != "restored\n" {
					t.Fatalf("put: %d %s", status, said)
				}
				if after := s.whole("kea data", "--exclude-schema="+aCopy); after != before {
					t.Errorf("the database is not what it was:\n%s\nbefore:\n%s", after, before)
				}
			}
		})
	}
}

// A copy that is gone or was changed is never put back, and what is cut off changes nothing.
func TestACopyInPostgreSQLIsWholeOrNotPutBack(t *testing.T) {
	s, h := startPostgreSQL(t), newHost(t)
	s.makeKea("public")
	s.sql("kea data", "SET SESSION AUTHORIZATION kea; "+oddRows)
	refused := func(action, why, says string, with []string) {
		t.Helper()
		before := s.whole("kea data")
		if status, said := h.runOn("postgresql", action, with...); status == 0 || !strings.Contains(said, says) {
			t.Errorf("%s: %d %s", why, status, said)
		}
		if s.whole("kea data") != before {
			t.Errorf("%s: something was changed", why)
		}
	}
	copying := s.as("kea", keaPassword, "copy="+aCopy, "dir="+h.path("backups"))
	refused("copy", "no schema may be made", "permission denied", copying)
	s.sql("kea data", `GRANT CREATE ON DATABASE "kea data" TO kea`)
	refused("copy", "it is another's schema", "is no copy", s.as("kea", keaPassword, "copy=site", "dir="+h.path("backups")))
	h.program("pg_dump", "/usr/bin/pg_dump \"$@\" | head -c 9000\n")
	refused("copy", "the dump was cut off", "", copying)
	h.program("pg_dump", "exec /usr/bin/pg_dump \"$@\"")
	refused("put", "there is none", "the copy "+aCopy+" is not what was copied: it is not there", s.alone("copy="+aCopy))
	put := s.copies(h)
	s.half("public")
	for _, lines := range []string{"100", "200"} {
		h.program("pg_restore", "case $* in *--list*) exec /usr/bin/pg_restore \"$@\" ;; esac\n/usr/bin/pg_restore \"$@\" | head -n "+lines+"\nexit 1")
		refused("put", "the structure was read in part", "", put)
	}
	h.program("pg_restore", "exec /usr/bin/pg_restore \"$@\"")
	s.sql("kea data", "UPDATE "+aCopy+".lease4 SET state = 1 WHERE address = 10")
	refused("put", "a row was changed", "its rows were changed", put)
}
