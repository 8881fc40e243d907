//go:build lab

package product_test

import (
	"os"
	"strings"
	"testing"

	"kea-lockstep/lab"
)

// asBefore is what else an upgrade must leave as it was on hosts with OpenRC and apk.
const asBefore = "cat /etc/apk/world | grep -v hook; ls /etc/runlevels/*; ls -d /etc/rc.conf.d 2>/dev/null; true"

// TestAlpine upgrades hosts that are set up as Alpine is: OpenRC, busybox's programs, and packages by apk, one of which starts Kea's services
// by its script.
func TestAlpine(t *testing.T) {
	o := origin{of: lab.Alpine, manager: "apk", hook: "kea-hook-", version: "apk list -I $hook | sed \"s/^$hook-//; s/ .*//\"", newer: "3.0.3-r",
		starts: "rc-service kea-dhcp4 start; /etc/init.d/kea-dhcp4 restart; rc-service --nodeps kea-dhcp4 start; openrc default", fenced: "kea-dhcp4 is fenced by kea-lockstep"}
	var before string
	remember := func(s *struck) {
		s.must("k1", "ln -s /etc/init.d/kea-dhcp4 /etc/init.d/kea-dhcp4.spare && rc-update add kea-dhcp4.spare nonetwork")
		s.runs(way{args: []string{"rehearse", "--to", s.fleet.Target, "--yes"}, codes: []int{0}})
		s.must("k1", "! ls -d /var/lib/kea-lockstep/runs/rehearsal-* 2>/dev/null; grep -qsa KL_UNIT= /proc/[0-9]*/environ && exit 1; true")
		before = s.must("k1", asBefore)
	}
	same := func(s *struck) {
		if after := s.must("k1", asBefore); after != before {
			s.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
	}
	byPackage := func(s *struck) {
		same(s)
		for _, server := range s.fleet.Servers {
			if said := s.must(server.Name, "cat /run/lab-post-upgrade"); !strings.Contains(said, o.fenced) {
				s.Errorf("%s: the package's script was told %q", server.Name, said)
			}
		}
	}
	cut := func(s *struck) { s.no(s.fleet.PowerCut(s.Context(), "k2")) }
	booted := func(s *struck) {
		s.no(s.fleet.Boot(s.Context(), "k2"))
		s.must("k2", "until [ \"$(rc-status --runlevel)\" = default ]; do sleep 0.1; done; ! pidof kea-dhcp4; ! test -e /run/openrc/started/kea-dhcp4; test -L /etc/runlevels/default/kea-dhcp4")
	}
	otherOrigin(t, o, []fault{
		{name: "a service that runs in no runlevel of the boot, and a package that starts Kea", often: true, given: remember, codes: []int{0}, last: byPackage},
		{name: "a server loses its power while it is fenced", often: true, at: begins("migrate-k1-db1"), strike: cut, codes: []int{5}, mend: booted,
			on: []way{resume()}, blind: true},
		{name: "the driver is killed", often: true, at: begins("install-k1"), strike: signals(os.Kill), codes: []int{-1}, on: []way{resume()}},
		{name: "k1's disk is full in its package upgrade", at: begins("install-k1"), strike: noRoom("k1"), codes: []int{4, 7}, says: []string{"k1"}, mend: frees("k1"),
			on: []way{resume(0, 7)}, again: []string{"k1"}},
		{name: "k3's disk is full in its package upgrade", at: begins("install-k3"), strike: noRoom("k3"), codes: []int{5},
			says: []string{"k3", "k2  Kea 3.0.3, serves"}, mend: frees("k3"), on: []way{resume()}, again: []string{"k3"}},
	})
}
