package playbooks

import (
	"os"
	"strings"
	"testing"
)

// TestUnitsAreFound: what runs Kea's programs, as its own unit, by a drop-in of another, or as an instance of a template; an alias, a
// unit that only names a program, and a template without an instance are none.
func TestUnitsAreFound(t *testing.T) {
	h := newHost(t)
	h.program("systemctl", `[ "$1" = list-units ] && printf 'kea-dhcp4@lan.service loaded active running Kea\n'`)
	runs := "[Service]\nExecStart=/usr/sbin/kea-dhcp4 -c /etc/kea/%i.conf\n"
	h.write("etc/systemd/system/kea-dhcp4@.service", runs)
	h.write("etc/systemd/system/kea-dhcp4@lab.service.d/own.conf", "[Unit]\n")
	h.write("etc/systemd/system/multi-user.target.wants/kea-dhcp4@wan.service", runs)
	h.write("usr/lib/systemd/system/kea-dhcp4-server.service", runs)
	h.write("usr/lib/systemd/system/house.service", "[Service]\nExecStart=/sbin/ip vrf exec blue /usr/sbin/kea-dhcp6")
	h.write("usr/lib/systemd/system/watch.service", "[Service]\nExecStart=/usr/bin/watch /usr/sbin/kea-dhcp4-config\n# /usr/sbin/kea-dhcp4\n")
	h.write("usr/lib/systemd/system/other.service", "[Service]\nExecStart=/usr/bin/true\n")
	h.write("etc/systemd/system/other.service.d/kea.conf", runs)
	if err := os.Symlink(h.path("usr/lib/systemd/system/kea-dhcp4-server.service"), h.path("etc/systemd/system/alias.service")); err != nil {
		t.Fatal(err)
	}
	p, err := Load("debian")
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Script("found", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/etc/systemd/", "/run/systemd/", "/usr/local/lib/systemd/", "/usr/lib/systemd/"} {
		text = strings.NewReplacer(" "+dir, " "+h.dir+dir, "\t"+dir, "\t"+h.dir+dir).Replace(text)
	}
	status, said := h.shell(text, "units=kea-dhcp4-server.service kea-dhcp4 /usr/sbin/kea-dhcp4 /etc/kea/4.conf\n"+
		"kea-dhcp6-server.service kea-dhcp6 /usr/sbin/kea-dhcp6 /etc/kea/6.conf\n")
	four, six := "\tkea-dhcp4\t/usr/sbin/kea-dhcp4\t/etc/kea/4.conf\n", "\tkea-dhcp6\t/usr/sbin/kea-dhcp6\t/etc/kea/6.conf\n"
	want := "@found\nhouse.service" + six + "kea-dhcp4-server.service" + four + "kea-dhcp4@lab.service" + four + "kea-dhcp4@lan.service" + four +
		"kea-dhcp4@wan.service" + four + "other.service" + four + "@end\n"
	if status != 0 || said != want {
		t.Errorf("status %d\n%s\nwant\n%s", status, said, want)
	}
}

// TestAnInstanceIsItsTemplate: its file, drop-ins and configuration, with its name in the place of the specifier.
func TestAnInstanceIsItsTemplate(t *testing.T) {
	h := newHost(t)
	h.write("etc/systemd/system/kea-dhcp4@.service", "[Service]\nUser=_kea\nExecStart=/usr/sbin/kea-dhcp4 -c /etc/kea/%i/%i.conf\n")
	h.write("etc/systemd/system/kea-dhcp4@.service.d/a.conf", "[Install]\n")
	h.write("etc/systemd/system/kea-dhcp4@lan.service.d/b.conf", "[Service]\nUser=kea-%i\n")
	text, err := files.ReadFile("systemd/units.sh")
	if err != nil {
		t.Fatal(err)
	}
	script := strings.ReplaceAll(string(text), " /etc/systemd/", " "+h.dir+"/etc/systemd/")
	_, said := h.shell(script + `unit_file kea-dhcp4@lan.service && unit_says kea-dhcp4@lan.service /none && echo "${file##*/} $config $user $install"
unit_file kea-dhcp6@lan.service || echo none
filled kea-dhcp4@lan.service RuntimeDirectory=kea-%i && echo "$filled"`)
	if want := "kea-dhcp4@.service /etc/kea/lan/lan.conf kea-%i yes\nnone\nRuntimeDirectory=kea-lan\n"; said != want {
		t.Errorf("%q, want %q", said, want)
	}
}

// TestPackagesThatLieReady: by name and version, whatever the package manager calls their files.
func TestPackagesThatLieReady(t *testing.T) {
	h := newHost(t)
	h.program("dpkg-query", "exit 0")
	h.program("rpm", `case $1 in -qp) echo isc-kea-admin=3.0.3-isc2026.el9 ;; esac`)
	for _, file := range []string{"a/whole", "a/kea-admin_1%3a3.0.3-1~bpo13+1_amd64.deb", "b/kea-admin_2.6.3-1_amd64.deb", "a/isc-kea-admin-3.0.3-isc2026.el9.x86_64.rpm"} {
		h.write("state/packages/"+file, "")
	}
	for name, want := range map[string]string{"debian": "kea-admin=1:3.0.3-1~bpo13+1", "isc-rpm": "isc-kea-admin=3.0.3-isc2026.el9"} {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := p.Script("software", "")
		if err != nil {
			t.Fatal(err)
		}
		_, said := h.shell(text, "sources=isc-kea", "units=", "scripts=/none", "hooks=/none")
		if !strings.HasSuffix(said, "@fetched\n"+want+"\n@end\n") {
			t.Errorf("%s: want %s:\n%s", name, want, said)
		}
	}
}

