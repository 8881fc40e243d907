package playbooks

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// freebsd is a host on which the programs of FreeBSD that scripts call say what they were told to. No script ran on FreeBSD itself: what ps,
// procstat, sockstat, sysctl, route and ifconfig print is from their sources and manuals (FreeBSD 14), but where a host and a date stand beside it.
type freebsd struct {
	host
	book Playbook
}

func newFreeBSD(t *testing.T) freebsd {
	t.Helper()
	f := freebsd{host: newHost(t)}
	f.book = load(t, written(t, t.TempDir(), "name: mine\nextends: freebsd\nprefix: "+f.path("local")+"\n", ""))
	for _, program := range []string{"kea-dhcp4", "kea-dhcp6", "kea-dhcp-ddns", "kea-ctrl-agent", "keactrl"} {
		f.program("../local/sbin/"+program, `echo "`+program+` $*" >>`+f.path("calls"))
	}
	conf := strings.NewReplacer("PREFIX", f.path("local"), "/etc/kea/", f.path("local/etc/kea")+"/", "/elsewhere", f.path("local")).Replace(aKeactrl)
	f.write("local/etc/kea/keactrl.conf", conf)
	f.write("state/runs/R1/timers", "\n")
	f.program("daemon", `echo "daemon $*" >>`+f.path("calls"))
	f.program("sysctl", "echo Format: Length:16 Dump:0x4c8609698ad1a11cdc00cf6eb7d954e1")
	f.program("ps", `case $* in
*"-p "*) sed -n "s/^$(printf '%s' "$*" | sed 's/.*-p \([0-9]*\).*/\1/') //p" `+f.path("owners")+` ;;
*"-o sid= -o pid=") cat `+f.path("members")+` ;;
*sid*) cat `+f.path("sessions")+` ;;
*) cat `+f.path("ps")+` ;;
esac`)
	f.write("members", "")
	f.write("sessions", "")
	f.program("procstat", `case $* in *-a*) cat `+f.path("environments")+` ;; *) grep "^ *${3} " `+f.path("environments")+` ;; esac`)
	f.write("owners", "")
	f.write("environments", "")
	return f
}

func (f freebsd) act(action string, params ...string) (int, string) {
	f.t.Helper()
	return f.shell(script(f.t, f.book, action, ""), append([]string{"prefix=" + f.book.Prefix, "keactrl=" + f.book.Keactrl, "state=" + f.path("state"),
		"units=" + f.book.Table(), "daemons=kea-dhcp4 kea-dhcp6", "sources=kea", "run=R1", "fence=dhcp4 dhcp6 dhcp_ddns ctrl_agent"}, params...)...)
}

func (f freebsd) must(action string, params ...string) string {
	f.t.Helper()
	status, said := f.act(action, params...)
	if status != 0 {
		f.t.Fatalf("%s: %d %s", action, status, said)
	}
	return said
}

