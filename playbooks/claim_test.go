package playbooks

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// host is a directory that stands in for a server: the scripts' state directory, and a systemctl that writes down what it is
// told. Timers named "active" are.
type host struct {
	t   *testing.T
	dir string
}

func newHost(t *testing.T) host {
	t.Helper()
	for _, program := range []string{"sh", "flock", "sha256sum", "sync"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed here: %v", program, err)
		}
	}
	h := host{t, t.TempDir()}
	h.program("systemctl", "echo \"$*\" >>"+h.path("calls")+"\ncase $1 in is-active) case $3 in active*) exit 0 ;; esac; exit 3 ;; esac")
	return h
}

func (h host) path(name string) string { return filepath.Join(h.dir, name) }

func (h host) write(name, text string) {
	h.t.Helper()
	if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(h.path(name), []byte(text), 0o640); err != nil {
		h.t.Fatal(err)
	}
}

// program puts a shell script in the way of a program.
func (h host) program(name, script string) {
	h.t.Helper()
	h.write("bin/"+name, "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(h.path("bin/"+name), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

func (h host) read(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(h.path(name))
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	return string(text)
}

// run runs an action and gives its exit status and what it said.
func (h host) run(action string, assign ...string) (int, string) {
	h.t.Helper()
	return h.runOn("", action, assign...)
}

// runOn runs an action on a kind of database.
func (h host) runOn(engine, action string, assign ...string) (int, string) {
	h.t.Helper()
	p, err := Load("debian")
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := p.Script(action, engine)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.shell(text, assign...)
}

// shell runs the text of a script.
func (h host) shell(text string, assign ...string) (int, string) {
	h.t.Helper()
	head := "state='" + h.path("state") + "'\n"
	for _, a := range assign {
		name, value, _ := strings.Cut(a, "=")
		head += name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'\n"
	}
	cmd := exec.Command("sh", "-s")
	cmd.Stdin = strings.NewReader(head + text)
	cmd.Env = []string{"PATH=" + h.path("bin") + ":" + os.Getenv("PATH"), "LC_ALL=C"}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), said.String()
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return 0, said.String()
}

func (h host) claim(run, epoch string) (int, string) {
	return h.run("claim", "run="+run, "epoch="+epoch, "marker={\n  \"driver\": \"drive "+epoch+"\",\n}", "readme=how to go on",
		"timers=active-a.timer idle.timer active-b.timer", "packages=this that")
}

func TestOneRunHoldsAServer(t *testing.T) {
	h := newHost(t)
	if status, said := h.claim("R1", "2"); status != 0 {
		t.Fatalf("a free server cannot be claimed: %d %s", status, said)
	}
	for _, c := range []struct {
		run, epoch string
		status     int
		holds      string
	}{
		{"R1", "2", 0, "R1 2"},  // the same drive again
		{"R1", "3", 0, "R1 3"},  // a resume
		{"R1", "2", 11, "R1 3"}, // a driver that woke up
		{"R2", "9", 10, "R1 3"}, // another run
		{"R1", "10", 0, "R1 10"},
		{"R1", "9", 11, "R1 10"}, // numbers, not letters
	} {
		status, said := h.claim(c.run, c.epoch)
		if holds := strings.TrimSpace(h.read("state/claim")); status != c.status || holds != c.holds {
			t.Errorf("claim by %s %s: status %d (%s), and %q holds it; want %d and %q", c.run, c.epoch, status, said, holds, c.status, c.holds)
		}
		if c.status == 10 && !strings.Contains(said, "drive 3") {
			t.Errorf("the refusal does not name the holder's driver: %s", said)
		}
	}
}

// Two machines that take a run over at the same time have the same epoch, and only one of them the server.
func TestOneOfTwoDrivesOfAnEpochHoldsAServer(t *testing.T) {
	h := newHost(t)
	take := func(driver string) (int, string) {
		return h.run("claim", "run=R1", "epoch=2", "marker={\n  \"driver\": \""+driver+"\",\n  \"driven\": {\n    \"driver\": \"x\"\n  }\n}", "readme=", "timers=", "packages=")
	}
	for _, c := range []struct {
		driver string
		status int
	}{{"first", 0}, {"second", 11}, {"first", 0}} {
		if status, said := take(c.driver); status != c.status || status != 0 && !strings.Contains(said, "first") {
			t.Errorf("%s: status %d, %s", c.driver, status, said)
		}
	}
	if marker := h.read("state/marker.json"); !strings.Contains(marker, "first") || h.read("state/claim") != "R1 2\n" {
		t.Errorf("the marker is %s", marker)
	}
}

// What another machine carries a run on by.
func TestWhatARunLeavesIsTold(t *testing.T) {
	h := newHost(t)
	if status, said := h.run("remains"); status != 0 || said != "@claim\n@marker\n@over\n@end\n" {
		t.Errorf("of nothing: status %d, %q", status, said)
	}
	h.claim("R0", "4")
	h.run("release", "run=R0")
	h.claim("R1", "2")
	h.write("state/runs/R1/jobs/dump-k1-db1/1/status", "")
	h.write("state/runs/R1/jobs/dump-k1-db1/2.3/status", "")
	h.write("state/runs/R1/jobs/dump-k1-db1/.claim", "")
	h.write("state/runs/R0/jobs/dump-k1-db1/1/status", "")
	status, said := h.run("remains")
	for _, want := range []string{"@claim\nR1 2\n@marker\n{\n  \"driver\": \"drive 2\",\n}\n@since\n1", "\n@jobs\ndump-k1-db1/1\ndump-k1-db1/2.3\n@over\nR0 4\n@end\n"} {
		if status != 0 || !strings.Contains(said, want) {
			t.Errorf("status %d, not %q: %q", status, want, said)
		}
	}
	if err := os.Rename(h.path("state/marker.json"), h.path("state/runs/R1/marker.json")); err != nil {
		t.Fatal(err)
	}
	if status, said := h.run("remains"); status != 0 || !strings.Contains(said, "drive 2") {
		t.Errorf("a release that was cut off: status %d, %q", status, said)
	}
}

func TestTimersComeBackAsTheyWere(t *testing.T) {
	h := newHost(t)
	h.claim("R1", "1")
	if calls := h.read("calls"); !strings.Contains(calls, "stop active-a.timer active-b.timer\n") {
		t.Errorf("the timers were not paused: %s", calls)
	}
	// A second drive finds them paused, and must not take that for the state before the run.
	h.program("systemctl", "echo \"$*\" >>"+h.path("calls")+"\ncase $1 in is-active) exit 3 ;; esac")
	h.claim("R1", "2")
	h.write("calls", "")
	h.write("state/runs/R1/scripts.x/mysql/upgrade_022_to_023.sh", "of a migration that was killed")
	if status, said := h.run("release", "run=R1"); status != 0 {
		t.Fatalf("release: %d %s", status, said)
	}
	if calls := h.read("calls"); calls != "start active-a.timer active-b.timer\n" {
		t.Errorf("release brought back %q", calls)
	}
	for _, gone := range []string{"state/claim", "state/marker.json", "state/README", "state/runs/R1/scripts.x/mysql/upgrade_022_to_023.sh"} {
		if text := h.read(gone); text != "" {
			t.Errorf("%s is left: %s", gone, text)
		}
	}
	if h.read("state/runs/R1/marker.json") == "" {
		t.Error("nothing is left to tell what was done here")
	}
}

// A driver that was suspended before its claim and wakes up after the run has ended finds no claim that names a newer epoch.
func TestARunThatEndedCannotClaimAgain(t *testing.T) {
	h := newHost(t)
	end := func(run, epoch string) {
		t.Helper()
		if status, said := h.claim(run, epoch); status != 0 {
			t.Fatalf("claim by %s %s: %d %s", run, epoch, status, said)
		}
		if status, said := h.run("release", "run="+run); status != 0 {
			t.Fatalf("release by %s %s: %d %s", run, epoch, status, said)
		}
	}
	refused := func(run, epoch string) {
		t.Helper()
		before := h.read("state/claim")
		h.write("calls", "")
		status, said := h.claim(run, epoch)
		if status != 11 || !strings.Contains(said, run) {
			t.Errorf("claim by %s %s after its end: %d %s", run, epoch, status, said)
		}
		if now := h.read("state/claim"); now != before || h.read("calls") != "" || strings.Contains(h.read("state/marker.json"), "drive "+epoch) {
			t.Errorf("claim by %s %s after its end did something: %q, %s", run, epoch, now, h.read("calls"))
		}
	}
	end("R1", "2")
	refused("R1", "2")
	refused("R1", "1")
	end("R1", "3") // killed between its release and its last word, and taken up
	refused("R1", "3")
	refused("R1", "2")
	if over := h.read("state/over"); over != "R1 3\n" {
		t.Errorf("over holds %q", over)
	}
	end("R10", "1") // another run, by a name that begins like the first
	refused("R1", "3")
	if status, said := h.claim("R2", "1"); status != 0 {
		t.Fatalf("the next run: %d %s", status, said)
	}
	refused("R1", "3") // told that it is over, not that somebody else is in its way
	h.run("release", "run=R2")
	for i := range 17 {
		end(fmt.Sprint("S", i), "1")
	}
	refused("R1", "3")
	end("S17", "1")
	if over := h.read("state/over"); strings.Count(over, "\n") != 20 || strings.Contains(over, "R1 ") || !strings.HasSuffix(over, "S16 1\nS17 1\n") {
		t.Errorf("not the last 20 are kept: %q", over)
	}
}

// A run that was refused after it had staged files left passwords behind.
func TestTheNextRunClearsWhatIsNobodys(t *testing.T) {
	h := newHost(t)
	h.write("state/runs/R0/staged/etc/kea.conf", "password")
	h.write("state/runs/R1/staged/etc/kea.conf", "password")
	h.write("state/packages/old/kea.deb", "")
	h.write("state/packages/this/kea.deb", "x")
	h.claim("R1", "1")
	if h.read("state/runs/R0/staged/etc/kea.conf") != "" || h.read("state/runs/R1/staged/etc/kea.conf") == "" {
		t.Error("another run's staged files stay, or this one's went")
	}
	if _, err := os.Stat(h.path("state/packages/old")); err == nil || h.read("state/packages/this/kea.deb") == "" {
		t.Error("old packages stay, or those of this run went")
	}
}

func TestRoomIsNotMadeOnAnothersServer(t *testing.T) {
	h := newHost(t)
	h.claim("R1", "1")
	if status, _ := h.run("room", "run=R2", "paths=/etc/kea/a.conf"); status != 10 {
		t.Errorf("status %d", status)
	}
	if status, said := h.run("room", "run=R1", "paths=/etc/kea/a.conf\n/srv/b.conf"); status != 0 {
		t.Errorf("status %d: %s", status, said)
	}
	for _, dir := range []string{"etc/kea", "srv"} {
		if _, err := os.Stat(h.path("state/runs/R1/staged/" + dir)); err != nil {
			t.Error(err)
		}
	}
}