// TestAnOwnUnitIsFencedByItsConditionAlone: its file is where a mask would be, and is left alone. The fence holds once systemd has read it
// and where no drop-in takes conditions away; lifted, it is gone, whenever it was cut off.
func TestAnOwnUnitIsFencedByItsConditionAlone(t *testing.T) {
	h := newHost(t)
	h.program("systemctl", `echo "$*" >>`+h.path("calls")+`
case $1 in
daemon-reload) ls `+h.path("etc/systemd/system/own.service.d")+`/*.conf >`+h.path("read")+` 2>/dev/null ;;
show) case $2 in *DropInPaths) cat `+h.path("read")+` ;; *) printf 'Id=own.service\n' ;; esac ;;
esac
exit 0`)
	const unit = "[Service]\nExecStart=/opt/kea/sbin/kea-dhcp4 -c /opt/kea/etc/kea/kea-dhcp4.conf\n"
	h.write("etc/systemd/system/own.service", unit)
	h.write("read", "")
	run := func(action string, params ...string) string {
		t.Helper()
		p, err := Load("debian")
		if err != nil {
			t.Fatal(err)
		}
		text := script(t, p, action, "")
		text = strings.ReplaceAll(text, "/etc/systemd/system", h.path("etc/systemd/system"))
		status, said := h.shell(text, append(params, "fence=own.service", "run=R1", "masked=", "enabled=", "disabled=", "daemons=kea-none",
			"units=own.service kea-dhcp4 /opt/kea/sbin/kea-dhcp4 /etc/kea.conf\n")...)
		if status != 0 {
			t.Fatalf("%s: %d %s", action, status, said)
		}
		return said
	}
	// looks: masked, own, and the run of the fence.
	looks := func(masked, own, fence string) {
		t.Helper()
		want := "own.service\tkea-dhcp4\tyes\t" + masked + "\t" + own + "\tunlinked\tno\t/opt/kea/etc/kea/kea-dhcp4.conf\t\t" + fence + "\n"
		if said := run("pulse"); !strings.Contains(said, want) {
			t.Errorf("want %s in\n%s", want, said)
		}
	}
	looks("no", "no", "")
	for range 2 {
		run("fence")
		looks("yes", "no", "R1")
		h.write("read", "") // as where the fence was cut off before systemd was told
		looks("no", "no", "R1")
	}
	run("fence")
	h.write("etc/systemd/system/own.service.d/zz.conf", "[Unit]\n ConditionHost = \n")
	run("fence")
	looks("no", "yes", "R1")
	if err := os.Remove(h.path("etc/systemd/system/own.service.d/zz.conf")); err != nil {
		t.Fatal(err)
	}
	run("unfence")
	h.write("calls", "")
	run("unfence") // the first may have been cut off before systemd was told
	if h.read("calls") != "daemon-reload\n" || h.read("etc/systemd/system/own.service") != unit {
		t.Errorf("%s%s", h.read("calls"), h.read("etc/systemd/system/own.service"))
	}
	if _, err := os.Stat(h.path("etc/systemd/system/own.service.d")); err == nil {
		t.Error("something of the fence is left")
	}
	looks("no", "no", "")
	p, err := Load("debian")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll("set -eu\n"+strings.SplitN(script(t, p, "install", ""), "# patient", 2)[0]+"fenced\n", "/etc/systemd/system", h.path("etc/systemd/system"))
	if status, said := h.shell(text, "fence=own.service"); status != 1 || !strings.Contains(said, "own.service is not fenced") {
		t.Errorf("%d %s", status, said)
	}
	run("fence")
	if status, said := h.shell(text, "fence=own.service"); status != 0 {
		t.Errorf("%d %s", status, said)
	}
}

// TestAUnitNamesItsNetwork: by a setting or by the program before Kea's, the last that is said, with the instance's name in it.
func TestAUnitNamesItsNetwork(t *testing.T) {
	h := newHost(t)
	starts := "[Service]\nExecStart=/usr/sbin/kea-dhcp4 -c /etc/kea/4.conf\n"
	for unit, dropIn := range map[string]string{
		"plain":  "",
		"path":   "[Service]\nNetworkNamespacePath=/run/netns/dhcp\n",
		"exec":   "[Service]\nExecStart=\nExecStart=/sbin/ip netns exec blue /usr/sbin/kea-dhcp4 -c /etc/kea/4.conf\n",
		"again":  "[Service]\nExecStart=/sbin/ip netns exec blue /usr/sbin/kea-dhcp4\nExecStart=\nExecStart=/usr/sbin/kea-dhcp4\n",
		"kea@":   "[Service]\nNetworkNamespacePath=/run/netns/%i\n",
		"unsaid": "[Service]\nNetworkNamespacePath=/run/netns/dhcp\nNetworkNamespacePath=\n",
	} {
		h.write("etc/systemd/system/"+unit+".service", starts)
		h.write("etc/systemd/system/"+unit+".service.d/own.conf", dropIn)
	}
	text, err := files.ReadFile("systemd/units.sh")
	if err != nil {
		t.Fatal(err)
	}
	script := strings.ReplaceAll(string(text), " /etc/systemd/", " "+h.dir+"/etc/systemd/")
	_, said := h.shell(script + `for unit in plain path exec again kea@lan unsaid; do unit_file $unit.service && unit_says $unit.service /none && echo "$unit $network $config"; done`)
	if want := "plain  /etc/kea/4.conf\npath /run/netns/dhcp /etc/kea/4.conf\nexec /run/netns/blue /etc/kea/4.conf\nagain  /etc/kea/4.conf\n" +
		"kea@lan /run/netns/lan /etc/kea/4.conf\nunsaid  /etc/kea/4.conf\n"; said != want {
		t.Errorf("%q, want %q", said, want)
	}
}
