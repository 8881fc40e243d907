package playbooks

import (
	"os"
	"strings"
	"testing"
)

// keactrled is a host where keactrl starts a Kea that is built from source.
type keactrled struct{ sourced }

// aKeactrl is its configuration, as ISC's is written: names that are put together, and what the administrator added.
const aKeactrl = `#!/bin/sh
prefix=PREFIX
exec_prefix=${prefix}
kea_dhcp4_config_file=/etc/kea/kea-dhcp4.conf
kea_dhcp6_config_file=PREFIX/kea-dhcp6.conf
kea_dhcp_ddns_config_file=/etc/kea/kea-dhcp-ddns.conf
kea_ctrl_agent_config_file=/etc/kea/kea-ctrl-agent.conf
dhcp4_srv=${exec_prefix}/sbin/kea-dhcp4
dhcp6_srv=${exec_prefix}/sbin/kea-dhcp6
dhcp_ddns_srv=/elsewhere/sbin/kea-dhcp-ddns
ctrl_agent_srv=${exec_prefix}/sbin/kea-ctrl-agent
dhcp4=YES
dhcp6=no
dhcp_ddns=yes
ctrl_agent=yes
kea_verbose=no
export KEA_HOOKS_PATH="${prefix}/lib/kea/hooks"
echo said by the configuration`

func newKeactrled(t *testing.T) keactrled {
	t.Helper()
	k := keactrled{newSourced(t)}
	for _, version := range []string{"2.6.3", "3.0.3"} {
		k.program("../opt/kea-"+version+"/sbin/keactrl", `echo "keactrl $*" >>`+k.path("calls"))
	}
	k.program("systemd-run", `echo "systemd-run $*" >>`+k.path("calls"))
	k.book = load(t, written(t, t.TempDir(), "name: mine\nextends: keactrl\nprefix: "+k.path("opt/kea")+"\ntrees: [\""+k.path("opt/kea-*")+"\"]\nkeactrl: "+k.path("etc/kea/keactrl.conf")+"\n", ""))
	k.write("etc/kea/keactrl.conf", strings.ReplaceAll(aKeactrl, "PREFIX", k.path("opt/kea")))
	k.write("opt/kea-2.6.3/kea-dhcp6.conf", "{}")
	k.write("proc/sys/kernel/random/boot_id", "b\n")
	k.write("state/runs/R1/timers", "\n")
	return k
}

// act runs an action, with the fence on what its configuration has.
func (k keactrled) act(action string, params ...string) (int, string) {
	k.t.Helper()
	text := strings.ReplaceAll(script(k.t, k.book, action, ""), "/proc", k.dir+"/proc")
	return k.shell(text, append([]string{"prefix=" + k.book.Prefix, "keactrl=" + k.book.Keactrl, "trees=" + strings.Join(k.book.Trees, " "),
		"units=" + k.book.Table(), "daemons=kea-dhcp4 kea-dhcp6", "run=R1", "fence=dhcp4 dhcp6 dhcp_ddns ctrl_agent"}, params...)...)
}

func (k keactrled) must(action string, params ...string) string {
	k.t.Helper()
	status, said := k.act(action, params...)
	if status != 0 {
		k.t.Fatalf("%s: %d %s", action, status, said)
	}
	return said
}

// looks wants a unit to be told with: masked, linked, configuration and fence.
func (k keactrled) looks(unit, masked, linked, config, fence string) {
	k.t.Helper()
	want := "\n" + unit + "\tkea-" + unit + "\tyes\t" + masked + "\tno\t" + linked + "\tyes\t" + config + "\t\t" + fence + "\n"
	if said := k.must("pulse"); !strings.Contains(said, want) {
		k.t.Errorf("want %s in\n%s", want, said)
	}
}

// TestKeactrlsFence: the last word on each daemon is no, over what the configuration says, and the file is afterwards the one that it was.
func TestKeactrlsFence(t *testing.T) {
	k := newKeactrled(t)
	before := k.read("etc/kea/keactrl.conf")
	k.looks("dhcp4", "no", "linked", "/etc/kea/kea-dhcp4.conf", "")
	k.looks("dhcp6", "no", "unlinked", k.path("opt/kea/kea-dhcp6.conf"), "")
	switches := func() string {
		t.Helper()
		_, said := k.shell("set -eu\n. " + k.path("etc/kea/keactrl.conf") + " >&2\necho $dhcp4 $dhcp6 $dhcp_ddns $ctrl_agent\n")
		return said[strings.LastIndex(strings.TrimSpace(said), "\n")+1:]
	}
	if got := switches(); got != "YES no yes yes\n" {
		t.Fatal(got)
	}
	for range 2 {
		k.must("fence")
		k.looks("dhcp4", "yes", "linked", "/etc/kea/kea-dhcp4.conf", "R1")
		k.looks("dhcp6", "yes", "unlinked", k.path("opt/kea/kea-dhcp6.conf"), "R1")
		if got := switches(); got != "no no no no\n" {
			t.Errorf("keactrl reads %s", got)
		}
	}
	for _, want := range []string{"\ndhcp_ddns\tkea-dhcp-ddns\tno\tyes\tno\t", "\nctrl_agent\tkea-ctrl-agent\tno\tyes\tno\t"} { // that are not there, and may come
		if said := k.must("pulse"); !strings.Contains(said, want) {
			t.Errorf("want %s in\n%s", want, said)
		}
	}
	k.must("install", "check=kea 3.0.3")
	for range 2 {
		k.must("unfence")
		if after := k.read("etc/kea/keactrl.conf"); after != before {
			t.Errorf("it was\n%s\nand is\n%s", before, after)
		}
	}
	if status, said := k.act("install", "check=kea 2.6.3"); status != 1 || !strings.Contains(said, "dhcp4 is not fenced") {
		t.Errorf("%d %s", status, said)
	}
}

