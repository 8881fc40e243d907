package ssh_test

import (
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

// TestAServerWithTooManyLogins is asked again for a while, and what it said is told.
func TestAServerWithTooManyLogins(t *testing.T) {
	for away, in := range map[int]bool{2: true, 1000: false} {
		s := sshtest.Start(t, sshtest.Options{TurnsAway: away})
		_, err := pool(t, ssh.Options{Timeout: 3 * time.Second}).Host(login(s)).Run(within(t, 20*time.Second), ssh.Command{Script: "true"})
		if (err == nil) != in || err != nil && (!errors.Is(err, ssh.ErrUnreachable) || !strings.Contains(err.Error(), "Exceeded MaxStartups")) {
			t.Errorf("turned away %d times: %v", away, err)
		}
	}
}

func TestConnectionLostWhileAScriptRunsLeavesItsFateUnknown(t *testing.T) {
	for name, lose := range map[string]func(*sshtest.Server){"cut": (*sshtest.Server).Cut, "frozen": (*sshtest.Server).Freeze} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Options{})
			h := pool(t, ssh.Options{Keepalive: 50 * time.Millisecond}).Host(login(s))
			dir := t.TempDir()
			go func() {
				eventually(t, "begin", func() bool { return exists(filepath.Join(dir, "begun")) })
				lose(s)
			}()
			_, err := h.Run(within(t, 10*time.Second), ssh.Command{Params: []ssh.Param{{"D", dir}},
				Script: `: >"$D/begun"; until [ -e "$D/go" ]; do sleep 0.01; done; : >"$D/ended"`})
			if !errors.Is(err, ssh.ErrFateUnknown) || errors.Is(err, ssh.ErrUnreachable) || !strings.Contains(err.Error(), "connection lost") {
				t.Errorf("%v, want ErrFateUnknown for a lost connection", err)
			}
			// The script did run on: that is what "unknown" is for.
			writeFile(t, dir, "go", "")
			eventually(t, "end of the script", func() bool { return exists(filepath.Join(dir, "ended")) })
			if r, err := h.Run(within(t, 10*time.Second), ssh.Command{Script: "echo again"}); err != nil || string(r.Stdout) != "again\n" {
				t.Errorf("redial: %v", err)
			}
		})
	}
}

func TestConnectionLostBeforeTheScriptWasSentIsDialedAnew(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	h := pool(t, ssh.Options{Keepalive: 50 * time.Millisecond}).Host(login(s))
	for i, lose := range []func(){func() {}, s.Cut, s.Freeze, s.Cut} {
		lose()
		if _, err := h.Run(within(t, 10*time.Second), ssh.Command{Script: "true"}); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n := s.Logins.Load(); n != 4 {
		t.Errorf("%d logins, want 4", n)
	}
}

func TestConnectionLostBetweenShellAndScriptIsNeverStarted(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	s.OnExec(func(string) { s.Cut() })
	_, err := host(t, s).Run(within(t, 10*time.Second), ssh.Command{Script: "true"})
	if !errors.Is(err, ssh.ErrUnreachable) || errors.Is(err, ssh.ErrFateUnknown) {
		t.Errorf("%v, want ErrUnreachable", err)
	}
}

func TestShellKilledWhileItRunsLeavesTheFateUnknown(t *testing.T) {
	_, err := host(t, sshtest.Start(t, sshtest.Options{})).Run(within(t, 10*time.Second), ssh.Command{Script: "kill -9 $$"})
	if !errors.Is(err, ssh.ErrFateUnknown) {
		t.Error(err)
	}
}

func TestAccountsThatRunNothing(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		kind error
	}{
		"nologin":                {"echo This account is currently not available.; exit 1", ssh.ErrNotRun},
		"forced command":         {"cat >/dev/null; echo maintenance; exit 0", ssh.ErrFateUnknown}, // the status of a script whose output went elsewhere
		".bashrc eats two lines": {"read x; read x; exec sh -s", ssh.ErrNotRun},
		".bashrc eats six lines": {"for i in 1 2 3 4 5 6; do read x; done; exec sh -s", ssh.ErrNotRun},
		".bashrc eats a line":    {"read x; exec sh -s", ssh.ErrNotRun},
		"hangs up at once":       {"exec <&-; echo go away; exit 0", nil}, // seen when the script is written, or afterwards
	} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Options{Shell: func(string) *exec.Cmd { return exec.Command("sh", "-c", c.line) }})
			ran := filepath.Join(t.TempDir(), "ran")
			_, err := host(t, s).Run(within(t, 10*time.Second), ssh.Command{Script: `: >"$F"`, Params: []ssh.Param{{"F", ran}}})
			if c.kind == nil && !errors.Is(err, ssh.ErrNotRun) && !errors.Is(err, ssh.ErrFateUnknown) || c.kind != nil && !errors.Is(err, c.kind) {
				t.Errorf("%v, want %v", err, c.kind)
			}
			if exists(ran) {
				t.Error("the script ran")
			}
		})
	}
}

func TestNothingListensThere(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	l := login(s)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Address = "root@" + closed.Addr().String()
	closed.Close()
	_, err = pool(t, ssh.Options{}).Host(l).Run(within(t, 10*time.Second), ssh.Command{Script: "true"})
	if !errors.Is(err, ssh.ErrUnreachable) || !strings.HasPrefix(err.Error(), "k1: ") {
		t.Errorf("%v", err)
	}
}

func TestSilentServerIsGivenUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	l := ssh.Login{Name: "k1", Address: "root@" + silent.Addr().String(), ConfigFile: "none", Timeout: 100 * time.Millisecond}
	_, err = pool(t, ssh.Options{}).Host(l).Run(within(t, 10*time.Second), ssh.Command{Script: "true"})
	if !errors.Is(err, ssh.ErrUnreachable) || !strings.Contains(err.Error(), "no answer within 100ms") {
		t.Errorf("%v", err)
	}
}
