//go:build lab

package product_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
)

// byHand starts the old Kea of a tree on k2, by its program, past keactrl's configuration.
func byHand(s *struck) {
	s.must("k2", "KEA_LOCKFILE_DIR=/run/kea LD_LIBRARY_PATH=/opt/kea-2.6.3/lib setsid /opt/kea-2.6.3/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf >/dev/null 2>&1 </dev/null & sleep 0.2")
}

// TestKeaByKeactrl upgrades servers where rc.local runs keactrl, of Kea's own sources, and no unit knows of Kea. No start of keactrl's and no boot
// gets past the fence in its configuration, which is afterwards the file that it was.
func TestKeaByKeactrl(t *testing.T) {
	spec := lab.Spec{Servers: 2, Engine: lab.Engine(*engineName), Origin: lab.Keactrl}
	at := func(version string) func(*struck) {
		return func(s *struck) {
			for _, server := range s.fleet.Servers {
				got := s.must(server.Name, "readlink /opt/kea; tail -n 1 /etc/kea/keactrl.conf; ls /etc/kea /var/lib/kea-lockstep/installing 2>/dev/null | grep lockstep || true")
				if want := "kea-" + version + "\nexport KEA_HOOKS_PATH=/opt/kea/lib/kea/hooks KEA_LOCKFILE_DIR=/run/kea\n"; got != want {
					s.Errorf("%s has %q", server.Name, got)
				}
			}
		}
	}
	started := func(s *struck) {
		said := s.must("k2", `for words in start "start -s dhcp4" "start -s all" reload; do /opt/kea/sbin/keactrl $words; done
			systemctl restart rc-local; /opt/kea/sbin/keactrl status || true; ! pidof kea-dhcp4`)
		if !strings.Contains(said, "DHCPv4 server: inactive") {
			s.Errorf("keactrl says %q", said)
		}
	}
	// What we started is keactrl's as before, and a boot starts it.
	kept := func(s *struck) {
		at("3.0.3")(s)
		// A start whose fate is not known is done again.
		s.must("k1", "systemd-run --quiet --collect --service-type=forking /opt/kea/sbin/keactrl start -c /etc/kea/keactrl.conf -s dhcp4; pidof kea-dhcp4 | grep -vq ' '")
		s.must("k1", "/opt/kea/sbin/keactrl stop; until ! pidof kea-dhcp4; do sleep 0.1; done; /opt/kea/sbin/keactrl start >/dev/null 2>&1 </dev/null")
		s.no(s.fleet.AwaitKea(s.Context(), "k1", time.Minute))
		s.no(s.fleet.Reboot(s.Context(), "k2"))
		s.finds("k2", running)
	}
	faultsOn(t, spec, []fault{
		{name: "nothing goes wrong", often: true, codes: []int{0}, last: at("3.0.3")},
		{name: "keactrl starts what is fenced", often: true, at: begins("install-k1"), strike: started, codes: []int{0}, last: kept, blind: true},
		{name: "the driver is killed in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(killsDriver), codes: []int{-1}, on: []way{resume()}, last: at("3.0.3")},
		{name: "k2 rebooted in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(rebooted("k2", stopped)), codes: []int{0, 5},
			on: []way{resume()}, last: at("3.0.3")},
		{name: "an old Kea is started by its program", often: true, at: begins("install-k1"), strike: byHand, codes: []int{4, 7}, says: []string{"k2", "kea-dhcp4"},
			mend: func(s *struck) { s.must("k2", "pkill -f ^/opt/kea-2.6.3/sbin || true") }, on: []way{resume(0, 7)}},
		{name: "back from the confirmation", often: true, at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5},
			mend: wantsTheWord, on: []way{typedRollback()}, last: at("2.6.3"), blind: true},
	})
}