// TestAnotherWordOverKeactrlsFence: whoever writes behind it, or writes the file anew, has lifted it; what he wrote stays.
func TestAnotherWordOverKeactrlsFence(t *testing.T) {
	k := newKeactrled(t)
	before := k.read("etc/kea/keactrl.conf")
	k.must("fence")
	k.write("etc/kea/keactrl.conf", k.read("etc/kea/keactrl.conf")+"dhcp4=yes\n")
	k.looks("dhcp4", "no", "linked", "/etc/kea/kea-dhcp4.conf", "R1")
	k.looks("dhcp6", "yes", "unlinked", k.path("opt/kea/kea-dhcp6.conf"), "R1")
	k.must("unfence")
	if after := k.read("etc/kea/keactrl.conf"); after != before+"\ndhcp4=yes\n" {
		t.Errorf("it is\n%s", after)
	}
	k.must("fence")
	k.write("etc/kea/keactrl.conf", before)
	k.looks("dhcp4", "no", "linked", "/etc/kea/kea-dhcp4.conf", "")
}

// TestWhatKeactrlKnows: a daemon whose program is not the playbook's, or is not there, is none of its units; without a configuration none is.
func TestWhatKeactrlKnows(t *testing.T) {
	k := newKeactrled(t)
	present := func() string {
		t.Helper()
		var names []string
		for line := range strings.Lines(k.must("pulse")) {
			if fields := strings.Split(line, "\t"); len(fields) == 10 && fields[2] == "yes" {
				names = append(names, fields[0])
			}
		}
		return strings.Join(names, " ")
	}
	if got := present(); got != "dhcp4 dhcp6" { // the third is elsewhere, and the trees have no agent
		t.Error(got)
	}
	if err := os.Remove(k.path("opt/kea-2.6.3/kea-dhcp6.conf")); err != nil {
		t.Fatal(err)
	}
	if got := present(); got != "dhcp4" {
		t.Errorf("one that is off and has no configuration is there: %s", got)
	}
	k.write("opt/kea-2.6.3/kea-dhcp6.conf", "{}")
	k.program("../opt/kea-2.6.3/sbin/kea-ctrl-agent", "echo 2.6.3")
	if got := present(); got != "dhcp4 dhcp6 ctrl_agent" {
		t.Error(got)
	}
	k.write("etc/kea/keactrl.conf", "dhcp4=yes\nexit 0\n")
	if got := present(); got != "" {
		t.Error(got)
	}
	if err := os.Remove(k.path("etc/kea/keactrl.conf")); err != nil {
		t.Fatal(err)
	}
	if got := present(); got != "" {
		t.Error(got)
	}
}

// TestWhoseAProcessIs: keactrl's, where it has the words that keactrl starts it with, and its switch is on; ours by its unit; else nobody's.
func TestWhoseAProcessIs(t *testing.T) {
	k := newKeactrled(t)
	program := k.path("opt/kea/sbin/kea-dhcp4")
	process := func(pid, name, command, cgroup string) {
		k.write("proc/"+pid+"/comm", name+"\n")
		k.write("proc/"+pid+"/cmdline", strings.ReplaceAll(command, " ", "\x00")+"\x00")
		k.write("proc/"+pid+"/stat", pid+" ("+name+") S 1"+strings.Repeat(" 0", 17)+" 77 0\n")
		k.write("proc/"+pid+"/cgroup", "0::"+cgroup+"\n")
	}
	process("101", "kea-dhcp4", program+" -c /etc/kea/kea-dhcp4.conf", "/system.slice/rc-local.service")
	process("102", "kea-dhcp4", program+" -c /etc/kea/other.conf", "/system.slice/rc-local.service")
	process("103", "kea-dhcp6", k.path("opt/kea/sbin/kea-dhcp6")+" -c "+k.path("opt/kea/kea-dhcp6.conf"), "/user.slice")
	process("104", "kea-admin", "/bin/sh kea-admin db-upgrade", "/system.slice/kea-lockstep-R1-migrate-1.service")
	process("105", "kea-dhcp4", program+" -d -c /etc/kea/kea-dhcp4.conf", "/user.slice")
	k.program("stat", `case $* in *103*) echo 0 ;; *) cat `+k.path("owner")+` ;; esac`)
	k.write("owner", "0\n")
	told := func() string {
		t.Helper()
		_, said, _ := strings.Cut(k.must("pulse"), "@show\n")
		var all []string
		for line := range strings.Lines(said) {
			if fields := strings.Split(line, "\t"); len(fields) == 5 {
				all = append(all, fields[0]+"="+fields[2])
			} else if strings.HasPrefix(line, "MainPID=") {
				all = append(all, strings.TrimSpace(line))
			}
		}
		return strings.Join(all, " ")
	}
	const others = " 102=rc-local.service 103= 104=kea-lockstep-R1-migrate-1.service 105="
	if got := told(); got != "MainPID=101 MainPID=0 MainPID=0 MainPID=0 101=dhcp4"+others {
		t.Error(got)
	}
	k.must("fence") // is no other switch
	if got := told(); got != "MainPID=101 MainPID=0 MainPID=0 MainPID=0 101=dhcp4"+others {
		t.Error(got)
	}
	k.write("owner", "110\n")
	if got := told(); got != "MainPID=0 MainPID=0 MainPID=0 MainPID=0 101=rc-local.service"+others {
		t.Error(got)
	}
}

