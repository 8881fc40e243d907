//go:build lab

package product_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"kea-lockstep/lab"
)

// TestRollbackByCommand goes back over a backup that the operator's own command made: whatever that is, the database is asked afterwards.
func TestRollbackByCommand(t *testing.T) {
	if lab.Engine(*engineName) == lab.PostgreSQL {
		t.Log("the command of this test speaks to MariaDB")
		return
	}
	accepted := []string{"upgrade", "--to", "3.0.3", "--yes", "--accept", "unproved-backup"}
	says := []string{"by the operator's command on k1", "not proved; the command said: kept"}
	faults(t, []fault{
		{name: "of a migration that was killed", given: byCommand("put-back"), args: accepted, at: begins("migrate-k1-db1"), strike: migrating(killMigration),
			codes: []int{5}, says: says, on: []way{rollback()}, last: putBack, blind: true},
		{name: "whose restore does nothing", given: byCommand("nothing"), args: accepted, at: begins("migrate-k1-db1"), strike: migrating(killMigration),
			codes: []int{5}, says: says, mend: doesNothing, on: []way{rollback()}, last: putBack, blind: true},
	})
}

// byCommand puts a command on every server that dumps and reads back by Kea's own account, and names it in a fleet file beside the fleet's.
func byCommand(restore string) func(*struck) {
	return func(s *struck) {
		s.Helper()
		for _, server := range s.fleet.Servers {
			s.must(server.Name, fmt.Sprintf(`cat >/usr/local/sbin/kea-snapshot <<'END'
#!/bin/sh
set -eu
for word in $(tr '\0' '\n' </proc/$$/environ); do case $word in *%[2]s*) echo "a password is in the environment" && exit 1 ;; esac; done
dump=/var/backups/$KEA_LOCKSTEP_BACKUP.sql
account=--defaults-extra-file=/root/kea-snapshot.cnf
case $1 in
take)
	[ "$KEA_LOCKSTEP_WHAT $KEA_LOCKSTEP_SCHEMA" = "backup 22.2" ]
	mariadb-dump "$account" --single-transaction --routines --triggers --no-tablespaces --host="$KEA_LOCKSTEP_HOST" "$KEA_LOCKSTEP_NAME" >"$dump"
	echo "kept $(wc -c <"$dump") bytes" ;;
put-back)
	[ "$KEA_LOCKSTEP_WHAT" = restore ] && [ "${KEA_LOCKSTEP_SAID%%%% *}" = kept ]
	mariadb "$account" --host="$KEA_LOCKSTEP_HOST" -e "DROP DATABASE $KEA_LOCKSTEP_NAME; CREATE DATABASE $KEA_LOCKSTEP_NAME"
	mariadb "$account" --host="$KEA_LOCKSTEP_HOST" "$KEA_LOCKSTEP_NAME" <"$dump"
	echo "put back $dump" ;;
nothing) echo "did nothing" ;;
esac
END
chmod 755 /usr/local/sbin/kea-snapshot
printf '[client]\nuser=%%s\npassword="%%s"\n' '%[1]s' '%[2]s' >/root/kea-snapshot.cnf
chmod 600 /root/kea-snapshot.cnf`, s.fleet.Access.User, s.fleet.Access.Password))
		}
		text, err := os.ReadFile(s.fleet.FleetFile())
		s.no(err)
		s.tool.Fleet = filepath.Join(s.fleet.Dir, "fleet-by-command.yaml")
		s.Cleanup(func() { _ = os.Remove(s.tool.Fleet) })
		s.no(os.WriteFile(s.tool.Fleet, fmt.Appendf(text, `backup:
  method: command
  command: [/usr/local/sbin/kea-snapshot, take]
  restore_command: [/usr/local/sbin/kea-snapshot, %s]
`, restore), 0o600))
	}
}

// doesNothing rolls back by a command that succeeds and does nothing: the run halts and says what the database is, and the command is mended.
func doesNothing(s *struck) {
	s.Helper()
	s.runs(way{args: []string{"rollback", "--yes"}, codes: []int{5}, says: []string{"restore kea by the operator's command", "kea is at", "kea-lockstep rollback"}})
	for _, server := range s.fleet.Servers {
		s.must(server.Name, `sed -i 's/^nothing).*/nothing) exec "$0" put-back ;;/' /usr/local/sbin/kea-snapshot`)
	}
}

// putBack wants the command's own dump, and the present kept.
func putBack(s *struck) {
	s.must("k1", `set -e
		[ -s "$(ls /var/backups/*-db1-1.sql | tail -n 1)" ]
		[ -s "$(ls /var/backups/kea-lockstep/*/kea-db1-before-rollback.* | tail -n 1)" ]`)
}
