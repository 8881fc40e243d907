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
	accepted := []string{"upgrade", "--to", "3.0.3", "--yes", "--accept", "unproved-backup"}
	says := []string{"by the operator's command on k1", "not proved; the command said: kept"}
	faults(t, []fault{
		{name: "of a migration that was killed", given: byCommand("put-back"), args: accepted, at: begins("migrate-k1-db1"), strike: migrating(killMigration),
			codes: []int{5}, says: says, on: []way{rollback()}, last: putBack, blind: true},
		{name: "whose restore does nothing", given: byCommand("nothing"), args: accepted, at: begins("migrate-k1-db1"), strike: migrating(killMigration),
			codes: []int{5}, says: says, mend: doesNothing, on: []way{rollback()}, last: putBack, blind: true},
	})
}

// snapshots are how the command takes a dump and puts it back, over whatever is there.
var snapshots = map[lab.Engine]string{
	lab.MySQL: `account=--defaults-extra-file=/root/kea-snapshot.cnf
take() {
	mariadb-dump "$account" --single-transaction --routines --triggers --no-tablespaces --host="$KEA_LOCKSTEP_HOST" "$KEA_LOCKSTEP_NAME"
}
put_back() {
	mariadb "$account" --host="$KEA_LOCKSTEP_HOST" -e "DROP DATABASE $KEA_LOCKSTEP_NAME; CREATE DATABASE $KEA_LOCKSTEP_NAME"
	mariadb "$account" --host="$KEA_LOCKSTEP_HOST" "$KEA_LOCKSTEP_NAME" <"$dump"
}`,
	lab.PostgreSQL: `export PGPASSFILE=/root/kea-snapshot.pgpass PGHOST="$KEA_LOCKSTEP_HOST" PGDATABASE="$KEA_LOCKSTEP_NAME"
PGUSER=$(cut -d : -f 4 "$PGPASSFILE")
export PGUSER
take() { pg_dump; }
put_back() {
	{
		cat <<'GONE'
DO $$ DECLARE one record; BEGIN
FOR one IN SELECT c.oid::regclass AS is FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP EXECUTE 'DROP TABLE ' || one.is || ' CASCADE'; END LOOP;
FOR one IN SELECT p.oid::regprocedure AS is FROM pg_proc p WHERE pronamespace = 'public'::regnamespace LOOP EXECUTE 'DROP FUNCTION ' || one.is || ' CASCADE'; END LOOP;
END $$;
GONE
		cat "$dump"
	} | psql --quiet --single-transaction --set=ON_ERROR_STOP=1 >/dev/null
}`,
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
%[3]s
case $1 in
take)
	[ "$KEA_LOCKSTEP_WHAT $KEA_LOCKSTEP_SCHEMA" = "backup 22.2" ]
	take >"$dump"
	echo "kept $(wc -c <"$dump") bytes" ;;
put-back)
	[ "$KEA_LOCKSTEP_WHAT" = restore ] && [ "${KEA_LOCKSTEP_SAID%%%% *}" = kept ]
	put_back
	echo "put back $dump" ;;
nothing) echo "did nothing" ;;
esac
END
chmod 755 /usr/local/sbin/kea-snapshot
printf '[client]\nuser=%%s\npassword="%%s"\n' '%[1]s' '%[2]s' >/root/kea-snapshot.cnf
printf '*:*:*:%%s:%%s\n' '%[1]s' '%[2]s' >/root/kea-snapshot.pgpass
chmod 600 /root/kea-snapshot.*`, s.fleet.Access.User, s.fleet.Access.Password, snapshots[s.fleet.Engine]))
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
