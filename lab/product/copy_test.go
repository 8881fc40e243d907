//go:build lab

package product_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
)

// TestRollbackByCopy goes back over a copy within the database's own server, from a migration that was killed; a copy that lacks a table halts the
// rollback, with everything held, until it has that again. Whatever is cut off as the copy is put back is put back again. One upgrade is done, and
// leaves its copy.
func TestRollbackByCopy(t *testing.T) {
	says := []string{"the copy kea_lockstep_copy_", "every row compared by checksum", "(DROP "}
	faults(t, []fault{
		{name: "of a migration that was killed", often: true, given: byCopy, at: begins("migrate-k1-db1"), strike: migrating(killMigration),
			codes: []int{5}, says: says, on: []way{rollback()}, last: copyKept, blind: true},
		{name: "whose copy lacks a table", given: byCopy, at: begins("migrate-k1-db1"), strike: migrating(killMigration),
			codes: []int{5}, says: says, mend: hidden, on: []way{rollback()}, last: copyKept, blind: true},
		{name: "killed as it restores", given: byCopy, at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			mend: killedRollback("old-restore-k1-db1"), on: []way{rollback()}, last: copyKept, blind: true},
		{name: "k1 without power as it restores", given: byCopy, at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5}, blind: true,
			next: struckRollback("old-restore-k1-db1", off("k1", 3*time.Second, stopped)), on: []way{resume(5, 7), resume(7)}, last: copyKept},
		{name: "the restore itself killed", given: byCopy, at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5}, blind: true,
			next: struckRollback("old-restore-k1-db1", killsRestore("k1", "mariadb", "psql")), on: []way{resume(5, 7), resume(7)}, last: copyKept},
		{name: "an upgrade that is done", often: true, given: byCopy, codes: []int{0}, says: says, last: copyKept},
	})
}

// byCopy names the method in a fleet file beside the fleet's, and gives the accounts what they are told to lack.
func byCopy(s *struck) {
	s.Helper()
	text, err := os.ReadFile(s.fleet.FleetFile())
	s.no(err)
	s.tool.Fleet = filepath.Join(s.fleet.Dir, "fleet-by-copy.yaml")
	s.Cleanup(func() { _ = os.Remove(s.tool.Fleet) })
	s.no(os.WriteFile(s.tool.Fleet, fmt.Appendf(text, "backup: { method: copy }\n"), 0o600))
	lacks := map[lab.Engine]string{
		lab.MySQL: "GRANT SELECT ON `kea\\_lockstep\\_%`.* TO 'kea'@'%'", lab.PostgreSQL: "GRANT CREATE ON DATABASE kea TO kea",
	}[s.fleet.Engine]
	if out := s.runs(way{args: []string{"plan", "--to", "3.0.3"}, codes: []int{0, 3}}); !out.Says(lacks) && !out.Says("a copy within its own server") {
		s.Errorf("the plan says neither what is lacking nor what a copy is:\n%s", out)
	}
	_, err = s.fleet.SQL(s.Context(), lacks+";")
	s.no(err)
}

// besides lists the copies on the database's server.
func besides(s *struck) string {
	s.Helper()
	ask := "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'kea\\_lockstep\\_copy\\_%';"
	if s.fleet.Engine == lab.PostgreSQL {
		ask = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'kea\\_lockstep\\_copy\\_%';"
	}
	out, err := s.fleet.SQL(s.Context(), ask)
	s.no(err)
	return strings.TrimSpace(out)
}

// hidden takes a table away from the copy, wants the rollback to halt and to say what is wrong, and gives it back.
func hidden(s *struck) {
	s.Helper()
	all := strings.Fields(besides(s))
	name := all[len(all)-1]
	move := fmt.Sprintf("RENAME TABLE %[1]s.lease4 TO %[1]s.elsewhere;", name)
	back := fmt.Sprintf("RENAME TABLE %[1]s.elsewhere TO %[1]s.lease4;", name)
	if s.fleet.Engine == lab.PostgreSQL {
		move = fmt.Sprintf("ALTER TABLE %s.lease4 RENAME TO elsewhere;", name)
		back = fmt.Sprintf("ALTER TABLE %s.elsewhere RENAME TO lease4;", name)
	}
	_, err := s.fleet.SQL(s.Context(), move)
	s.no(err)
	s.runs(way{args: []string{"rollback", "--yes"}, codes: []int{5}, says: []string{"is not what was copied", "kea-lockstep rollback"}})
	_, err = s.fleet.SQL(s.Context(), back)
	s.no(err)
}

// copyKept wants the copy to be there once the run is over.
func copyKept(s *struck) {
	s.Helper()
	if besides(s) == "" {
		s.Error("the copy is not kept")
	}
}