// TestKeactrlStartsAndStops what it knows, by the words that its manual has; a start has nothing of the connection.
func TestKeactrlStartsAndStops(t *testing.T) {
	k := newKeactrled(t)
	k.must("stop", "stop=dhcp4 dhcp6 dhcp_ddns")
	k.must("start", "start=dhcp4 dhcp6")
	conf, program := k.path("etc/kea/keactrl.conf"), k.path("opt/kea/sbin/keactrl")
	want := "keactrl stop -c " + conf + " -s dhcp4\nkeactrl stop -c " + conf + " -s dhcp6\n" +
		"systemd-run --quiet --collect --description=Kea's dhcp4, by keactrl --service-type=forking " + program + " start -c " + conf + " -s dhcp4\n" +
		"systemd-run --quiet --collect --description=Kea's dhcp6, by keactrl --service-type=forking " + program + " start -c " + conf + " -s dhcp6\n"
	if got := k.read("calls"); got != want {
		t.Errorf("it called\n%swant\n%s", got, want)
	}
	k.write("calls", "")
	k.must("test", "unit=dhcp4", "program=/p", "config=/none", "flag=-T", "name=kea-lockstep-test-dhcp4")
	if got := k.read("calls"); !strings.Contains(got, `--property=Environment="KEA_HOOKS_PATH=`+k.path("opt/kea/lib/kea/hooks")+`" /p -T /etc/kea/kea-dhcp4.conf`) {
		t.Error(got)
	}
}

// TestKeactrlIsLookedAtBeforeTheStop: it is in both trees, and its configuration, which is to hold the fence, in none.
func TestKeactrlIsLookedAtBeforeTheStop(t *testing.T) {
	k := newKeactrled(t)
	if said := k.must("simulate", "wanted=kea=3.0.3"); !strings.Contains(said, "Inst kea (3.0.3") {
		t.Error(said)
	}
	k.book.Keactrl = k.path("opt/kea/etc/keactrl.conf")
	k.write("opt/kea-2.6.3/etc/keactrl.conf", k.read("etc/kea/keactrl.conf"))
	if status, said := k.act("simulate", "wanted=kea=3.0.3"); status != 1 || !strings.Contains(said, "lies in the tree "+k.path("opt/kea-2.6.3")) {
		t.Errorf("%d %s", status, said)
	}
	k.book.Keactrl = k.path("etc/kea/keactrl.conf")
	if err := os.Remove(k.path("opt/kea-3.0.3/sbin/keactrl")); err != nil {
		t.Fatal(err)
	}
	if status, said := k.act("simulate", "wanted=kea=3.0.3"); status != 1 || !strings.Contains(said, "there is no "+k.path("opt/kea-3.0.3/sbin/keactrl")) {
		t.Errorf("%d %s", status, said)
	}
	part := script(t, k.book, "server", "")
	part = part[strings.Index(part, "# What starts these daemons past keactrl"):]
	part = "set -eu\n" + strings.ReplaceAll(part[:strings.Index(part, "# Finds the trees")], " /etc/", " "+k.path("etc")+"/")
	k.write("etc/rc.local", "#!/bin/sh\n"+k.path("opt/kea/sbin/keactrl")+" start\n")
	k.write("etc/cron.d/own", "@reboot root "+k.path("opt/kea/sbin/kea-dhcp4")+" -d -c /etc/kea/kea-dhcp4.conf\n")
	if status, said := k.shell(part, "units="+k.book.Table()); status != 0 || said != k.path("etc/cron.d/own")+"\n" {
		t.Errorf("%d %s", status, said)
	}
}
