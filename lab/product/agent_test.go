//go:build lab

package product_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
)

// withAgent gives a server the control agent of today, configured by its administrator, enabled and running, and a repository of the
// target that has none. The host has no python3, and the agent's package wants one.
const withAgent = `set -e
cp -a /srv/lab-apt /srv/apt
cd /srv/apt/*-backports
rm Release Packages.gz kea-ctrl-agent_*
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^Package: kea-ctrl-agent\n/' Packages >/tmp/Packages
mv /tmp/Packages Packages
sed -i 's|/srv/lab-apt|/srv/apt|' /etc/apt/sources.list
apt-get -q update
mkdir -p /tmp/python3/DEBIAN /etc/kea
printf 'Package: python3\nVersion: 3.13.5-1\nArchitecture: all\nMulti-Arch: allowed\nMaintainer: the lab\nDescription: nothing\n' >/tmp/python3/DEBIAN/control
dpkg-deb --build /tmp/python3 /tmp/python3.deb
dpkg -i /tmp/python3.deb
cd /
v=$(dpkg-query -W -f '${Version}' kea-common)
DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends kea-ctrl-agent=$v
` + configured

// configured has its administrator's password and port.
const configured = `printf secret >/etc/kea/kea-api-password
chown root:_kea /etc/kea/kea-api-password
chmod 640 /etc/kea/kea-api-password
sed -i 's|"http-port": 8000|"http-port": 8123|' /etc/kea/kea-ctrl-agent.conf
systemctl enable kea-ctrl-agent
systemctl restart kea-ctrl-agent
until ss -tlnH | grep -q 127.0.0.1:8123; do sleep 0.1; done`

// agent prints how the control agent stands: whether it is installed, starts at boot, runs, and listens where its administrator said, and whether its configuration says that.
// Once it is removed "enabled" means the links of its init script, which the package leaves with the configuration, and takes its x bit.
const agent = `dpkg-query -W -f '${db:Status-Status}\n' kea-ctrl-agent
` + stands

const stands = `systemctl is-enabled kea-ctrl-agent 2>/dev/null || true
systemctl is-active kea-ctrl-agent || true
ss -tlnH | grep -c 127.0.0.1:8123 || true
grep -c '"http-port": 8123' /etc/kea/kea-ctrl-agent.conf || true
find /etc/systemd/system -name '*lockstep*' -o -lname /dev/null -name 'kea*'`

// byRPM is the same where rpm brings it, and the target's repository has none.
const byRPM = `set -e
mkdir -p /etc/kea
v=$(rpm -q --qf '%{VERSION}-%{RELEASE}' isc-kea-common)
dnf -q -y install isc-kea-ctrl-agent-$v
` + configured

// byRPM's words for how the control agent stands.
const agentByRPM = `rpm -q --qf '%{NAME}\n' isc-kea-ctrl-agent | sed 's/^isc-kea-ctrl-agent$/installed/; s/.*not installed/gone/'
` + stands

// gone is one way for the control agent to go: how it comes to a server, and how it is seen there; what it is called, and how it stands once it went.
type gone struct{ with, seen, pkg, as string }

// TestControlAgentGone upgrades a server whose control agent is in no package of the target, once its administrator has said so, and takes
// it back: then the agent is there again, as it was. Whatever is cut off as its package goes is brought to its end.
func TestControlAgentGone(t *testing.T) {
	g := gone{with: withAgent, seen: agent, pkg: "kea-ctrl-agent", as: "config-files enabled inactive 0 1"}
	// slowly makes the first removal of the agent stop in one of its package's scripts.
	slowly := func(script string) func(*struck) {
		return func(s *struck) {
			g.comes(s)
			s.must("k1", `sed -i '1a if [ "$1" = remove ] && ! [ -e /var/slow ]; then : >/var/slow; sleep 30; fi' /var/lib/dpkg/info/kea-ctrl-agent.`+script)
		}
	}
	removing := func(strike func(*struck)) func(*struck) { return upon("k1", "[ -e /var/slow ]", strike) }
	faultsOn(t, lab.Spec{Servers: 2, Engine: lab.Engine(*engineName)}, append(g.bothWays(),
		fault{name: "the driver is killed as the agent's package goes", given: slowly("prerm"), at: begins("install-k1"), strike: removing(killsDriver), codes: []int{-1},
			on: []way{resume()}, last: g.stands(g.as)},
		fault{name: "k1 loses power as the agent's package goes", given: slowly("prerm"), at: begins("install-k1"), strike: removing(off("k1", 3*time.Second, stopped)),
			codes: []int{0}, again: []string{"k1"}, last: g.stands(g.as)},
		fault{name: "k1 loses power once the agent's files are gone", given: slowly("postrm"), at: begins("install-k1"), strike: removing(off("k1", 3*time.Second, stopped)),
			codes: []int{0}, again: []string{"k1"}, last: g.stands(g.as)},
	))
}

// TestControlAgentGoneByRPM is the same under ISC's names, by rpm.
func TestControlAgentGoneByRPM(t *testing.T) {
	g := gone{with: byRPM, seen: agentByRPM, pkg: "isc-kea-ctrl-agent", as: "gone not-found inactive 0 1"}
	faultsOn(t, lab.Spec{Servers: 2, Origin: lab.RPM}, g.bothWays())
}

// bothWays are an upgrade and the way back.
func (g gone) bothWays() []fault {
	return []fault{
		{name: "nothing goes wrong", often: true, given: g.comes, codes: []int{0}, last: g.stands(g.as)},
		{name: "back from the confirmation", often: true, given: g.comes, at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5},
			on: []way{typedRollback()}, last: g.stands("installed enabled active 1 1"), blind: true},
	}
}

// stands wants the agent to stand so.
func (g gone) stands(want string) func(*struck) {
	return func(s *struck) {
		if got := strings.Join(strings.Fields(s.must("k1", g.seen)), " "); got != want {
			s.Errorf("the agent is %q, not %q", got, want)
		}
	}
}

// comes gives k1 an agent, wants it to hold up the upgrade, and says in a fleet file beside the fleet's that it may go.
func (g gone) comes(s *struck) {
	s.Helper()
	s.must("k1", g.with)
	if err := s.fleet.AwaitKea(s.Context(), "k1", 30*time.Second); err != nil {
		s.Fatal(err)
	}
	s.runs(way{args: []string{"upgrade", "--to", s.fleet.Target, "--yes"}, codes: []int{3}, says: []string{"no " + g.pkg + " of Kea 3.0.3 can be had",
		"kea-ctrl-agent.service is active and enabled", "unix /run/kea/kea4-ctrl-socket of kea-dhcp4", "without: [kea-ctrl-agent]"}})
	text, err := os.ReadFile(s.fleet.FleetFile())
	s.no(err)
	s.tool.Fleet = filepath.Join(s.fleet.Dir, "without.yaml")
	s.no(os.WriteFile(s.tool.Fleet, append(text, "without: [kea-ctrl-agent]\n"...), 0o600))
}
