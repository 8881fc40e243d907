//go:build lab

package product_test

import (
	"os"
	"strings"
	"testing"

	"kea-lockstep/lab"
)

// TestISCPackages upgrades servers whose packages and units are called as ISC's own, and one of which comes to be needed on the way:
// the hook library for the database. On the way back it is gone again.
func TestISCPackages(t *testing.T) {
	hook := "isc-kea-" + lab.Engine(*engineName).KeaAdmin()
	installed := func(s *struck) []string {
		var all []string
		for _, server := range s.fleet.Servers {
			all = append(all, strings.TrimSpace(s.must(server.Name, "dpkg-query -W -f '${Version} ${db:Status-Status}' "+hook+" 2>/dev/null || true")))
		}
		return all
	}
	added := func(s *struck) {
		for i, got := range installed(s) {
			if !strings.HasPrefix(got, "3.0.3-isc") || !strings.HasSuffix(got, " installed") {
				s.Errorf("k%d: %s is %q", i+1, hook, got)
			}
		}
	}
	gone := func(s *struck) {
		for i, got := range installed(s) {
			if got != "" {
				s.Errorf("k%d: %s is still there: %q", i+1, hook, got)
			}
		}
	}
	killed := func(s *struck) { s.must("k1", "until pkill -9 -x dpkg; do sleep 0.01; done") }
	alias := func(s *struck) {
		said := s.must("k2", "systemctl start kea-dhcp4.service 2>&1 || true; systemctl start isc-kea-dhcp4-server.service 2>&1 || true; ! pidof kea-dhcp4")
		if !strings.Contains(said, "masked") {
			s.Errorf("the fence says %q", said)
		}
	}
	spec := spec()
	spec.Origin = lab.ISC
	faultsOn(t, spec, []fault{
		{name: "nothing goes wrong", often: true, codes: []int{0}, last: added},
		{name: "a unit is started by its short name", at: begins("install-k1"), strike: alias, codes: []int{0}, last: added},
		{name: "the package run is killed", at: begins("install-k1"), strike: killed, codes: []int{0, 7}, on: []way{resume(0, 7)}, again: []string{"k1"}},
		{name: "back from the confirmation", at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5},
			mend: wantsTheWord, on: []way{typedRollback()}, last: func(s *struck) { kept(s); gone(s) }, blind: true},
		{name: "back from a migration that was killed", often: true, at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			on: []way{rollback()}, last: gone, blind: true},
	})
}
