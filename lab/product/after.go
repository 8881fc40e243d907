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
	got, err := f.SQL(ctx, "SELECT CONCAT_WS(' ', CONCAT(version, '.', minor), (SELECT COUNT(*) FROM lease4), (SELECT COUNT(*) FROM hosts),"+
		" (SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%GET_LOCK%' AND id <> CONNECTION_ID()),"+
		" (SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'kea\\_lockstep\\_%')) FROM schema_version;")
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("%s %d %d 0 0", schema, lab.Leases, lab.Reservations); got != want {
		return fmt.Errorf("schema, leases, reservations, locks and scratch databases are %q, want %q", got, want)
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
