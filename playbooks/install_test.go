package playbooks

import (
	"strings"
	"testing"
)

// TestWhatGoesOnTheWayOnLeavesItsConfiguration, since the way back brings it again; what came on the way on leaves nothing.
func TestWhatGoesOnTheWayOnLeavesItsConfiguration(t *testing.T) {
	for way, want := range map[string]string{"on": "dpkg --remove kea-ctrl-agent\n", "back": "dpkg --purge kea-ctrl-agent\n"} {
		h := newHost(t)
		h.program("dpkg", `echo "dpkg $*"`)
		h.program("grep", `case $* in *Status*) exit 1 ;; esac; exec /bin/grep "$@"`) // this machine's packages are whole
		h.write("state/packages/d/whole", "")
		h.write("state/packages/d/kea-common_3_all.deb", "")
		status, said := h.run("install", "dir=d", "check=", "gone=kea-ctrl-agent", "way="+way, "fence=")
		if status != 0 || !strings.HasSuffix(said, want) || strings.Count(said, "kea-ctrl-agent") != 1 {
			t.Errorf("%s: status %d\n%s", way, status, said)
		}
	}
}

// TestRPMLeavesTheConfigurationOfWhatGoes: it is what it was, changed or not, though it was cut off in between; what rpm puts aside is not
// left beside it, and what others put aside is.
func TestRPMLeavesTheConfigurationOfWhatGoes(t *testing.T) {
	h := newHost(t)
	for _, file := range []string{"agent.conf", "changed.conf"} {
		h.write("etc/"+file, "of "+file)
	}
	h.write("etc/agent.conf.rpmsave", "somebody's")
	h.write("installed", "")
	h.write("state/packages/d/whole", "")
	h.write("state/packages/d/isc-kea-common-3.rpm", "")
	etc := h.path("etc")
	h.program("rpm", `case $* in
"-q --qf"*) [ ! -e `+h.path("installed")+` ] || echo 2.6.3-1 ;;
"-qc "*) printf '%s\n' `+etc+`/agent.conf `+etc+`/changed.conf `+etc+`/gone.conf ;;
--erase*)
	rm `+h.path("installed")+` `+etc+`/agent.conf
	mv `+etc+`/changed.conf `+etc+`/changed.conf.rpmsave
	[ ! -e `+h.path("cut")+` ] || exit 1 ;;
esac`)
	h.write("cut", "")
	p, err := Load("isc-rpm")
	if err != nil {
		t.Fatal(err)
	}
	install := func() (int, string) {
		return h.shell(script(t, p, "install", ""), "dir=d", "check=", "gone=isc-kea-ctrl-agent", "way=on", "fence=")
	}
	if status, said := install(); status != 1 {
		t.Fatalf("%d %s", status, said)
	}
	if status, said := install(); status != 0 {
		t.Fatalf("%d %s", status, said)
	}
	for file, want := range map[string]string{"agent.conf": "of agent.conf", "changed.conf": "of changed.conf", "changed.conf.rpmsave": "", "agent.conf.rpmsave": "somebody's", "gone.conf": ""} {
		if got := h.read("etc/" + file); got != want {
			t.Errorf("%s is %q, not %q", file, got, want)
		}
	}
	if h.read("state/ended"+etc+"/agent.conf") != "" {
		t.Error("a copy is left")
	}
}

// TestWhatGoesIsToldThePackageManager, which would not find out by itself what gives way.
func TestWhatGoesIsToldThePackageManager(t *testing.T) {
	h := newHost(t)
	h.program("apt-get", `echo "apt-get $*"`)
	status, said := h.run("simulate", "wanted=kea-common=3 kea-admin=3", "gone=kea-ctrl-agent")
	if status != 0 || !strings.HasSuffix(said, " install kea-common=3 kea-admin=3 kea-ctrl-agent-\n") {
		t.Errorf("status %d\n%s", status, said)
	}
	p, err := Load("isc-rpm")
	if err != nil {
		t.Fatal(err)
	}
	h.program("rpm", `[ "$*" = "-q isc-kea-ctrl-agent" ]`)
	h.program("dnf", `echo "dnf $*" >>`+h.path("asked"))
	h.write("state/packages/on/isc-kea-common-3.el9.rpm", "")
	h.write("state/packages/back/isc-kea-common-2.el9.rpm", "")
	plain := "dnf -q -y download --resolve --destdir " + h.path("state/packages")
	for gone, want := range map[string]string{
		"isc-kea-ctrl-agent": "dnf -q -y install --downloadonly --allowerasing --destdir " + h.path("state/packages/on"),
		"it-is-gone-already": plain + "/on",
	} {
		h.write("asked", "")
		status, said := h.shell(script(t, p, "prefetch", ""), "on=isc-kea-common=3", "back=isc-kea-common=2", "gone="+gone, "on_dir=on", "back_dir=back")
		if want += " isc-kea-common-3\n" + plain + "/back isc-kea-common-2\n"; status != 0 || h.read("asked") != want {
			t.Errorf("%d %s\nit asked\n%swant\n%s", status, said, h.read("asked"), want)
		}
	}
	h.program("dnf", `echo "dnf $*" >&2; printf 'Installing:\n isc-kea-common x\nRemoving dependent packages:\n isc-kea-ctrl-agent x\nTransaction Summary\nOperation aborted.\n'`)
	for gone, want := range map[string]string{"isc-kea-ctrl-agent": "dnf --assumeno --allowerasing install isc-kea-common-3", "": "dnf --assumeno install isc-kea-common-3"} {
		text := strings.ReplaceAll(script(t, p, "simulate", ""), "2>&1", "2>"+h.path("asked"))
		status, said := h.shell(text, "wanted=isc-kea-common=3", "gone="+gone)
		if status != 0 || said != "Inst isc-kea-common\nRemv isc-kea-ctrl-agent\n" || strings.TrimSpace(h.read("asked")) != want {
			t.Errorf("%d %s %s", status, said, h.read("asked"))
		}
	}
}
