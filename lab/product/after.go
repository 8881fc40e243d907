//go:build lab

package product

import (
	"context"
	"fmt"
	"strings"

	"kea-lockstep/lab"
)

// Unit is the unit of the one daemon that the lab's servers run.
const Unit = "kea-dhcp4-server.service"

// AtRest says what of a fleet is not as it must be once a run is over and every server is at the version: Kea answers with it,
// no fence, no marker and no lock is left, and the unit is enabled and unmasked as before.
func AtRest(ctx context.Context, f *lab.Fleet, version, schema string) error {
	for _, s := range f.Servers {
		answer, err := f.Kea(ctx, s.Name, "version-get")
		if err != nil {
			return err
		}
		if answer.Text != version {
			return fmt.Errorf("%s runs Kea %s, not %s", s.Name, answer.Text, version)
		}
		left, err := f.Run(ctx, s.Name, leftovers)
		if err != nil {
			return err
		}
		if left = strings.TrimSpace(left); left != "enabled active" {
			return fmt.Errorf("%s: unit and leftovers: %s", s.Name, left)
		}
	}
	return databaseAtRest(ctx, f, schema)
}

// leftIn counts what a run may leave in a database server: statements that wait for its lock, or locks; and scratch databases.
var leftIn = map[lab.Engine]string{
	lab.MySQL: `SELECT (SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%GET_LOCK%' AND id <> CONNECTION_ID()),
		(SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'kea\\_lockstep\\_%');`,
	lab.PostgreSQL: `SELECT (SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory'),
		(SELECT COUNT(*) FROM pg_database WHERE datname LIKE 'kea\_lockstep\_%');`,
}

func databaseAtRest(ctx context.Context, f *lab.Fleet, schema string) error {
	got, err := f.Contents(ctx)
	if err != nil {
		return err
	}
	if want := (lab.Contents{Schema: schema, Leases: lab.Leases + f.Added, Reservations: lab.Reservations}); got != want {
		return fmt.Errorf("the database holds %+v, want %+v", got, want)
	}
	counts, err := f.SQL(ctx, leftIn[f.Engine])
	if err != nil {
		return err
	}
	if counts != "0\t0" {
		return fmt.Errorf("locks and scratch databases that are left: %q", counts)
	}
	return nil
}

// leftovers prints the state of the unit, and then everything of a run that should be gone.
const leftovers = `
printf '%s %s\n' "$(systemctl is-enabled kea-dhcp4-server.service)" "$(systemctl is-active kea-dhcp4-server.service)"
find /etc/systemd/system -lname /dev/null -name 'kea-*' ! -name '*@*'
find /etc/systemd/system -path '*kea*' -name '*lockstep*'
ls /var/lib/kea-lockstep/claim /var/lib/kea-lockstep/marker.json 2>/dev/null || true
`
