//go:build lab

package product_test

import (
	"os"
	"strings"
	"testing"
)

// TestUnitsEditedWhole upgrades servers whose administrator has a whole copy of Debian's unit in /etc/systemd/system, as "systemctl edit
// --full" makes one. No mask can stand there: the drop-in alone keeps Kea from the package's scripts, from whoever starts it and from a boot.
func TestUnitsEditedWhole(t *testing.T) {
	edited := func(s *struck) {
		for _, server := range s.fleet.Servers {
			s.must(server.Name, `sed 's/^Description=/&our /' /usr/lib/systemd/system/kea-dhcp4-server.service >/etc/systemd/system/kea-dhcp4-server.service
				systemctl daemon-reload
				systemctl restart kea-dhcp4-server`)
		}
	}
	ours := func(s *struck) {
		for _, server := range s.fleet.Servers {
			if said := strings.TrimSpace(s.must(server.Name, "systemctl show -P Description -P DropInPaths kea-dhcp4-server")); said != "our Kea IPv4 DHCP daemon" {
				s.Errorf("%s: %q", server.Name, said)
			}
		}
	}
	started := func(s *struck) { s.must("k1", "systemctl start kea-dhcp4-server; ! pidof kea-dhcp4") }
	faultsOn(t, spec(), []fault{
		{name: "a unit edited whole is started behind its fence", often: true, given: edited, at: begins("install-k1"), strike: started, codes: []int{0}, last: ours},
		{name: "k1 rebooted behind the fence of a unit edited whole", often: true, given: edited, at: begins("install-k1"),
			strike: unpacking("k1", rebooted("k1", stopped)), codes: []int{0, 4, 7}, on: []way{resume(0, 7)}, again: []string{"k1"}, last: ours},
		{name: "back from the confirmation of a unit edited whole", often: true, given: edited, at: begins("confirm-k1"), strike: signals(os.Interrupt),
			codes: []int{5}, on: []way{typedRollback()}, last: ours, blind: true},
	})
}
