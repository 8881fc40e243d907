package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"kea-lockstep/internal/world"
)

// The test's own binary is the tour where this is set: it changes its directory and listens to signals, as a process of its own.
const asTour = "KEA_LOCKSTEP_TEST_TOUR"

func TestMain(m *testing.M) {
	if os.Getenv(asTour) != "" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// person sits at a real terminal before a tour.
type person struct {
	t    *testing.T
	cmd  *exec.Cmd
	tty  *os.File
	mu   sync.Mutex
	text bytes.Buffer
	read int
	done chan struct{}
	dir  string
}

func sit(t *testing.T, args ...string) *person {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, cmd: exec.Command(program, args...), done: make(chan struct{}), dir: t.TempDir()}
	p.cmd.Env = append(os.Environ(), asTour+"=yes", "TMPDIR="+p.dir)
	if p.tty, err = pty.StartWithSize(p.cmd, &pty.Winsize{Rows: 40, Cols: 120}); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		b := make([]byte, 4096)
		for {
			n, err := p.tty.Read(b)
			p.mu.Lock()
			p.text.Write(b[:n])
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.tty.Close()
	})
	return p
}

func (p *person) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// sees waits for words behind those that were seen before.
func (p *person) sees(words string) {
	p.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; {
		if i := strings.Index(p.screen()[p.read:], words); i >= 0 {
			p.read += i + len(words)
			return
		}
		select {
		case <-p.done:
			if !strings.Contains(p.screen()[p.read:], words) {
				p.t.Fatalf("it ended without %q:\n%s", words, p.screen())
			}
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(end) {
			p.t.Fatalf("%q never came:\n%s", words, p.screen())
		}
	}
}

func (p *person) types(text string) {
	p.t.Helper()
	if _, err := p.tty.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the end, with that exit code and nothing left behind.
func (p *person) ends(code int) {
	p.t.Helper()
	<-p.done
	err := p.cmd.Wait()
	got := 0
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		got = ended.ExitCode()
	}
	if got != code {
		p.t.Errorf("it ended with %d, not %d:\n%s", got, code, p.screen())
	}
	left, err := os.ReadDir(p.dir)
	if err != nil || len(left) > 0 {
		p.t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSomebodyWatchesAndAnswers(t *testing.T) {
	p := sit(t, "--speed", "20")
	p.sees("$ kea-lockstep survey")
	p.sees("3 servers share 1 database")
	p.sees("$ kea-lockstep upgrade")
	p.sees("point of no return")
	p.sees("[y/N]")
	p.types("y\n")
	p.sees("type migrate to go on")
	p.types("migrate\n")
	p.sees("[y/N]")
	p.types("y\n")
	p.sees("done: 3 servers at Kea 3.0.3")
	p.sees("$ kea-lockstep check")
	p.sees("expects 30.0")
	p.sees("of a processor's time, and at most ")
	p.sees("MB of memory")
	p.sees("go run ./sim --fail migrate")
	p.ends(0)
}

func TestAFailureIsShownAndCarriedOnFrom(t *testing.T) {
	p := sit(t, "--speed", "20", "--servers", "2", "--fail", "migrate", "--yes")
	p.sees("halted")
	p.sees("after the point of no return")
	p.sees("$ kea-lockstep resume")
	p.sees("done: 2 servers at Kea 3.0.3")
	p.ends(0)
}

func TestANoLeavesTheFleetAsItWas(t *testing.T) {
	p := sit(t, "--speed", "20", "--servers", "2")
	p.sees("[y/N]")
	p.types("n\n")
	p.sees("nothing was changed")
	p.ends(3)
}

func TestTheFleetStaysUpAndThingsHappen(t *testing.T) {
	p := sit(t, "--speed", "20", "--keep")
	p.sees("cd ")
	p.sees("a reboot")
	const what = "a short session of a stranger"
	number := 1 + slices.IndexFunc(world.Disturbances(), func(d world.Disturbance) bool { return d.Name == what })
	p.types(fmt.Sprintf("%d\n", number))
	p.sees("done: " + what)
	p.types("99\n")
	p.sees("type a number from 1 to")
	p.types("\x03")
	p.sees("nothing is left behind")
	p.ends(0)
}

// TestTheProgramWorksOnAFleetThatStaysUp does what the fleet's first screen says: it builds the program and runs its commands.
func TestTheProgramWorksOnAFleetThatStaysUp(t *testing.T) {
	program := filepath.Join(t.TempDir(), "kea-lockstep")
	if out, err := exec.Command("go", "build", "-o", program, "kea-lockstep/cmd/kea-lockstep").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := sit(t, "--speed", "20", "--keep")
	p.sees("Type NUMBER")
	dir := regexp.MustCompile(`(?m)^  cd (\S+)`).FindStringSubmatch(p.screen())
	if dir == nil {
		t.Fatalf("no directory is named:\n%s", p.screen())
	}
	for _, c := range []struct {
		code  int
		words string
		says  string
	}{
		{0, "version", "kea-lockstep"},
		{0, "survey", "3 servers share 1 database"},
		{0, "check", "ok"},
		{0, "plan", "point of no return"},
		{3, "upgrade", "stdin is no terminal"},
		{0, "upgrade --yes", "done: 3 servers at Kea 3.0.3"},
		{0, "status", "done"},
		{0, "runs", "3.0.3"},
		{0, "check", "expects 30.0"},
		{2, "resume", "nothing to carry on"},
		{0, "unlock", ""},
	} {
		cmd := exec.Command(program, strings.Fields(c.words)...)
		cmd.Dir = dir[1]
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir[1], "state"))
		out, _ := cmd.CombinedOutput() // the code tells
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", c.words, code, c.code, c.says, out)
		}
	}
	p.types("\x03")
	p.sees("nothing is left behind")
	p.ends(0)
}

func TestWrongOptions(t *testing.T) {
	for _, args := range [][]string{{"--servers", "0"}, {"--fail", "lunch"}, {"upgrade"}, {"--speed", "0"}, {"--bogus"}} {
		if code := run(args); code != codeUsage {
			t.Errorf("%v: %d", args, code)
		}
	}
}

// A closed terminal ends it, and nothing is left behind.
func TestAHangUpEndsIt(t *testing.T) {
	p := sit(t, "--keep", "--speed", "20")
	p.sees("cd ")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.ends(0)
}

func TestAnInterruptAtTheFirstQuestionChangesNothing(t *testing.T) {
	p := sit(t, "--speed", "20", "--servers", "2")
	p.sees("[y/N]")
	p.types("\x03")
	p.sees("nothing was changed")
	p.sees("Interrupted: the simulated fleet is gone")
	p.ends(130)
}

func TestAnInterruptInTheOutageHalts(t *testing.T) {
	p := sit(t, "--speed", "2", "--servers", "2", "--yes")
	p.sees("$ kea-lockstep upgrade")
	p.sees("dump kea1 ...")
	p.types("\x03")
	p.sees("kea-lockstep resume")
	p.sees("Interrupted: the simulated fleet is gone")
	p.ends(4)
}
