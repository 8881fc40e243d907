package ssh_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
)

// openSSH runs a private sshd on loopback and gives a configuration with the
// aliases k1, and k2 behind two jumps.
func openSSH(t *testing.T, settings ...string) (config, account string) {
	t.Helper()
	config, account, _ = openSSHTold(t, settings...)
	return config, account
}

// openSSHTold gives what it says, too.
func openSSHTold(t *testing.T, settings ...string) (config, account string, said *log) {
	t.Helper()
	needs(t, "flock")
	sshd, me := sshdHere(t)
	dir := t.TempDir()
	for _, key := range []string{"host", "id"} {
		keygen(t, "-t", "ecdsa", "-N", "", "-f", filepath.Join(dir, key))
	}
	port := freePort(t)
	file := writeFile(t, dir, "sshd_config", fmt.Sprintf("ListenAddress 127.0.0.1:%s\nHostKey %s/host\nAuthorizedKeysFile %s/id.pub\n"+
		"StrictModes no\nPidFile none\nUsePAM no\nPasswordAuthentication no\n%s\n", port, dir, dir, strings.Join(settings, "\n")))
	said = startDaemon(t, exec.Command(sshd, "-D", "-e", "-f", file), "127.0.0.1:"+port)
	public, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	if err != nil {
		t.Fatal(err)
	}
	known := writeFile(t, dir, "known_hosts", fmt.Sprintf("[127.0.0.1]:%s %s", port, public))
	keygen(t, "-H", "-f", known)
	return writeFile(t, dir, "config", fmt.Sprintf("Host k2\n ProxyJump j2\nHost j2\n ProxyJump j1\nHost *\n HostName 127.0.0.1\n Port %s\n User %s\n"+
		" IdentityAgent none\n IdentityFile %s/id\n UserKnownHostsFile %s\n GlobalKnownHostsFile none\n", port, me.Username, dir, known)), me.Uid, said
}

// TestManyLoginsAtOnce: a bastion that takes four logins at once, through which a ProxyCommand of its own leads to each server.
func TestManyLoginsAtOnce(t *testing.T) {
	config, _ := openSSH(t, "MaxStartups 4:100:4")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), " Port ")
	port, _, _ := strings.Cut(rest, "\n")
	const servers = 8
	var ways strings.Builder // each another, so that none shares a connection
	for i := range servers {
		fmt.Fprintf(&ways, "Host m%d\n ProxyCommand ssh -F %s -o ConnectTimeout=1%[1]d -W 127.0.0.1:%[3]s k1\n", i, config, port)
	}
	behind := writeFile(t, t.TempDir(), "config", ways.String()+string(text))
	p := pool(t, ssh.Options{Timeout: 40 * time.Second})
	errs := make(chan error)
	for i := range servers {
		go func() {
			h := p.Host(ssh.Login{Address: fmt.Sprintf("m%d", i), ConfigFile: behind})
			_, err := h.Run(within(t, time.Minute), ssh.Command{Script: "true"})
			errs <- err
		}()
	}
	for range servers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestWithOpenSSH(t *testing.T) {
	config, uid := openSSH(t)
	p := pool(t, ssh.Options{Keepalive: 200 * time.Millisecond})
	for _, alias := range []string{"k1", "k2"} {
		t.Run(alias, func(t *testing.T) {
			h := p.Host(ssh.Login{Address: alias, ConfigFile: config})
			r, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: `printf '%s' "$V"; cat; exit 3`,
				Params: []ssh.Param{{"V", "it's\n$x"}}, Stdin: strings.NewReader(strings.Repeat("in\n", 100000))})
			if err != nil || r.Status != 3 || string(r.Stdout) != "it's\n$x"+strings.Repeat("in\n", 100000) {
				t.Fatalf("%v, %d, %d bytes", err, r.Status, len(r.Stdout))
			}
			for _, network := range []string{"tcp", "unix"} {
				addr := "127.0.0.1:0"
				if network == "unix" {
					addr = filepath.Join(t.TempDir(), "s")
				}
				c, err := h.Dial(within(t, 10*time.Second), network, echo(t, network, addr).Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprint(c, "hello")
				got := make([]byte, 5)
				if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
					t.Errorf("%v, %q", err, got)
				}
				c.Close()
			}
			errs := make(chan error)
			for range 12 {
				go func() {
					_, err := h.Run(within(t, 2*time.Minute), ssh.Command{Script: "sleep 0.05"})
					errs <- err
				}()
			}
			for range 12 {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				_, err := h.Run(ctx, ssh.Command{Script: `: >"$D/begun"; sleep 60; : >"$D/ended"`, Params: []ssh.Param{{"D", dir}}})
				errs <- err
			}()
			eventually(t, "the script's begin", func() bool { return exists(filepath.Join(dir, "begun")) })
			cancel()
			if err := <-errs; !errors.Is(err, ssh.ErrFateUnknown) {
				t.Errorf("cut short: %v", err)
			}
		})
	}
	if uid != "0" {
		t.Skip("jobs and files are root's")
	}
	t.Run("job and file", func(t *testing.T) {
		h := p.Host(ssh.Login{Address: "k2", ConfigFile: config})
		dir := filepath.Join(t.TempDir(), "run", "step", "1")
		start(t, h, ssh.Job{Dir: dir, Script: "echo one; sleep 0.3; echo two; exit 4"})
		p.Close() // takes the connection and both jumps away
		p2 := pool(t, ssh.Options{})
		h = p2.Host(ssh.Login{Address: "k2", ConfigFile: config})
		var lines []string
		s, err := h.WaitJob(within(t, 20*time.Second), dir, func(l string) { lines = append(lines, l) })
		if err != nil || s.Status != 4 || strings.Join(lines, "|") != "one|two" {
			t.Errorf("%v, %+v, %q", err, s, lines)
		}
		file := filepath.Join(dir, "file")
		if err := h.Put(within(t, 20*time.Second), ssh.File{Path: file, Mode: 0o600, Content: []byte("x\x00y")}); err != nil {
			t.Error(err)
		}
		if got, err := h.Get(within(t, 20*time.Second), file, 10); err != nil || string(got) != "x\x00y" {
			t.Errorf("%v %q", err, got)
		}
	})
}
