//go:build lab

package product_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
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

// awkward makes servers that are not as their packages are: Kea as instances of a template, one of them enabled and not running;
// a drop-in that names another configuration, in a directory of its own, beside a DNS updater that runs and is not
// enabled; a configuration that includes another, beside a DHCPv6 daemon that is enabled and does not run; Kea in a network namespace,
// with an address and a name of its device that are nowhere else, by systemd and by ip.
var awkward = map[string]string{
	"k1": `systemctl disable --now kea-dhcp4-server
		sed 's|-c /etc/kea/kea-dhcp4.conf|-c /etc/kea/%i.conf|' /usr/lib/systemd/system/kea-dhcp4-server.service >/etc/systemd/system/kea-dhcp4@.service
		cp -a /etc/kea/kea-dhcp4.conf /etc/kea/lan.conf
		cp -a /etc/kea/kea-dhcp4.conf /etc/kea/spare.conf
		systemctl daemon-reload
		systemctl enable kea-dhcp4@spare
		systemctl enable --now kea-dhcp4@lan`,
	"k2": `v=$(dpkg-query -W -f '${Version}' kea-common)
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends kea-dhcp-ddns-server=$v >/dev/null
		systemctl disable kea-dhcp-ddns-server
		systemctl start kea-dhcp-ddns-server
		mkdir -p /etc/kea/site /etc/systemd/system/kea-dhcp4-server.service.d
		cp -a /etc/kea/kea-dhcp4.conf /etc/kea/site/lan.conf
		printf '[Service]\nExecStart=\nExecStart=/usr/sbin/kea-dhcp4 -c /etc/kea/site/lan.conf\n' >/etc/systemd/system/kea-dhcp4-server.service.d/site.conf
		chown -R _kea:_kea /etc/kea/site
		systemctl daemon-reload
		systemctl restart kea-dhcp4-server`,
	"k3": `v=$(dpkg-query -W -f '${Version}' kea-common)
		DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends kea-dhcp6-server=$v >/dev/null
		systemctl stop kea-dhcp6-server
		awk '/"loggers"/ { print "    <?include \"/etc/kea/loggers.json\"?>"; aside = 1 } !aside { print } aside { print >"/etc/kea/loggers.json" } aside && /^    \]/ { aside = 0 }' \
			/etc/kea/kea-dhcp4.conf >/etc/kea/parted.conf
		cat /etc/kea/parted.conf >/etc/kea/kea-dhcp4.conf
		chown _kea:_kea /etc/kea/loggers.json
		systemctl restart kea-dhcp4-server`,
	"k4": moved + `printf '[Service]\nNetworkNamespacePath=/run/netns/dhcp\n' >/etc/systemd/system/kea-dhcp4-server.service.d/site.conf
		systemctl daemon-reload
		systemctl restart kea-dhcp4-server`,
	"k5": moved + `printf '[Service]\nUser=root\nExecStart=\nExecStart=/sbin/ip netns exec dhcp /usr/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf\n' \
			>/etc/systemd/system/kea-dhcp4-server.service.d/site.conf
		systemctl daemon-reload
		systemctl restart kea-dhcp4-server`,
}

// moved makes a network namespace with an address (variable inner) that the fleet's network reaches through the host, and names its
// device in Kea's configuration: no other network of the host has one that is called so.
const moved = `own=$(ip -o -4 addr show eth0 | awk '{ sub(/\/.*/, "", $4); print $4 }')
		ip netns add dhcp
		ip link add outer type veth peer name dhcp0 netns dhcp
		ip link set outer up
		ip -n dhcp link set lo up
		ip -n dhcp addr add $inner/32 dev dhcp0
		ip -n dhcp link set dhcp0 up
		ip -n dhcp route add $own dev dhcp0
		ip -n dhcp route add default via $own src $inner
		ip route add $inner dev outer
		mkdir /run/settings
		mount -t proc proc /run/settings
		echo 1 >/run/settings/sys/net/ipv4/ip_forward
		echo 1 >/run/settings/sys/net/ipv4/conf/eth0/proxy_arp
		umount /run/settings
		sed -i 's/"eth0"/"dhcp0"/' /etc/kea/kea-dhcp4.conf
		mkdir -p /etc/systemd/system/kea-dhcp4-server.service.d
		`

