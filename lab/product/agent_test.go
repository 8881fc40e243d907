//go:build lab

package product_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
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
printf secret >/etc/kea/kea-api-password
chown root:_kea /etc/kea/kea-api-password
chmod 640 /etc/kea/kea-api-password
sed -i 's|"http-port": 8000|"http-port": 8123|' /etc/kea/kea-ctrl-agent.conf
systemctl enable kea-ctrl-agent
systemctl restart kea-ctrl-agent
until ss -tlnH | grep -q 127.0.0.1:8123; do sleep 0.1; done`

// agent prints how the control agent stands: whether it is installed, starts at boot, runs, and listens where its administrator said.
// Once it is removed "enabled" means the links of its init script, which the package leaves with the configuration, and takes its x bit.
const agent = `dpkg-query -W -f '${db:Status-Status}\n' kea-ctrl-agent
systemctl is-enabled kea-ctrl-agent 2>/dev/null || true
systemctl is-active kea-ctrl-agent || true
ss -tlnH | grep -c 127.0.0.1:8123 || true
find /etc/systemd/system -name '*lockstep*' -o -lname /dev/null -name 'kea*'`

// TestControlAgentGone upgrades a server whose control agent is in no package of the target, once its administrator has said so, and takes
// it back: then the agent is there again, as it was.
func TestControlAgentGone(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2})
	for _, c := range []struct {
		name, version, agent string
		drive                func(t *testing.T, p product.Tool)
	}{
		{"upgraded", "3.0.3", "config-files enabled inactive 0", func(t *testing.T, p product.Tool) { run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes") }},
		{"taken back", "2.6.3", "installed enabled active 1", func(t *testing.T, p product.Tool) {
			s := &struck{T: t, fleet: f, tool: p}
			(fault{at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5}}).first(s)
			s.runs(typedRollback())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := f.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			labtest.Must(t, f, "k1", withAgent)
			if err := f.AwaitKea(t.Context(), "k1", 30*time.Second); err != nil {
				t.Fatal(err)
			}
			p := tool(t, f)
			refused := run(t, p, 3, "upgrade", "--to", "3.0.3", "--yes")
			for _, want := range []string{"no kea-ctrl-agent of Kea 3.0.3 can be had", "kea-ctrl-agent.service is active and enabled", "unix /run/kea/kea4-ctrl-socket of kea-dhcp4", "without: [kea-ctrl-agent]"} {
				if !refused.Says(want) {
					t.Errorf("%q is not said in %s", want, refused)
				}
			}
			file := f.FleetFile()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p.Fleet = filepath.Join(filepath.Dir(file), "without.yaml")
			if err := os.WriteFile(p.Fleet, append(text, "without: [kea-ctrl-agent]\n"...), 0o600); err != nil {
				t.Fatal(err)
			}
			report := observed(t, f, func(*witness.Witness) { c.drive(t, p) })
			for _, b := range report.BadMoments {
				t.Errorf("bad moment: %s", b)
			}
			atRest(t, f, c.version, witness.Expects(f.Engine, c.version))
			if got := strings.Join(strings.Fields(labtest.Must(t, f, "k1", agent)), " "); got != c.agent {
				t.Errorf("the agent is %q, not %q", got, c.agent)
			}
		})
	}
}
