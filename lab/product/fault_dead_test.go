//go:build lab

package product_test

import (
	"os"
	"testing"
	"time"
)

// TestFaultDead: a server loses its power and does not come back. Nothing goes on before it is declared dead, by its name; then the
// others reach the target, or the old state. Switched on again its Kea stays down, until it is brought up as the ending says.
func TestFaultDead(t *testing.T) {
	dies := func(server string) func(*struck) {
		return func(s *struck) { s.no(s.fleet.PowerCut(s.Context(), server)) }
	}
	buried := func(server, must string, code int) way {
		return way{
			args: []string{"resume", "--yes", "--declare-dead", server}, codes: []int{code}, typed: [][2]string{{"type " + server + " to go on", server}},
			says: []string{server + " was declared dead", "DO NOT let its Kea run", "its fence stands", must},
		}
	}
	halted, past := way{args: []string{"resume", "--yes"}, codes: []int{4}, says: []string{"kea-lockstep resume"}}, way{args: []string{"resume", "--yes"}, codes: []int{5}}
	faults(t, []fault{
		{name: "k3 in the package upgrade of the rest", often: true, at: begins("install-k3"), strike: unpacking("k3", dies("k3")), codes: []int{5}, says: []string{"k3"},
			on: []way{past, buried("k3", "Kea 3.0.3 and its configuration", 0)}, last: returns("k3", toTarget), again: []string{"k3"}},
		{name: "k3 in the package upgrade of the canary", at: begins("install-k1"), strike: dies("k3"), codes: []int{4}, says: []string{"k3"},
			on: []way{halted, buried("k3", "Kea 2.6.3 and its old configuration", 7)}, last: returns("k3", asItIs)},
		{name: "k3 in the dump", at: begins("dump-k2-db1"), strike: dies("k3"), codes: []int{4}, says: []string{"k3"},
			on: []way{halted, buried("k3", "Kea 2.6.3 and its old configuration", 7)}, last: returns("k3", asItIs)},
		{name: "k1, the canary, in the migration", at: begins("migrate-k1-db1"), strike: migrating(dies("k1")), codes: []int{5}, says: []string{"k1"},
			on: []way{past, buried("k1", "Kea 3.0.3 and its configuration", 0)}, last: returns("k1", toTarget), again: []string{"k1"}},
	})
}

// asItIs, toTarget and toOld bring a dead server's software and configuration to where the others are.
func asItIs(*struck, string) {}

func toTarget(s *struck, server string) {
	text, err := os.ReadFile(s.fleet.TargetConfig(server))
	s.no(err)
	s.must(server, installsByHand("3.0.3")+"cat >/etc/kea/kea-dhcp4.conf <<'END-OF-CONFIG'\n"+string(text)+"\nEND-OF-CONFIG\n")
}

func toOld(s *struck, server string) {
	s.must(server, installsByHand("2.6.3")+"cat \"$(ls -d /var/lib/kea-lockstep/runs/*/kept | tail -n 1)\"/etc/kea/kea-dhcp4.conf >/etc/kea/kea-dhcp4.conf\n")
}

// installsByHand installs the packages of a version that were fetched.
func installsByHand(version string) string {
	return "export DEBIAN_FRONTEND=noninteractive\ndpkg --force-confold --configure --pending || true\n" +
		"dpkg --force-confold --install $(dirname $(ls /var/lib/kea-lockstep/packages/*/kea-common_" + version + "*.deb))/*.deb\n"
}

// returns switches a dead server on again and does by hand what the ending and the README on it say.
func returns(server string, bring func(s *struck, server string)) func(*struck) {
	return func(s *struck) {
		s.on(server, stopped)
		bring(s, server)
		readme := s.must(server, "cat /var/lib/kea-lockstep/README")
		s.Log(readme)
		s.must(server, `cd /var/lib/kea-lockstep
			lift=$(sed -n 's/^  lift the fence: *//p' README); unmask=$(sed -n 's/^ *\(systemctl unmask .*\)/\1/p' README)
			start=$(sed -n 's/^  start what ran: *//p' README); last=$(sed -n 's/^  and, last of all: *//p' README)
			for line in "$lift" "$unmask" "$start" "$last"; do eval "$line"; done; rm -f README`)
		s.no(s.fleet.AwaitKea(s.Context(), server, 30*time.Second))
	}
}
