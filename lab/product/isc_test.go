//go:build lab

package product_test

import (
	"os"
	"strings"
	"testing"

	"kea-lockstep/lab"
)

// origin is whose packages servers have, and what differs with them.
type origin struct {
	of      lab.Origin
	manager string // the program that changes packages
	hook    string // what the name begins with of the package for a kind of database
	version string // what prints that package's version, with its name in hook; nothing where it is not there
	newer   string // what that begins with, of the target
	starts  string // something that starts Kea's unit
	fenced  string // what it says where a unit cannot be started
}

// TestISCPackages upgrades servers whose packages and units are called as ISC's own for Debian, and one of which comes to be needed on the
// way: the hook library for the database. On the way back it is gone again.
func TestISCPackages(t *testing.T) {
	otherOrigin(t, origin{of: lab.ISC, manager: "dpkg", hook: "isc-kea-", version: "dpkg-query -W -f '${Version} ${db:Status-Status}\n' $hook | sed -n 's/ installed$//p'", newer: "3.0.3-isc",
		starts: "systemctl start kea-dhcp4.service isc-kea-dhcp4-server.service", fenced: "masked"}, nil)
}

// TestISCPackagesByRPM does the same with those for Red Hat's systems.
func TestISCPackagesByRPM(t *testing.T) {
	otherOrigin(t, origin{of: lab.RPM, manager: "rpm", hook: "isc-kea-", version: "rpm -q --qf '%{VERSION}-%{RELEASE}\n' $hook | grep -v 'not installed'", newer: "3.0.3-isc",
		starts: "systemctl try-restart kea-dhcp4.service; systemctl start kea-dhcp4.service", fenced: "masked"}, nil)
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

// otherOrigin goes all the way and back with other packages, and has faults of their own besides.
func otherOrigin(t *testing.T, o origin, more []fault) {
	spec := spec()
	spec.Origin, spec.Disk = o.of, ownDisk
	hook := o.hook + spec.Engine.KeaAdmin()
	installed := func(s *struck) []string {
		var all []string
		for _, server := range s.fleet.Servers {
			all = append(all, strings.TrimSpace(s.must(server.Name, "hook="+hook+"; "+o.version+" 2>/dev/null || true")))
		}
		return all
	}
	added := func(s *struck) {
		for i, got := range installed(s) {
			if !strings.HasPrefix(got, o.newer) {
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
	killed := func(s *struck) { s.must("k1", "until pkill -9 -x "+o.manager+"; do sleep 0.01; done") }
	started := func(s *struck) {
		said := s.must("k2", "{ "+o.starts+"; } 2>&1 || true; ! pidof kea-dhcp4")
		if !strings.Contains(said, o.fenced) {
			s.Errorf("the fence says %q", said)
		}
	}
	faultsOn(t, spec, append([]fault{
		{name: "nothing goes wrong", often: true, codes: []int{0}, last: added},
		{name: "a unit is started by another name, or by a package", at: begins("install-k1"), strike: started, codes: []int{0}, last: added},
		{name: "the package run is killed", at: begins("install-k1"), strike: killed, codes: []int{0, 7}, on: []way{resume(0, 7)}, again: []string{"k1"}},
		{name: "back from the confirmation", at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5},
			mend: wantsTheWord, on: []way{typedRollback()}, last: func(s *struck) { kept(s); gone(s) }, blind: true},
		{name: "back from a migration that was killed", at: begins("migrate-k1-db1"), strike: migrating(killMigration), codes: []int{5},
			on: []way{rollback()}, last: gone, blind: true},
	}, more...))
}
