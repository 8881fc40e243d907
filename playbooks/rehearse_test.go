package playbooks

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const aRehearsal = "rehearsal-20261122T020311Z-7q2d"

// taken runs take.sh, which holds a room until the function that is returned ends its input.
func (h host) taken() (leave func()) {
	h.t.Helper()
	p, err := Load("debian")
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := p.Script("take", "")
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", text)
	cmd.Env = []string{"PATH=" + h.path("bin") + ":" + os.Getenv("PATH"), "LC_ALL=C", "state=" + h.path("state"), "run=" + aRehearsal, "driver=root@desk process 7"}
	input, err := cmd.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	said, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	heard := make([]byte, len("taken\n"))
	if _, err := io.ReadFull(said, heard); err != nil || string(heard) != "taken\n" {
		h.t.Fatalf("it said %q: %v", heard, err)
	}
	return func() {
		_ = input.Close()
		if err := cmd.Wait(); err != nil {
			h.t.Error(err)
		}
	}
}

// A room says whether its driver lives, is not cleared while it does, and is cleared with what still runs from it once it does not.
func TestARoomLivesAsLongAsItsDriver(t *testing.T) {
	h := newHost(t)
	clearing := func() (int, string) {
		return h.run("clear", "run="+aRehearsal, "unit=kea-lockstep-"+aRehearsal+"-", "patience=1")
	}
	if status, said := clearing(); status != 0 {
		t.Errorf("of nothing: %d %s", status, said)
	}
	h.write("state/runs/R1/marker.json", "of a run")
	leave := h.taken()
	if status, said := h.run("rooms"); status != 0 || said != "@rooms\n"+aRehearsal+"\tyes\troot@desk process 7\n@end\n" {
		t.Errorf("while it lives: %d %q", status, said)
	}
	if status, said := clearing(); status != 10 || h.read("state/runs/"+aRehearsal+"/driver") == "" {
		t.Errorf("a room whose driver lives: %d %s", status, said)
	}
	leave()
	if status, said := h.run("rooms"); status != 0 || said != "@rooms\n"+aRehearsal+"\tno\troot@desk process 7\n@end\n" {
		t.Errorf("once it is dead: %d %q", status, said)
	}
	h.program("systemctl", "echo \"$*\" >>"+h.path("calls")+"\ncase $1 in list-units) echo kea-lockstep-x.service loaded active ;; esac")
	if status, said := clearing(); status != 0 {
		t.Errorf("a dead one's room: %d %s", status, said)
	}
	if calls := h.read("calls"); !strings.Contains(calls, "kea-lockstep-"+aRehearsal+"-*\nstop kea-lockstep-x.service\n") {
		t.Errorf("what runs from it was not ended: %s", calls)
	}
	if _, err := os.Stat(h.path("state/runs/" + aRehearsal)); err == nil || h.read("state/runs/R1/marker.json") == "" {
		t.Error("the room stays, or what a run has went")
	}
}

func TestOnlyRoomsAreCleared(t *testing.T) {
	h := newHost(t)
	h.write("state/runs/R1/marker.json", "of a run")
	h.write("precious", "x")
	for _, run := range []string{"R1", "", "rehearsal-", "rehearsal-/../R1", "rehearsal-/../../../precious"} {
		if status, _ := h.run("clear", "run="+run, "unit=x", "patience=1"); status != 1 {
			t.Errorf("%q: status %d", run, status)
		}
	}
	if h.read("state/runs/R1/marker.json") == "" || h.read("precious") == "" {
		t.Error("something else was removed")
	}
}

// kea-admin is given the name of the scratch database, and none where another one answers or the name is no scratch database's.
func TestATrialIsOfAScratchDatabase(t *testing.T) {
	const scratch = "kea_lockstep_rehearsal_20261122t020311z_7q2d_0a1b2c3d"
	for _, engine := range []struct{ name, kind, client string }{{"mysql", "mysql", "mariadb"}, {"postgresql", "pgsql", "psql"}} {
		for _, c := range []struct {
			scratch, answers string
			lacks            bool // kea-admin
			goes             bool
		}{
			{scratch: scratch, answers: scratch, goes: true},
			{scratch: scratch, answers: "kea"},
			{scratch: scratch, answers: scratch + "x"},
			{scratch: scratch, answers: ""},
			{scratch: "kea", answers: "kea"},
			{scratch: "kea_lockstep_", answers: "kea_lockstep_"},
			{scratch: "kea_lockstep_x;", answers: "kea_lockstep_x;"},
			{scratch: scratch, answers: scratch, lacks: true},
		} {
			t.Run(engine.name+" "+c.scratch+" "+c.answers, func(t *testing.T) {
				h := newHost(t)
				h.program(engine.client, "cat >/dev/null\nprintf '%s\\t22.2\\n' '"+c.answers+"'")
				h.program("unshare", "echo \"unshared $*\"\nshift 4\nshift 3\nexec \"$@\"")
				h.program("kea-admin", "echo 'today'\n")
				if !c.lacks {
					h.program("../root/usr/sbin/kea-admin", `echo "target $*"`)
				}
				h.program("../root/scripts/"+engine.kind+"/upgrade_022_to_023.sh", "true")
				h.write("state/runs/"+aRehearsal+"/driver", "")
				status, said := h.runOn(engine.name, "trial", "client="+engine.client, "host=192.0.2.1", "port=3306", "user=admin", "database=kea",
					"password=p", "option_password=p", "option_tls=", "directories=", "scratch="+c.scratch, "root="+h.path("root"), "prefix=/usr", "scripts=/scripts",
					"extra=--more", "run="+aRehearsal)
				want := "target db-upgrade " + engine.kind + " -h 192.0.2.1 -P 3306 -u admin -n " + scratch + " "
				if went := strings.Contains(said, want); went != c.goes || (status == 0) != c.goes || strings.Contains(said, "today") {
					t.Errorf("status %d: %s", status, said)
				}
				if c.goes && !strings.Contains(said, filepath.Join(h.path("root"), "scripts")+" /scripts kea-admin") {
					t.Errorf("today's scripts are not laid over: %s", said)
				}
			})
		}
	}
}

