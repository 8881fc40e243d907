//go:build lab

package product_test

import (
	"os"
	"strings"
	"testing"

	"kea-lockstep/lab"
)

// TestISCPackages upgrades servers whose packages and units are called as ISC's own for Debian, and one of which comes to be needed on the
// way: the hook library for the database. On the way back it is gone again.
func TestISCPackages(t *testing.T) {
	otherOrigin(t, lab.ISC, "dpkg", "dpkg-query -W -f '${Version} ${db:Status-Status}\n'", "systemctl start kea-dhcp4.service 2>&1 || true")
}

// TestISCPackagesByRPM does the same with those for Red Hat's systems.
func TestISCPackagesByRPM(t *testing.T) {
	otherOrigin(t, lab.RPM, "rpm", "rpm -q --qf '%{VERSION}-%{RELEASE} installed\n'", "systemctl try-restart kea-dhcp4.service 2>&1 || true")
}

// TestFleetOfTwoPlatforms upgrades two servers with Debian's packages and one with those under ISC's names, on one database, and takes them
// back: one release of Kea is a version of other packages on each.
func TestFleetOfTwoPlatforms(t *testing.T) {
	spec := spec()
	spec.Last = lab.ISC
	has := func(packages ...string) func(*struck) {
		return func(s *struck) {
			for i, server := range s.fleet.Servers {
				got := strings.Fields(s.must(server.Name, "dpkg-query -W -f '${Package}=${Version}\n' | grep -E '^(isc-)?kea-(dhcp4|mysql)' || true"))
				for _, one := range got {
					if name, version, _ := strings.Cut(one, "="); !strings.HasPrefix(version, packages[0]) || (i == 2) != strings.HasPrefix(name, "isc-") {
						s.Errorf("%s has %s", server.Name, one)
					}
				}
				if want := len(packages[1:]); i == 2 && len(got) != want {
					s.Errorf("%s has %q, not %q", server.Name, got, packages[1:])
				}
			}
		}
	}
	on, back := has("3.0.3-", "isc-kea-dhcp4", "isc-kea-mysql"), has("2.6.3-", "isc-kea-dhcp4")
	faultsOn(t, spec, []fault{
		{name: "nothing goes wrong", often: true, codes: []int{0}, last: on},
		{name: "back from the confirmation", at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5},
			mend: wantsTheWord, on: []way{typedRollback()}, last: func(s *struck) { kept(s); back(s) }, blind: true},
		{name: "back from a migration that was killed", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			on: []way{rollback()}, last: back, blind: true},
	})
}

// otherOrigin goes all the way and back with packages that have a manager, a question for what is installed, and something that starts Kea's unit.
func otherOrigin(t *testing.T, origin lab.Origin, manager, question, starts string) {
	spec := spec()
	spec.Origin = origin
	hook := "isc-kea-" + spec.Engine.KeaAdmin()
	installed := func(s *struck) []string {
		var all []string
		for _, server := range s.fleet.Servers {
			got := strings.TrimSpace(s.must(server.Name, question+" "+hook+" 2>/dev/null || true"))
			if strings.HasSuffix(got, "is not installed") {
				got = ""
			}
			all = append(all, got)
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
	killed := func(s *struck) { s.must("k1", "until pkill -9 -x "+manager+"; do sleep 0.01; done") }
	started := func(s *struck) {
		said := s.must("k2", starts+"; systemctl start "+s.fleet.Unit(lab.DHCPv4)+" 2>&1 || true; ! pidof kea-dhcp4")
		if !strings.Contains(said, "masked") {
			s.Errorf("the fence says %q", said)
		}
	}
	faultsOn(t, spec, []fault{
		{name: "nothing goes wrong", often: true, codes: []int{0}, last: added},
		{name: "a unit is started by another name, or by a package", at: begins("install-k1"), strike: started, codes: []int{0}, last: added},
		{name: "the package run is killed", at: begins("install-k1"), strike: killed, codes: []int{0, 7}, on: []way{resume(0, 7)}, again: []string{"k1"}},
		{name: "back from the confirmation", at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5},
			mend: wantsTheWord, on: []way{typedRollback()}, last: func(s *struck) { kept(s); gone(s) }, blind: true},
		{name: "back from a migration that was killed", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			on: []way{rollback()}, last: gone, blind: true},
	})
}
