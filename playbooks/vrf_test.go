package playbooks

import (
	"strings"
	"testing"
)

// inVRF is a host whose drop-in lets Kea run in a VRF, as iproute2 does it.
func inVRF(t *testing.T) host {
	t.Helper()
	h := newHost(t)
	h.write("usr/lib/systemd/system/kea-dhcp4-server.service", "[Service]\nUser=_kea\nExecStart=/usr/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf\n")
	h.write("etc/systemd/system/kea-dhcp4-server.service.d/vrf.conf", "[Service]\nUser=root\nExecStart=\nExecStart=/usr/bin/ip vrf exec blue /usr/sbin/kea-dhcp4 -c /etc/kea/blue.conf\n")
	h.program("systemctl", "exit 0")
	h.program("systemd-run", `echo "$*"`)
	h.program("ip", `case $* in *get*) echo "192.0.2.9 via 10.9.0.1 dev eth1 table 10 src 10.9.0.11 uid 0 asked with $*" ;; esac`)
	return h
}

func (h host) inVRF(action string, params ...string) string {
	h.t.Helper()
	p, err := Load("debian")
	if err != nil {
		h.t.Fatal(err)
	}
	text := script(h.t, p, action, "")
	for _, dir := range []string{"/etc/systemd/", "/usr/lib/systemd/", "/proc"} {
		text = strings.ReplaceAll(text, dir, h.dir+dir)
	}
	status, said := h.shell(text, append(params, "daemons=kea-dhcp4", "unit=kea-dhcp4-server.service", "program=/usr/sbin/kea-dhcp4", "config=/none", "flag=-T", "name=n",
		"units=kea-dhcp4-server.service kea-dhcp4 /usr/sbin/kea-dhcp4 /etc/kea/kea-dhcp4.conf\n")...)
	if status != 0 {
		h.t.Fatalf("%s: %d %s", action, status, said)
	}
	return said
}

// TestAUnitInAVRF: ip vrf exec becomes Kea, in a control group below the unit's. The unit is found, the process is the unit's, its
// connections have their ports behind the VRF's name, and the new Kea tests its configuration where the daemon ran.
func TestAUnitInAVRF(t *testing.T) {
	h := inVRF(t)
	if said := h.inVRF("found"); !strings.Contains(said, "\nkea-dhcp4-server.service\tkea-dhcp4\t") {
		t.Error(said)
	}
	h.write("proc/sys/kernel/random/boot_id", "b\n")
	h.write("proc/812/comm", "kea-dhcp4\n")
	h.write("proc/812/cmdline", "/usr/sbin/kea-dhcp4\x00-c\x00/etc/kea/blue.conf\x00")
	h.write("proc/812/stat", "812 (kea-dhcp4) S 1"+strings.Repeat(" 0", 17)+" 77 0\n")
	h.write("proc/812/cgroup", "0::/system.slice/kea-dhcp4-server.service/vrf/blue\n")
	said := h.inVRF("pulse", "state="+h.path("state"))
	for _, want := range []string{"\tyes\tno\tno\tunlinked\tno\t/etc/kea/blue.conf\troot\t\n", "\n812\tkea-dhcp4\tkea-dhcp4-server.service\t77\t"} {
		if !strings.Contains(said, want) {
			t.Errorf("want %q in\n%s", want, said)
		}
	}
	h.program("stat", "printf '1 /proc/self/ns/net\\n'")
	h.program("ss", `case $1 in *x*) printf 'tcp ' ;; esac
echo 'ESTAB 0 0 10.9.0.11%blue:51324 10.9.0.5:3306 users:(("kea-dhcp4",pid=812,fd=12))'`)
	if said := h.inVRF("sockets", "ports=51324", "backends="); !strings.Contains(said, "\n51324\t812\tkea-dhcp4\tkea-dhcp4-server.service\n") {
		t.Error(said)
	}
	if said := h.inVRF("test"); !strings.Contains(said, "--property=User=root ip vrf exec blue /usr/sbin/kea-dhcp4 -T /etc/kea/blue.conf") {
		t.Error(said)
	}
	if said := h.inVRF("try", "root=/root", "prefix=/usr", "hooks=", "copies="); !strings.Contains(said, " ip vrf exec blue sh -c echo @tested ") {
		t.Error(said)
	}
	h.program("journalctl", "exit 0")
	said = h.inVRF("service", "relay=192.0.2.9")
	if !strings.Contains(said, "\n812\t10.9.0.11\t\tyes\n") || !strings.Contains(said, "\n812\t10.9.0.5:3306\n") {
		t.Errorf("the address that it answers from, its network and its peer: %s", said)
	}
}

// TestAVRFIsTheLastOneSaid, with an instance's name in it.
func TestAVRFIsTheLastOneSaid(t *testing.T) {
	h := inVRF(t)
	h.write("etc/systemd/system/kea@.service", "[Service]\nExecStart=/sbin/ip vrf exec %i /usr/sbin/kea-dhcp4 -c /etc/kea/%i.conf\n")
	h.write("etc/systemd/system/again.service", "[Service]\nExecStart=/sbin/ip vrf exec blue /usr/sbin/kea-dhcp4\nExecStart=\nExecStart=/usr/sbin/kea-dhcp4\n")
	text, err := files.ReadFile("systemd/units.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, said := h.shell(strings.NewReplacer(" /etc/systemd/", " "+h.dir+"/etc/systemd/", " /usr/lib/systemd/", " "+h.dir+"/usr/lib/systemd/").Replace(string(text)) +
		`for unit in kea-dhcp4-server kea@lan again; do unit_file $unit.service && unit_says $unit.service /none && echo "$unit $vrf $config"; done`)
	if want := "kea-dhcp4-server blue /etc/kea/blue.conf\nkea@lan lan /etc/kea/lan.conf\nagain  /none\n"; said != want {
		t.Errorf("%q, want %q", said, want)
	}
}