// TestFreeBSDsProcesses: keactrl's by its words, ours by the environment, kea-admin by its script, and what others have is nobody's.
func TestFreeBSDsProcesses(t *testing.T) {
	f := newFreeBSD(t)
	four, conf := f.path("local/sbin/kea-dhcp4"), f.path("local/etc/kea/kea-dhcp4.conf")
	f.write("ps", `    1 ILs  Tue Nov 24 03:00:00 2026 init      /sbin/init
  770 Is   Tue Nov 24 03:00:07 2026 kea-dhcp4 `+four+" -c "+conf+`
  771 Is   Tue Nov 24 03:00:08 2026 kea-dhcp4 `+four+` -c /tmp/other.conf
  772 R    Tue Nov 24 03:00:09 2026 kea-dhcp4 `+four+" -t "+conf+`
  773 Z    Tue Nov 24 03:00:09 2026 kea-dhcp4 <defunct>
  774 I    Tue Nov 24 03:01:00 2026 sh        /bin/sh /usr/local/sbin/kea-admin db-upgrade mysql
  775 I    Tue Nov 24 03:01:01 2026 sh        /bin/sh -c true
`)
	f.write("owners", "770 700 0 "+four+" -c "+conf+"\n771 1 0 "+four+" -c /tmp/other.conf\n774 760 0 /bin/sh /usr/local/sbin/kea-admin db-upgrade mysql\n")
	f.write("environments", "  774 sh               HOME=/root KL_UNIT=kea-lockstep-R1-migrate-1 PATH=/bin\n  770 kea-dhcp4        PATH=/bin\n")
	said := f.must("pulse")
	_, told, _ := strings.Cut(said, "@processes\n")
	want := "770\tkea-dhcp4\tdhcp4\tTue_Nov_24_03:00:07_2026\t" + four + " -c " + conf + "\n" +
		"771\tkea-dhcp4\t\tTue_Nov_24_03:00:08_2026\t" + four + " -c /tmp/other.conf\n" +
		"774\tkea-admin\tkea-lockstep-R1-migrate-1\tTue_Nov_24_03:01:00_2026\t/bin/sh /usr/local/sbin/kea-admin db-upgrade mysql\n@end\n"
	if told != want {
		t.Errorf("it told\n%swant\n%s", told, want)
	}
	if !strings.HasPrefix(said, "@boot\n4c8609698ad1a11cdc00cf6eb7d954e1\n@claim\n") || !strings.Contains(said, "Id=dhcp4\nActiveState=active\nUnitFileState=enabled\nMainPID=770\n") {
		t.Errorf("it said\n%s", said)
	}
	// FreeBSD 15.1-RELEASE-p4 of 2026-10-07 answers "procstat -e" so for a few of a hundred processes.
	f.write("environments", "  774 sh               -\n  770 kea-dhcp4        -\n")
	if said := f.must("pulse"); !strings.Contains(said, "\n774\tkea-admin\t\t") {
		t.Errorf("a kea-admin of nobody is told as somebody's:\n%s", said)
	}
	f.write("job/unit", "kea-lockstep-R1-migrate-1\n")
	f.write("sessions", "    1     1 /sbin/init\n  760   760 /bin/sh "+f.path("job/runner")+" "+f.path("job")+"\n  774   760 /bin/sh /usr/local/sbin/kea-admin db-upgrade mysql\n")
	if said := f.must("pulse"); !strings.Contains(said, want) {
		t.Errorf("by its session it told\n%s", said)
	}
	f.write("owners", "770 700 110 "+four+" -c "+conf+"\n")
	if said := f.must("pulse"); !strings.Contains(said, "\n770\tkea-dhcp4\t\t") {
		t.Errorf("one that root did not start is told as keactrl's:\n%s", said)
	}
}

// TestFreeBSDsBootHasANumber: without one a reboot could not be told, and the look fails.
func TestFreeBSDsBootHasANumber(t *testing.T) {
	f := newFreeBSD(t)
	f.program("sysctl", "echo \"sysctl: unknown oid 'kern.boot_id'\" >&2\nexit 1")
	if status, said := f.act("pulse"); status == 0 || !strings.Contains(said, "unknown oid") {
		t.Errorf("%d %s", status, said)
	}
}

// TestFreeBSDsConnections: whose a port is, whom a process speaks to, with numbers of processes that stand close to names, IPv6 and unix sockets.
func TestFreeBSDsConnections(t *testing.T) {
	f := newFreeBSD(t)
	f.write("ps", "  770 Is   Tue Nov 24 03:00:07 2026 kea-dhcp4 x\n")
	f.write("owners", "770 700 0 /elsewhere/kea-dhcp4 -c /x\n")
	tcp := `root     kea-dhcp4  770   9  tcp4   192.0.2.5:40000       192.0.2.9:3306
root     kea-dhcp4  770   10 tcp6   fd00:1::5:40002       fd00:1::9:3306
root     kea-dhcp-d81106  11 tcp4   192.0.2.5:40001       192.0.2.9:3306
?        ?          ?     ?  tcp4   192.0.2.5:40003       192.0.2.9:3306
`
	unix := `root     kea-dhcp4  770   12 stream -> /var/run/mysql/mysql.sock
mysql    mariadbd   600   30 stream /var/run/mysql/mysql.sock
root     devd       400   5  stream -> [401 3]
root     kea-dhcp4  770   13 udp4   192.0.2.5:67          *:*
`
	f.program("sockstat", `cat `+f.path("tcp")+`
case $* in *u*qw*) cat `+f.path("unix")+` ;; esac`)
	f.write("tcp", tcp)
	f.write("unix", unix)
	said := f.must("sockets", "ports=40000 40001 40003", "backends=55")
	if said != "@sockets\n40000\t770\t700 0 /elsewhere/kea-dhcp4 -c /x\t\n40001\t81106\t\t\n@backends\n@end\n" {
		t.Errorf("%s", said)
	}
	f.program("route", "printf '   route to: 192.0.2.40\n  interface: vtnet0\n'")
	f.program("ifconfig", "printf 'vtnet0: flags=1008843<UP> metric 0 mtu 1500\n\tinet 192.0.2.5 netmask 0xffffff00 broadcast 192.0.2.255\n\tinet 192.0.2.6 netmask 0xffffffff\n'")
	said = f.must("service", "relay=192.0.2.40")
	_, told, _ := strings.Cut(said, "@peers\n")
	if told != "770\t192.0.2.9:3306\n770\t[fd00:1::9]:3306\n81106\t192.0.2.9:3306\n770\t/var/run/mysql/mysql.sock\n@networks\n770\t192.0.2.5\t\tyes\n@log\t770\n@end\n" {
		t.Errorf("%s", told)
	}
	f.program("route", "printf '  interface: lo0\n'")
	if said := f.must("service", "relay=192.0.2.5"); !strings.Contains(said, "\n770\t192.0.2.5\t\tyes\n") {
		t.Errorf("%s", said)
	}
	f.program("ifconfig", "printf 'lo0: flags\n\tinet 127.0.0.1 netmask 0xff000000\n\tinet6 fe80::1%%lo0 prefixlen 64 scopeid 0x2\n'")
	f.program("getent", "printf '192.0.2.9        db.example\n'")
	if said := f.must("resolve", "names=db"); said != "@addresses\n127.0.0.1\nfe80::1\n@names\ndb\t192.0.2.9\n@end\n" {
		t.Errorf("%s", said)
	}
}

