package ssh_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

// login is the way into a test server, without the account's own configuration.
func login(s *sshtest.Server) ssh.Login {
	return ssh.Login{Name: "k1", Address: s.User + "@" + s.Addr, Identity: s.Identity, KnownHosts: s.KnownHosts, ConfigFile: "none"}
}

func pool(t *testing.T, o ssh.Options) *ssh.Pool {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "")
	p := ssh.NewPool(o)
	t.Cleanup(func() { p.Close() })
	return p
}

// agentless is a pool for a configuration without an agent: its test may run beside others.
func agentless(t *testing.T, o ssh.Options) *ssh.Pool {
	t.Helper()
	p := ssh.NewPool(o)
	t.Cleanup(func() { p.Close() })
	return p
}

func host(t *testing.T, s *sshtest.Server) *ssh.Host {
	t.Helper()
	return pool(t, ssh.Options{}).Host(login(s))
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually polls until ok, with a deadline.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within a minute", what)
		case <-tick.C:
		}
	}
}

// needs skips a test where the machine lacks a program.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("this machine has no %s", p)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func writeFile(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
