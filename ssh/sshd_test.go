package ssh_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// sshdHere is OpenSSH's server on this machine, and the account that the test runs as, if it can log in there.
func sshdHere(t *testing.T) (sshd string, me *user.User) {
	t.Helper()
	needs(t, "ssh-keygen")
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		if sshd = "/usr/sbin/sshd"; !exists(sshd) {
			t.Skip("this machine has no sshd")
		}
	}
	if me, err = user.Current(); err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		if _, err := user.Lookup("sshd"); err != nil {
			t.Skip("sshd as root wants an account named sshd")
		}
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Skip(err)
		}
	}
	if passwd, err := os.ReadFile("/etc/passwd"); err == nil {
		for line := range strings.Lines(string(passwd)) {
			if strings.HasPrefix(line, me.Username+":") && (strings.HasSuffix(line, "nologin\n") || strings.HasSuffix(line, "false\n")) {
				t.Skip("sshd lets this account run nothing")
			}
		}
	}
	return sshd, me
}

// log is what a daemon says.
type log struct {
	pid  int
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *log) count(what string) int { return strings.Count(l.String(), what) }

// startDaemon runs a daemon until the test ends, and waits until it listens.
func startDaemon(t *testing.T, daemon *exec.Cmd, addr string) *log {
	t.Helper()
	said := spawn(t, daemon)
	eventually(t, "the daemon: "+said.String(), func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return said
}

// spawn runs a program in the background until the test ends, and gives what it says.
func spawn(t *testing.T, daemon *exec.Cmd) *log {
	t.Helper()
	said := &log{}
	daemon.Stderr = said
	daemon.WaitDelay = time.Second // a session of it may outlive it
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	said.pid = daemon.Process.Pid
	t.Cleanup(func() {
		daemon.Process.Signal(syscall.SIGTERM)
		daemon.Wait()
	})
	return said
}

func freePort(t *testing.T) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	_, port, _ := net.SplitHostPort(free.Addr().String())
	return port
}

func keygen(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", append([]string{"-q"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %q: %v: %s", args, err, out)
	}
}