// TestFreeBSDLacksWhatIsNeeded: the first script tells, with the command that brings it.
func TestFreeBSDLacksWhatIsNeeded(t *testing.T) {
	f := newFreeBSD(t)
	for _, tool := range []string{"gbase64", "gdate", "gstat"} {
		f.program(tool, ":")
	}
	if status, said := f.act("found"); status != 1 || said != "these programs are not there: gsync. They are in the packages coreutils and flock: pkg install coreutils flock\n" {
		t.Errorf("%d %s", status, said)
	}
	f.program("gsync", ":")
	if said := f.must("found"); said != "@found\n@end\n" {
		t.Error(said)
	}
}

// TestFreeBSDsKeactrl: its fence holds what rc starts, a start outlives the connection, and a test has the environment that keactrl gives.
func TestFreeBSDsKeactrl(t *testing.T) {
	f := newFreeBSD(t)
	f.write("ps", "")
	f.must("fence")
	if said := f.must("pulse"); !strings.Contains(said, "\ndhcp4\tkea-dhcp4\tyes\tyes\tno\tlinked\tyes\t") {
		t.Error(said)
	}
	f.must("unfence")
	f.must("start", "start=dhcp4 dhcp6")
	f.must("stop", "stop=dhcp4")
	keactrl, conf := f.path("local/sbin/keactrl"), f.path("local/etc/kea/keactrl.conf")
	want := "daemon -f " + keactrl + " start -c " + conf + " -s dhcp4\ndaemon -f " + keactrl + " start -c " + conf + " -s dhcp6\nkeactrl stop -c " + conf + " -s dhcp4\n"
	if got := f.read("calls"); got != want {
		t.Errorf("it called\n%swant\n%s", got, want)
	}
	f.program("../local/sbin/kea-dhcp4", `echo "$*, $KEA_HOOKS_PATH, $KEA_LOCKFILE_DIR, $KL_UNIT"; exit 7`)
	status, said := f.act("test", "unit=dhcp4", "program="+f.path("local/sbin/kea-dhcp4"), "config=/none", "flag=-T", "name=kea-lockstep-test-dhcp4")
	if want := "-T " + f.path("local/etc/kea/kea-dhcp4.conf") + ", " + f.path("local/lib/kea/hooks") + ", none, kea-lockstep-test-dhcp4\n"; status != 7 || said != want {
		t.Errorf("%d %s, want %s", status, said, want)
	}
}