// A test beside the daemon runs as the unit's user, with its environment, and may write nowhere; the unit's directories, which would go
// with the transient one, are left out. Those for sockets whose mode is another one then are empty ones of that mode.
func TestATryTouchesNothing(t *testing.T) {
	h := newHost(t)
	h.program("systemd-run", `for word in "$@"; do echo "$word"; done`)
	h.program("id", `case $* in "-u _kea") echo 101 ;; "-g _kea") echo 102 ;; *) exit 1 ;; esac`)
	h.write("run/kea/kea4-ctrl-socket.lock", "")
	h.write("root/usr/lib/systemd/system/kea-lockstep-test.service", "[Service]\nUser=_kea\nEnvironment=KEA_LOCKFILE_DIR=/run/lock/kea\nRuntimeDirectory=kea lock/kea\nRuntimeDirectoryMode=0750\n"+
		"StateDirectory=kea\nAmbientCapabilities=CAP_NET_RAW\nExecStart=/usr/sbin/kea-dhcp4 -c /etc/x.conf\nProtectSystem=no\n")
	h.write("root"+h.path("hooks")+"/libdhcp_mysql.so", "")
	h.write("hooks/libdhcp_mysql.so", "")
	h.write("root/usr/lib/x86_64-linux-gnu/libkea.so", "")
	h.write("etc/kea.conf", today)
	h.write("aside/0", tomorrow)
	// The unit is known here, whatever this machine has.
	p, err := Load("debian")
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Script("try", "")
	if err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, "\nunit_file \"$unit\"\n", "\nfile=/dev/null parts=\n", 1)
	text = strings.Replace(text, `stat -c %a "/run/`, `stat -c %a "`+h.path("run")+`/`, 1)
	status, said := h.shell(text, "unit=kea-lockstep-test.service", "program=/usr/sbin/kea-dhcp4", "config="+h.path("etc/kea.conf"), "flag=-T", "name=n",
		"root="+h.path("root"), "prefix=/usr", "hooks="+h.path("hooks"), "copies="+h.path("aside/0")+" "+h.path("etc/kea.conf")+"\n")
	if status != 0 {
		t.Fatalf("%d %s", status, said)
	}
	for _, want := range []string{
		"--property=User=_kea", "--property=ProtectSystem=strict", "--property=PrivateTmp=yes", "--property=AmbientCapabilities=CAP_NET_RAW",
		"--property=BindReadOnlyPaths=" + h.path("root") + ":/tmp/kea-lockstep",
		"--property=BindReadOnlyPaths=" + h.path("root") + h.path("hooks") + ":" + h.path("hooks"),
		"--property=BindReadOnlyPaths=" + h.path("aside/0.fit") + ":" + h.path("etc/kea.conf"),
		"--property=TemporaryFileSystem=/run/kea:mode=0750,uid=101,gid=102",
		"--property=Environment=KEA_LOCKFILE_DIR=none", "/tmp/kea-lockstep/usr/sbin/kea-dhcp4", "-T",
	} {
		if !strings.Contains(said, want+"\n") {
			t.Errorf("it lacks %s:\n%s", want, said)
		}
	}
	for _, no := range []string{"RuntimeDirectory", "StateDirectory", "ProtectSystem=no", "/run/lock/kea:"} {
		if strings.Contains(said, no) {
			t.Errorf("it has %s:\n%s", no, said)
		}
	}
	if strings.LastIndex(said, "KEA_LOCKFILE_DIR=none") < strings.LastIndex(said, "KEA_LOCKFILE_DIR=/run") {
		t.Error("the unit's own directory of locks wins")
	}
	if h.read("etc/kea.conf") != today || h.read("aside/0.fit") != tomorrow {
		t.Error("the file itself was changed, or its copy is not what is tested")
	}
}
