//go:build lab

package dbcheck

import "testing"

// A copy has the rows of the original, whatever its keys and whatever it has besides; one row that is another, and one table that is not
// there, are named.
func TestACopyIsHeldAgainstItsOriginal(t *testing.T) {
	for engine, start := range map[Engine]func(*testing.T, ...string) *server{MySQL: startServer, PostgreSQL: startPostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			s := start(t)
			s.exec(t, "CREATE DATABASE kea")
			original := s.target("kea", "root", "")
			aside := original
			if engine == PostgreSQL {
				aside.Schema = "aside"
				s.in(t, "kea", "CREATE SCHEMA aside")
			} else {
				aside.Name = "aside"
				s.exec(t, "CREATE DATABASE aside")
			}
			s.in(t, "kea", "CREATE TABLE schema_version (version INT PRIMARY KEY)", "CREATE TABLE lease4 (address INT PRIMARY KEY, hostname VARCHAR(9))",
				"INSERT INTO schema_version VALUES (22)", "INSERT INTO lease4 VALUES (2, 'b'), (1, NULL)",
				"CREATE TABLE aside.lease4 AS SELECT * FROM lease4", "CREATE TABLE aside.schema_version AS SELECT * FROM schema_version", "CREATE TABLE aside.more (a INT)")
			differs := func(want string) {
				t.Helper()
				db, copied := s.open(t, original), s.open(t, aside)
				defer db.Close()
				defer copied.Close()
				if got, err := db.Differs(t.Context(), copied); err != nil || got != want {
					t.Errorf("%q differs, not %q: %v", got, want, err)
				}
			}
			differs("")
			s.in(t, "kea", "UPDATE aside.lease4 SET hostname = '' WHERE address = 1")
			differs("lease4")
			s.in(t, "kea", "DROP TABLE aside.lease4")
			differs("lease4")
		})
	}
}