// TestFreeBSDsTestsAreEnded by what their environment says, or by their session where that cannot be read; nothing else is.
func TestFreeBSDsTestsAreEnded(t *testing.T) {
	f := newFreeBSD(t)
	started := func() (pid int, ended chan error) {
		t.Helper()
		cmd := exec.Command("sleep", "600")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended = make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		return cmd.Process.Pid, ended
	}
	test, testEnded := started()
	trial, trialEnded := started()
	job, _ := started()
	f.write("of-rehearsal/unit", "kea-lockstep-rehearsal-1-trial\n")
	f.write("of-run/unit", "kea-lockstep-R1-migrate-1\n")
	f.write("environments", fmt.Sprintf("%d kea-dhcp4 A=b KL_UNIT=kea-lockstep-rehearsal-1-test\n%d sh -\n%d sh KL_UNIT=kea-lockstep-R1-migrate-1\n", test, trial, job))
	f.write("sessions", fmt.Sprintf("%[1]d %[1]d /bin/sh %[3]s/of-rehearsal/runner %[3]s/of-rehearsal\n%[2]d %[2]d /bin/sh %[3]s/of-run/runner %[3]s/of-run\n", trial, job, f.dir))
	f.write("members", fmt.Sprintf("%[1]d %[1]d\n%[2]d %[2]d\n", trial, job))
	for program, files := range map[string][2]string{"procstat": {"environments", "environments"}, "ps": {"sessions", "members"}} {
		f.program(program, fmt.Sprintf("kill -0 %d 2>/dev/null || kill -0 %d 2>/dev/null || exit 0\ncase $* in *'-o sid= -o pid=') cat %s ;; *) cat %s ;; esac",
			test, trial, f.path(files[1]), f.path(files[0])))
	}
	f.write("state/runs/rehearsal-1/alive", "")
	f.write("state/lock", "")
	if said := f.must("clear", "run=rehearsal-1", "unit=kea-lockstep-rehearsal-1", "patience=1"); said != "" {
		t.Error(said)
	}
	for name, ended := range map[string]chan error{"the test": testEnded, "the job": trialEnded} {
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "terminated") {
			t.Errorf("%s of the rehearsal ended so: %v", name, err)
		}
	}
	if err := syscall.Kill(job, 0); err != nil {
		t.Errorf("the job of a run was ended, too: %v", err)
	}
}

// TestFreeBSDHasNoTrials: there is no way to lay packages beside others, and that is said.
func TestFreeBSDHasNoTrials(t *testing.T) {
	book, err := Load("freebsd")
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"unpack", "try"} {
		if _, err := book.Script(action, ""); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "playbook freebsd has no way to "+action) {
			t.Errorf("%s: %v", action, err)
		}
	}
}

// asked is what pkg 2.8.99, built on Debian 12, said on 2026-12-01 to "pkg install -U -n -y kea liblog"; then what other releases say besides, by
// their source.
const asked = `Updating database digests format: .. done
Checking integrity... done (0 conflicting)
The following 2 package(s) will be affected (of 0 checked):

Installed packages to be UPGRADED:
	kea: 2.6.3 -> 3.0.3_1
	liblog: 1.0 -> 2.0

Number of packages to be upgraded: 2
The most recent versions of packages are already installed
`

const others = `
New packages to be INSTALLED:
	botan3: 3.6.1 [local]

Installed packages to be REINSTALLED:
	py311-x-1.2_1,1 [local] (direct dependency changed: botan3)

Installed packages to be REMOVED:
	kea-devel: 3.1.0
	old-thing-1.0

Number of packages to be removed: 2

1 MiB to be downloaded.
`

// TestWhatPkgWouldDo: each change is told, a package that goes as one that goes; where pkg would bring another version, or none, nothing is.
func TestWhatPkgWouldDo(t *testing.T) {
	f := newFreeBSD(t)
	f.write("said", asked)
	f.program("pkg", `case "$*" in
"query %v kea") echo 2.6.3 ;;
"rquery -U %dn kea") echo liblog ;;
"rquery -U %dn liblog") printf 'kea\nlibc\n' ;;
"rquery -U %dn libc") exit 1 ;;
"install -U -n -y kea liblog libc") cat `+f.path("said")+`; exit 1 ;;
*) echo "pkg $*" >&2; exit 70 ;;
esac`)
	if said := f.must("simulate", "wanted=kea=3.0.3_1"); said != "Inst kea\nInst liblog\n" {
		t.Error(said)
	}
	f.write("said", strings.Replace(asked, "\nNumber", others+"\nNumber", 1))
	if said := f.must("simulate", "wanted=kea=3.0.3_1"); said != "Inst kea\nInst liblog\nInst botan3\nInst py311-x\nRemv kea-devel\nRemv old-thing\n" {
		t.Error(said)
	}
	if said := f.must("simulate", "wanted=kea=2.6.3"); said != "" {
		t.Error(said)
	}
	for _, said := range []string{strings.ReplaceAll(asked, "3.0.3_1", "3.0.4"), "kea-2.6.3 is locked and may not be modified\n"} {
		f.write("said", said)
		status, told := f.act("simulate", "wanted=kea=3.0.3_1")
		if status != 1 || told != "pkg would not bring kea to 3.0.3_1:\n"+said {
			t.Errorf("%d %s", status, told)
		}
	}
}