// nameDevice gives the configuration for the target the name of the device in the namespace.
func nameDevice(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, bytes.ReplaceAll(text, []byte(`"eth0"`), []byte(`"dhcp0"`)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// showsAll wants of each Kea in a namespace all that a healthy one shows: its sessions in the database, and an OFFER to the probe.
func showsAll(t *testing.T, p product.Tool, f *lab.Fleet) {
	t.Helper()
	var plan struct {
		Groups []struct {
			Servers []struct {
				Name  string
				Drops []string
			}
		}
	}
	if err := json.Unmarshal([]byte(run(t, p, 0, "plan", "--to", "3.0.3", "-o", "json").Stdout), &plan); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, s := range plan.Groups[0].Servers {
		if host, err := f.Host(s.Name); err != nil || !host.Answers.IsValid() {
			continue
		}
		if seen++; len(s.Drops) > 0 {
			t.Errorf("%s does not show %q", s.Name, s.Drops)
		}
	}
	if seen != 2 {
		t.Errorf("%d servers of the plan have Kea in a namespace", seen)
	}
}

// states prints of each unit of Kea, under its real name, whether it starts at boot, whether it runs, and what of a fence stands on it.
const states = `
for unit in kea-dhcp4-server kea-dhcp4@lan kea-dhcp4@spare kea-dhcp-ddns-server kea-dhcp6-server; do
	echo "$unit $(systemctl is-enabled $unit 2>/dev/null) $(systemctl is-active $unit)"
done
find /etc/systemd/system -lname /dev/null -name '*kea-*' ! -name '*lab*'
find /etc/systemd/system -name 'kea-lockstep*'
ls /var/lib/kea-lockstep/claim 2>/dev/null || true`

// TestAwkwardServers upgrades them, and takes an upgrade of them back: every unit ends as it began, each configuration is edited where it is,
// and nothing of Kea runs in between.
func TestAwkwardServers(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: len(awkward)})
	for i, s := range f.Servers {
		if strings.HasPrefix(awkward[s.Name], moved) {
			at := s.Address.As4()
			at[3] += 100
			f.Servers[i].Answers = netip.AddrFrom4(at)
		}
	}
	for _, c := range []struct {
		name, ends string
		drive      func(t *testing.T, p product.Tool)
	}{
		{"upgraded", "3.0.3", func(t *testing.T, p product.Tool) { run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes") }},
		{"taken back", "2.6.3", func(t *testing.T, p product.Tool) {
			s := &struck{T: t, fleet: f, tool: p}
			(fault{at: begins("confirm-k1"), strike: signals(os.Interrupt), codes: []int{5}}).first(s)
			s.runs(typedRollback())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := f.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := map[string]string{}
			for server, script := range awkward {
				host, err := f.Host(server)
				if err != nil {
					t.Fatal(err)
				}
				if host.Answers.IsValid() {
					nameDevice(t, filepath.Join(f.Dir, "configs", server, "kea-dhcp4.conf"))
				}
				labtest.Must(t, f, server, "set -e\ninner="+host.At().String()+"\n"+script)
				if err := f.AwaitKea(t.Context(), server, 30*time.Second); err != nil {
					t.Fatal(err)
				}
				before[server] = labtest.Must(t, f, server, states)
			}
			p := tool(t, f)
			showsAll(t, p, f)
			report := observed(t, f, func(*witness.Witness) { c.drive(t, p) })
			for _, b := range report.BadMoments {
				t.Errorf("bad moment: %s", b)
			}
			for server := range awkward {
				answer, err := f.Kea(t.Context(), server, "version-get")
				if err != nil || answer.Text != c.ends {
					t.Errorf("%s runs Kea %q (%v), not %s", server, answer.Text, err, c.ends)
				}
				if now := labtest.Must(t, f, server, states); now != before[server] {
					t.Errorf("%s: units are\n%s\nand were\n%s", server, now, before[server])
				}
			}
			for server, file := range map[string]string{"k1": "/etc/kea/lan.conf /etc/kea/spare.conf", "k2": "/etc/kea/site/lan.conf", "k3": "/etc/kea/kea-dhcp4.conf", "k4": "/etc/kea/kea-dhcp4.conf", "k5": "/etc/kea/kea-dhcp4.conf"} {
				hooked := strings.Fields(labtest.Must(t, f, server, "grep -l libdhcp_mysql.so "+file+" || true"))
				if all := len(strings.Fields(file)); (c.ends == "3.0.3") != (len(hooked) == all) || c.ends == "2.6.3" && len(hooked) > 0 {
					t.Errorf("%s: %q load the hook", server, hooked)
				}
			}
		})
	}
}
