package playbooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// openrc is a host whose directories of OpenRC and apk are below its own.
type openrc struct{ host }

func newOpenRC(t *testing.T) openrc {
	h := openrc{newHost(t)}
	for _, program := range []string{"rc-service", "rc-update"} {
		h.program(program, "echo \""+program+" $*\" >>"+h.path("calls"))
	}
	h.write("etc/init.d/kea-dhcp4", "#!/sbin/openrc-run\n: ${cfgfile:=\"/etc/kea/kea-dhcp4.conf\"}\n: ${command_user:=\"kea\"}\ncommand=\"/usr/sbin/kea-dhcp4\"\ncommand_args=\"-c $cfgfile\"\n")
	h.write("etc/conf.d/kea-dhcp4", "#cfgfile=\"/none\"\n")
	h.write("etc/runlevels/default/.", "")
	h.executable("etc/init.d/kea-dhcp4")
	h.link("/etc/init.d/kea-dhcp4", "etc/runlevels/default/kea-dhcp4")
	h.write("proc/sys/kernel/random/boot_id", "b\n")
	h.write("state/claim", "R1 1\n")
	h.write("state/runs/R1/timers", "\n")
	return h
}

func (h openrc) write(name, text string) {
	if strings.HasSuffix(name, "/.") {
		if err := os.MkdirAll(h.path(filepath.Dir(name)), 0o755); err != nil {
			h.t.Fatal(err)
		}
		return
	}
	h.host.write(name, text)
}

