//go:build lab

package product

import (
	"context"
	"fmt"

	"kea-lockstep/lab"
)

// AtRest says what of a fleet is not as it must be once a run is over and every server is at the version: Kea answers with it,
// no fence, no marker and no lock is left, and the unit is enabled and unmasked as before.
func AtRest(ctx context.Context, f *lab.Fleet, version, schema string) error {
	for _, s := range f.Servers {
		units, want := "", ""
		for _, daemon := range f.Daemons(s.Name) {
			answer, err := f.Ask(ctx, s.Name, daemon, "version-get")
			if err != nil {
				return err
			}
			if answer.Text != version {
				return fmt.Errorf("%s runs %s %s, not %s", s.Name, daemon, answer.Text, version)
			}
			units, want = units+" "+f.UnitOn(s.Name, daemon), want+"enabled active\n"
		}
		left, err := f.Run(ctx, s.Name, "units='"+units+"'\n"+leftovers)
		if err != nil {
			return err
		}
		if left != want {
			return fmt.Errorf("%s: units and leftovers: %s", s.Name, left)
		}
	}
	return DatabaseAtRest(ctx, f, schema)
}

// leftIn counts what a run may leave in a database server: statements that wait for its lock, or locks; and scratch databases, which no copy that is kept is.
var leftIn = map[lab.Engine]string{
	lab.MySQL: `SELECT (SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%GET_LOCK%' AND id <> CONNECTION_ID()),
		(SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'kea\\_lockstep\\_%' AND schema_name NOT LIKE 'kea\\_lockstep\\_copy\\_%');`,
	lab.PostgreSQL: `SELECT (SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'),
		(SELECT COUNT(*) FROM pg_database WHERE datname LIKE 'kea\_lockstep\_%');`,
}

// DatabaseAtRest says what of the database is not as it must be once a run is over.
func DatabaseAtRest(ctx context.Context, f *lab.Fleet, schema string) error {
	got, err := f.Contents(ctx)
	if err != nil {
		return err
	}
	if want := (lab.Contents{Schema: schema, Leases: lab.Leases + f.Added, Reservations: lab.Reservations}); got != want {
		return fmt.Errorf("the database holds %+v, want %+v", got, want)
	}
	counts, err := f.SQL(ctx, leftIn[f.Engine.Kind()])
	if err != nil {
		return err
	}
	if counts != "0\t0" {
		return fmt.Errorf("locks and scratch databases that are left: %q", counts)
	}
	return nil
}

// leftovers prints the state of each unit, and then everything of a run that should be gone.
const leftovers = `
for unit in $units; do
	if [ -d /run/openrc ]; then
		[ ! -L "/etc/runlevels/default/$unit" ] || [ ! -L "/run/openrc/started/$unit" ] || echo enabled active
		ls "/etc/rc.conf.d/kea-lockstep-$unit.conf" 2>/dev/null
		continue
	fi
	if [ -x /opt/kea/sbin/keactrl ]; then
		! grep kea_lockstep /etc/kea/keactrl.conf || continue
		! grep -qx "$unit=yes" /etc/kea/keactrl.conf || /opt/kea/sbin/keactrl status | sed -n 's/^DHCPv4 server:/enabled/p'
		continue
	fi
	printf '%s %s\n' "$(systemctl is-enabled "$unit")" "$(systemctl is-active "$unit")"
done
/usr/bin/find /etc/systemd/system -lname /dev/null -name '*kea-*' ! -name '*@*'
/usr/bin/find /etc/systemd/system -path '*kea*' -name '*lockstep*'
ls /var/lib/kea-lockstep/claim /var/lib/kea-lockstep/marker.json 2>/dev/null || true
`