// TestFreeBSDInstallsFromFiles: what Kea needs before Kea, only behind the fence, and over again where it was cut off, which its mark tells.
func TestFreeBSDInstallsFromFiles(t *testing.T) {
	f := newFreeBSD(t)
	f.write("ps", "")
	f.program("pkg", `case $* in
"query -F "*) package=${3##*/}; package=${package%.pkg}; printf '%s %s\n' "${package%-*}" "${package##*-}" ;;
"add "*) echo "$*" >>`+f.path("calls")+`; cat `+f.path("fate")+`; [ ! -s `+f.path("fate")+` ] || exit 1 ;;
"query %n %v "*) echo "kea `+"$(cat "+f.path("version")+`)" ;;
esac`)
	on := []string{"dir=on", "check=kea 3.0.3_1"}
	f.write("fate", "")
	f.write("version", "2.6.3\n")
	if status, said := f.act("install", on...); status != 12 {
		t.Errorf("what was not fetched: %d %s", status, said)
	}
	for _, file := range []string{"whole", "kea-3.0.3_1.pkg", "zlib-1.3.pkg"} {
		f.write("state/packages/on/"+file, "")
	}
	if status, said := f.act("install", on...); status != 1 || said != "dhcp4 is not fenced\n" {
		t.Errorf("%d %s", status, said)
	}
	f.must("fence")
	if status, said := f.act("install", on...); status != 1 || said != "kea is not installed at 3.0.3_1:\nkea 2.6.3\n" {
		t.Errorf("another version is there afterwards: %d %s", status, said)
	}
	f.write("fate", "pkg: Missing shlib liblog.so.2.0 required by kea\n")
	if status, said := f.act("install", on...); status != 1 || !strings.Contains(said, "Missing shlib") {
		t.Errorf("%d %s", status, said)
	}
	if said := f.must("software", "scripts=/none", "hooks=/none"); !strings.Contains(said, "@interrupted\non: the installation of these packages was begun") {
		t.Errorf("%s", said)
	}
	f.write("fate", "")
	f.write("version", "3.0.3_1\n")
	f.must("install", on...)
	if said := f.must("software", "scripts=/none", "hooks=/none"); !strings.Contains(said, "@interrupted\n@fetched\n") {
		t.Errorf("%s", said)
	}
	packages := f.path("state/packages/on")
	if calls, want := strings.ReplaceAll(f.read("calls"), "kea-dhcp4 -v\n", ""), "add -f "+packages+"/zlib-1.3.pkg "+packages+"/kea-3.0.3_1.pkg\n"; calls != strings.Repeat(want, 3) {
		t.Errorf("it called\n%s", calls)
	}
}

// TestHalfAPackageIsNone: what a fetch that was cut off has left is made anew, both ways; what is whole is left alone, though another version is
// installed by now.
func TestHalfAPackageIsNone(t *testing.T) {
	f := newFreeBSD(t)
	f.write("said", strings.ReplaceAll(asked, "\tliblog: 1.0 -> 2.0\n", ""))
	f.program("pkg", `case "$*" in
"query %v kea") cat `+f.path("version")+` ;;
"rquery "*) ;;
"install -U -n "*) cat `+f.path("said")+` ;;
"create -o "*) echo made >"$3/kea-2.6.3.pkg"; echo "$1" >>`+f.path("calls")+` ;;
"fetch -U -o "*) mkdir -p "$4/All/Hashed" && echo fetched >"$4/All/Hashed/$5~f00.pkg"; echo "$1" >>`+f.path("calls")+` ;;
"query -F "*) package=${3##*/}; package=${package%.pkg}; echo "${package%~*}" ;;
*) echo "pkg $*" >&2; exit 70 ;;
esac`)
	f.write("version", "2.6.3\n")
	for _, file := range []string{"back/kea-2.6.3.pkg", "on/kea-3.0.3_1.pkg"} {
		f.write("state/packages/"+file, "half of it")
	}
	way := []string{"on=kea=3.0.3_1", "back=kea=2.6.3", "on_dir=on", "back_dir=back"}
	f.must("prefetch", way...)
	f.write("version", "3.0.3_1\n")
	f.must("prefetch", way...)
	if back, on := f.read("state/packages/back/kea-2.6.3.pkg"), f.read("state/packages/on/kea-3.0.3_1.pkg"); back != "made\n" || on != "fetched\n" {
		t.Errorf("the way back has %q, the way on %q", back, on)
	}
	if calls := f.read("calls"); calls != "create\nfetch\n" {
		t.Errorf("it called\n%s", calls)
	}
}