func (h openrc) executable(name string) {
	h.t.Helper()
	if err := os.Chmod(h.path(name), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

func (h openrc) link(to, name string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Symlink(to, h.path(name)); err != nil {
		h.t.Fatal(err)
	}
}

// act runs an action of Alpine's.
func (h openrc) act(action string, assign ...string) (int, string) {
	h.t.Helper()
	p, err := Load("alpine")
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := p.Script(action, "")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, dir := range []string{"/etc/init.d", "/etc/conf.d", "/etc/runlevels", "/etc/rc.conf.d", "/run/openrc", "/etc/apk", "/lib/apk", "/proc"} {
		text = strings.ReplaceAll(text, dir, h.dir+dir)
	}
	return h.shell(text, assign...)
}

// asked is how OpenRC asks the fence: whatever it does with a service reads the file before the service's script.
func (h openrc) asked(service, command, by string) int {
	h.t.Helper()
	status, _ := h.shell("export RC_SVCNAME=" + service + " RC_CMD=" + command + "\nsh -c 'for file in \"$1\"/*.conf; do . \"$file\"; done' " + by + " " + h.path("etc/rc.conf.d") + "\n")
	return status
}

func TestAFencedServiceOnlyStops(t *testing.T) {
	h := newOpenRC(t)
	if status, said := h.act("fence", "run=R1", "fence=kea-dhcp4 kea-dhcp6"); status != 0 {
		t.Fatalf("%d %s", status, said)
	}
	for _, c := range []struct {
		service, command, by string
		held                 bool
	}{
		{"kea-dhcp4", "start", "/lib/rc/sh/openrc-run.sh", true},
		{"kea-dhcp4", "restart", "/lib/rc/sh/openrc-run.sh", true},
		{"kea-dhcp4", "", "/lib/rc/sh/openrc-run.sh", true},
		{"kea-dhcp6", "start", "/lib/rc/sh/openrc-run.sh", true},
		{"kea-dhcp4", "stop", "/lib/rc/sh/openrc-run.sh", false},
		{"kea-dhcp4", "status", "/lib/rc/sh/openrc-run.sh", false},
		{"kea-dhcp4", "start", "/lib/rc/sh/gendepends.sh", false},
		{"sshd", "start", "/lib/rc/sh/openrc-run.sh", false},
		{"kea-dhcp4.lan", "start", "/lib/rc/sh/openrc-run.sh", false},
	} {
		if status := h.asked(c.service, c.command, c.by); (status != 0) != c.held {
			t.Errorf("%+v: status %d", c, status)
		}
	}
}

// TestRunlevelsComeBack: what was in one is in it again after the fence, and in no other.
func TestRunlevelsComeBack(t *testing.T) {
	h := newOpenRC(t)
	for range 2 { // the second finds the fence, and must not take what is there for the state before
		if status, said := h.act("fence", "run=R1", "fence=kea-dhcp4 kea-dhcp6"); status != 0 {
			t.Fatalf("%d %s", status, said)
		}
		if err := os.RemoveAll(h.path("etc/runlevels/default/kea-dhcp4")); err != nil {
			t.Fatal(err)
		}
	}
	h.link("/etc/init.d/kea-dhcp6", "etc/runlevels/boot/kea-dhcp6")
	if status, said := h.act("unfence", "run=R1", "fence=kea-dhcp4 kea-dhcp6"); status != 0 {
		t.Fatalf("%d %s", status, said)
	}
	if calls := h.read("calls"); calls != "rc-update --quiet delete kea-dhcp6 boot\nrc-update --quiet add kea-dhcp4 default\n" {
		t.Errorf("it called %s", calls)
	}
	if _, err := os.Stat(h.path("etc/rc.conf.d")); !os.IsNotExist(err) {
		t.Errorf("the directory of fences is left: %v", err)
	}
}

func TestServicesAreFound(t *testing.T) {
	h := newOpenRC(t)
	h.link("/etc/init.d/kea-dhcp4", "etc/init.d/none")
	h.link(h.path("etc/init.d/kea-dhcp4"), "etc/init.d/kea-dhcp4.lan")
	h.write("etc/init.d/house", "#!/sbin/openrc-run\ncommand='/usr/sbin/kea-dhcp6'\n")
	h.write("etc/init.d/watch", "#!/sbin/openrc-run\ncommand=/usr/bin/watch # /usr/sbin/kea-dhcp6\n")
	status, said := h.act("found", "units=kea-dhcp4 kea-dhcp4 /usr/sbin/kea-dhcp4 /etc/4\nkea-dhcp6 kea-dhcp6 /usr/sbin/kea-dhcp6 /etc/6\n")
	want := "@found\nhouse\tkea-dhcp6\t/usr/sbin/kea-dhcp6\t/etc/6\nkea-dhcp4\tkea-dhcp4\t/usr/sbin/kea-dhcp4\t/etc/4\nkea-dhcp4.lan\tkea-dhcp4\t/usr/sbin/kea-dhcp4\t/etc/4\n@end\n"
	if status != 0 || said != want {
		t.Errorf("status %d\n%s\nwant\n%s", status, said, want)
	}
}

// TestWhatAServiceSays: its script's defaults, over them its conf.d file, and over that the one of its own name.
func TestWhatAServiceSays(t *testing.T) {
	h := newOpenRC(t)
	h.link(h.path("etc/init.d/kea-dhcp4"), "etc/init.d/kea-dhcp4.lan")
	units := "kea-dhcp4 kea-dhcp4 /usr/sbin/kea-dhcp4 /etc/4\nkea-dhcp4.lan kea-dhcp4 /usr/sbin/kea-dhcp4 /etc/4\nkea-dhcp6 kea-dhcp6 /usr/sbin/kea-dhcp6 /etc/6\n"
	h.write("etc/conf.d/kea-dhcp4.lan", "cfgfile=\"/etc/kea/$RC_SVCNAME.conf\" # its own\ncommand_user=lan:kea\n")
	h.act("fence", "run=R1", "fence=kea-dhcp4.lan")
	h.write("run/openrc/started/kea-dhcp4", "")
	h.write("run/openrc/starting/kea-dhcp4.lan", "") // in vain
	h.write("run/openrc/starting/kea-dhcp6", "")
	status, said := h.act("pulse", "units="+units, "daemons=none")
	want := "@units\nkea-dhcp4\tkea-dhcp4\tyes\tno\tno\tlinked\tyes\t/etc/kea/kea-dhcp4.conf\tkea\t\n" +
		"kea-dhcp4.lan\tkea-dhcp4\tyes\tyes\tno\tunlinked\tyes\t/etc/kea/kea-dhcp4.lan.conf\tlan\tR1\n" +
		"kea-dhcp6\tkea-dhcp6\tno\tno\tno\tunlinked\tno\t/etc/6\t\t\n@show\n" +
		"Id=kea-dhcp4\nActiveState=failed\nUnitFileState=enabled\nMainPID=0\n\n" +
		"Id=kea-dhcp4.lan\nActiveState=inactive\nUnitFileState=disabled\nMainPID=0\n\n" +
		"Id=kea-dhcp6\nActiveState=activating\nUnitFileState=\nMainPID=0\n\n@processes\n\n@end\n"
	if status != 0 || !strings.HasSuffix(said, want) {
		t.Errorf("status %d\n%s\nwant\n%s", status, said, want)
	}
}

func (h openrc) remove(name string) error { return os.Remove(h.path(name)) }

// TestProcessesHaveTheirServices: by the pid file that OpenRC notes, itself or through its supervisor; ours by their environment; and what
// starts a service under its name is no daemon.
func TestProcessesHaveTheirServices(t *testing.T) {
	h := newOpenRC(t)
	process := func(pid, name, command, parent, environment string) {
		h.write("proc/"+pid+"/comm", name+"\n")
		h.write("proc/"+pid+"/cmdline", strings.ReplaceAll(command, " ", "\x00")+"\x00")
		h.write("proc/"+pid+"/stat", pid+" ("+name+") S "+parent+strings.Repeat(" 0", 17)+" 77 0\n")
		h.write("proc/"+pid+"/environ", "HOME=/\x00"+environment)
	}
	process("101", "kea-dhcp4", "/usr/sbin/kea-dhcp4 -c /etc/4", "1", "")
	process("102", "kea-dhcp6", "/usr/sbin/kea-dhcp6 -c /etc/6", "99", "")
	process("103", "kea-dhcp4", "/sbin/openrc-run /etc/init.d/kea-dhcp4 start", "1", "")
	process("104", "kea-dhcp4", "/usr/sbin/kea-dhcp4 -c /hand", "1", "")
	process("105", "kea-admin", "/bin/sh /usr/sbin/kea-admin db-upgrade", "1", "KL_UNIT=kea-lockstep-R1-migrate-1\x00PATH=/\x00")
	for service, pid := range map[string]string{"kea-dhcp4": "101", "kea-dhcp6": "99"} {
		h.write("run/"+service+".pid", pid+"\n")
		h.write("run/openrc/daemons/"+service+"/001", "exec=/usr/sbin/"+service+"\npidfile="+h.path("run/"+service+".pid")+"\n")
		h.write("run/openrc/started/"+service, "")
	}
	status, said := h.act("pulse", "units=kea-dhcp4 kea-dhcp4 /usr/sbin/kea-dhcp4 /etc/4\nkea-dhcp6 kea-dhcp6 /usr/sbin/kea-dhcp6 /etc/6\n", "daemons=kea-dhcp4 kea-dhcp6")
	_, said, _ = strings.Cut(said, "@show\n")
	want := "Id=kea-dhcp4\nActiveState=active\nUnitFileState=enabled\nMainPID=101\n\nId=kea-dhcp6\nActiveState=active\nUnitFileState=\nMainPID=102\n\n@processes\n" +
		"101\tkea-dhcp4\tkea-dhcp4\t77\t/usr/sbin/kea-dhcp4 -c /etc/4 \n102\tkea-dhcp6\tkea-dhcp6\t77\t/usr/sbin/kea-dhcp6 -c /etc/6 \n" +
		"104\tkea-dhcp4\t\t77\t/usr/sbin/kea-dhcp4 -c /hand \n105\tkea-admin\tkea-lockstep-R1-migrate-1\t77\t/bin/sh /usr/sbin/kea-admin db-upgrade \n@end\n"
	if status != 0 || said != want {
		t.Errorf("status %d\n%s\nwant\n%s", status, said, want)
	}
}
