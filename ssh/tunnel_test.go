package ssh_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

// echo answers every line with itself until the test ends.
func echo(t *testing.T, network, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	return l
}

func TestDialFromTheServersStandpoint(t *testing.T) {
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	tcp := echo(t, "tcp", "127.0.0.1:0")
	unix := echo(t, "unix", filepath.Join(t.TempDir(), "s"))
	for _, l := range []net.Listener{tcp, unix} {
		c, err := h.Dial(within(t, 10*time.Second), l.Addr().Network(), l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, "hello")
		got := make([]byte, 5)
		if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
			t.Errorf("%v, %q", err, got)
		}
		c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := c.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("deadline: %v", err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := h.Dial(within(t, 10*time.Second), "unix", "/nonexistent"); !errors.Is(err, ssh.ErrUnreachable) {
		t.Errorf("nothing there: %v", err)
	}
	closed := host(t, sshtest.Start(t, sshtest.Options{NoForward: true}))
	if _, err := closed.Dial(within(t, 10*time.Second), "tcp", tcp.Addr().String()); !errors.Is(err, ssh.ErrForwardDenied) {
		t.Errorf("forbidden: %v", err)
	}
}

func TestTunnelEndsWithItsServer(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	h := pool(t, ssh.Options{Keepalive: 50 * time.Millisecond}).Host(login(s))
	c, err := h.Dial(within(t, 10*time.Second), "tcp", echo(t, "tcp", "127.0.0.1:0").Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.Freeze()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the dead server's tunnel gave %v", err)
	}
}

// fleetConfig writes a client configuration: an inner server behind two jump hosts.
func fleetConfig(t *testing.T, inner, first, second *sshtest.Server) string {
	t.Helper()
	var b strings.Builder
	var known strings.Builder
	for name, s := range map[string]*sshtest.Server{"inner": inner, "first": first, "second": second} {
		addr, port, _ := net.SplitHostPort(s.Addr)
		jump := map[string]string{"inner": "ProxyJump second", "second": "ProxyJump first", "first": ""}[name]
		fmt.Fprintf(&b, "Host %s\n  HostName %s\n  Port %s\n  User %s\n  IdentityFile %s\n  IdentitiesOnly yes\n  %s\n\n", name, addr, port, s.User, s.Identity, jump)
		line, _ := os.ReadFile(s.KnownHosts)
		known.Write(line)
	}
	dir := t.TempDir()
	fmt.Fprintf(&b, "Host *\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile none\n", writeFile(t, dir, "known_hosts", known.String()))
	return writeFile(t, dir, "config", b.String())
}

func TestAliasBehindTwoJumpHosts(t *testing.T) {
	for _, client := range []string{"the client's own reading", "without OpenSSH"} {
		t.Run(client, func(t *testing.T) {
			if client == "without OpenSSH" {
				t.Setenv("PATH", pathWithout(t, "ssh"))
			} else {
				needs(t, "ssh")
			}
			inner := sshtest.Start(t, sshtest.Options{User: "ops"})
			first, second := sshtest.Start(t, sshtest.Options{User: "a"}), sshtest.Start(t, sshtest.Options{User: "b"})
			config := fleetConfig(t, inner, first, second)
			p := pool(t, ssh.Options{})
			for _, l := range []ssh.Login{
				{Name: "k1", Address: "inner", ConfigFile: config},
				{Name: "k2", Address: "ops@inner", ConfigFile: config},
				{Name: "k3", Address: "second", ConfigFile: config},
			} {
				if r, err := p.Host(l).Run(within(t, 20*time.Second), ssh.Command{Script: "echo in"}); err != nil || string(r.Stdout) != "in\n" {
					t.Errorf("%s: %v", l.Address, err)
				}
			}
			if a, b, c := first.Logins.Load(), second.Logins.Load(), inner.Logins.Load(); a != 1 || b != 1 || c != 1 {
				t.Errorf("logins: %d, %d, %d; each is to be shared", a, b, c)
			}
			first.Cut()
			if _, err := p.Host(ssh.Login{Address: "inner", ConfigFile: config}).Run(within(t, 20*time.Second), ssh.Command{Script: "true"}); err != nil {
				t.Errorf("after the first jump host was lost: %v", err)
			}
		})
	}
}

func TestJumpHostThatFailsIsNamed(t *testing.T) {
	inner, first := sshtest.Start(t, sshtest.Options{}), sshtest.Start(t, sshtest.Options{NoForward: true})
	config := fleetConfig(t, inner, first, sshtest.Start(t, sshtest.Options{}))
	h := pool(t, ssh.Options{}).Host(ssh.Login{Name: "k1", Address: "inner", ConfigFile: config})
	_, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "true"})
	if !errors.Is(err, ssh.ErrUnreachable) || !strings.HasPrefix(err.Error(), "k1: jump host second: ") || !strings.Contains(err.Error(), "jump host first") {
		t.Error(err)
	}
}

func TestProxyJumpLoopIsRefused(t *testing.T) {
	config := writeFile(t, t.TempDir(), "config", "Host a\n ProxyJump b\nHost b\n ProxyJump a\n")
	_, err := pool(t, ssh.Options{}).Host(ssh.Login{Address: "a", ConfigFile: config}).Run(within(t, 20*time.Second), ssh.Command{})
	if !errors.Is(err, ssh.ErrConfig) || !strings.Contains(err.Error(), "loop") {
		t.Error(err)
	}
}

func TestProxyCommand(t *testing.T) {
	needs(t, "bash")
	s := sshtest.Start(t, sshtest.Options{})
	addr, port, _ := net.SplitHostPort(s.Addr)
	command := `bash -c 'exec 3<>/dev/tcp/%h/%p; cat <&3 & cat >&3'`
	config := writeFile(t, t.TempDir(), "config", fmt.Sprintf("Host k\n HostName %s\n Port %s\n ProxyCommand %s\n", addr, port, command))
	l := login(s)
	l.Address, l.ConfigFile = "root@k", config
	if r, err := pool(t, ssh.Options{}).Host(l).Run(within(t, 20*time.Second), ssh.Command{Script: "echo in"}); err != nil || string(r.Stdout) != "in\n" {
		t.Error(err)
	}
	l.ConfigFile = writeFile(t, t.TempDir(), "config", "Host k\n ProxyCommand exit 1\n")
	if _, err := pool(t, ssh.Options{Timeout: time.Second}).Host(l).Run(within(t, 20*time.Second), ssh.Command{}); !errors.Is(err, ssh.ErrUnreachable) {
		t.Errorf("a command that fails: %v", err)
	}
}

// pathWithout is a PATH in which one program is missing.
func pathWithout(t *testing.T, program string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"sh", "bash", "cat", "env", "head", "tail", "sed"} {
		if path, err := exec.LookPath(name); err == nil && name != program {
			os.Symlink(path, filepath.Join(dir, name))
		}
	}
	return dir
}
