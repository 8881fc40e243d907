//go:build lab

package ssh_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
)

// sudoPassword is that of the account ops on the server.
const sudoPassword = `it's "me" $(id) ü`

// asOps makes the account ops on the server, which logs in with root's keys and may do what sudoers says.
func asOps(t *testing.T, h *ssh.Host, sudoers string) ssh.Login {
	t.Helper()
	said := remote(t, h, `set -e
		id ops >/dev/null 2>&1 || useradd --create-home --shell /bin/bash ops
		printf 'ops:%s\n' "$P" | chpasswd
		install -d -o ops -g ops -m 700 /home/ops/.ssh
		install -o ops -g ops -m 600 /root/.ssh/authorized_keys /home/ops/.ssh/authorized_keys
		printf '%s\n' "$S" >/etc/sudoers.d/ops
		visudo --check --quiet`, ssh.Param{Name: "P", Value: sudoPassword}, ssh.Param{Name: "S", Value: sudoers})
	if said != "" {
		t.Fatal(said)
	}
	t.Cleanup(func() { remote(t, h, "rm -f /etc/sudoers.d/ops") })
	return ssh.Login{Name: "systemd", Address: "ops@systemd", ConfigFile: os.Getenv("KEA_LOCKSTEP_TEST_SSH_CONFIG")}
}

func knows(password string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return password, nil }
}

// TestSudo: what sudo itself asks and says, however it was set up.
func TestSudo(t *testing.T) {
	root, _ := systemdHost(t)
	const asks, free = "ops ALL=(root) /bin/sh", "ops ALL=(root) NOPASSWD: /bin/sh -s"
	for name, c := range map[string]struct {
		sudoers  string
		password func(context.Context) (string, error)
		says     string // empty: it works
	}{
		"the shortest line that works":       {free, nil, ""},
		"the same, and a password at hand":   {free, knows("never asked for"), ""},
		"a password":                         {asks, knows(sudoPassword), ""},
		"a terminal of its own":              {asks + "\nDefaults use_pty", knows(sudoPassword), ""},
		"no terminal of its own":             {asks + "\nDefaults !use_pty", knows(sudoPassword), ""},
		"a lecture each time":                {asks + "\nDefaults lecture=always", knows(sudoPassword), ""},
		"nothing is remembered":              {asks + "\nDefaults timestamp_timeout=0", knows(sudoPassword), ""},
		"remembered for everybody":           {asks + "\nDefaults timestamp_type=global", knows(sudoPassword), ""},
		"insults":                            {asks + "\nDefaults insults", knows("wrong"), "does not take the password"},
		"a wrong password":                   {asks, knows("wrong"), "does not take the password"},
		"nobody knows the password":          {asks, nil, "a password is required"},
		"not in sudoers":                     {"# nobody", knows(sudoPassword), "ops"},
		"a prompt of sudoers' own":           {asks + "\nDefaults passprompt_override, passprompt=\"tell me: \"", knows(sudoPassword), ""},
		"a terminal is wanted":               {asks + "\nDefaults requiretty", knows(sudoPassword), "tty"},
		"a terminal is wanted, no password":  {free + "\nDefaults requiretty", nil, "tty"},
		"a terminal is wanted, but not here": {free + "\nDefaults requiretty\nDefaults:ops !requiretty", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := asOps(t, root, c.sudoers)
			l.SudoPassword = c.password
			h := pool(t, ssh.Options{}).Host(l)
			big := bytes.Repeat([]byte("every byte \x00\xff\n"), 100000)
			for range 2 {
				var out bytes.Buffer
				_, err := h.Run(within(t, time.Minute), ssh.Command{Script: "id -u >&2; cat", Root: true, Stdin: bytes.NewReader(big), Stdout: &out})
				if c.says != "" {
					failed, ok := errors.AsType[*ssh.Error](err)
					if !ok || !errors.Is(err, ssh.ErrNotRoot) || !strings.Contains(err.Error(), c.says) || !strings.Contains(failed.Next, "visudo") {
						t.Errorf("%v", err)
					}
					continue
				}
				if err != nil || !bytes.Equal(out.Bytes(), big) {
					t.Errorf("%v, %d bytes of %d", err, out.Len(), len(big))
				}
				if r, err := h.Run(within(t, time.Minute), ssh.Command{Script: "id -u", Root: true, Look: true}); err != nil || string(r.Stdout) != "0\n" {
					t.Errorf("a look: %v %q", err, r.Stdout)
				}
			}
		})
	}
}

// TestSudoStartsJobs: a job is root's own and outlives the connection.
func TestSudoStartsJobs(t *testing.T) {
	root, dir := systemdHost(t)
	l := asOps(t, root, "ops ALL=(root) /bin/sh\nDefaults timestamp_timeout=0")
	l.SudoPassword = knows(sudoPassword)
	h := pool(t, ssh.Options{}).Host(l)
	start(t, h, ssh.Job{Dir: dir, Script: "id -u; grep -rqs 'it.s .me' /proc/[0-9]*/cmdline /proc/[0-9]*/environ && echo seen; exit 3"})
	var lines []string
	s, err := h.WaitJob(within(t, time.Minute), dir, func(l string) { lines = append(lines, l) })
	if err != nil || s.Status != 3 || strings.Join(lines, " ") != "0" {
		t.Errorf("%v %+v %q", err, s, lines)
	}
}

// TestDoasTakesWhatNeedsNoPassword: doas reads passwords from terminals alone.
func TestDoasTakesWhatNeedsNoPassword(t *testing.T) {
	h, _ := systemdHost(t)
	l := asOps(t, h, "# nobody")
	remote(t, h, "mv /usr/bin/sudo /usr/bin/sudo.away")
	t.Cleanup(func() { remote(t, h, "mv /usr/bin/sudo.away /usr/bin/sudo") })
	remote(t, h, "command -v doas >/dev/null || { echo 'the lab has no doas' >&2; exit 1; }; echo 'permit nopass ops as root cmd /bin/sh args -s' >/etc/doas.conf")
	r, err := pool(t, ssh.Options{}).Host(l).Run(within(t, time.Minute), ssh.Command{Script: "id -u", Root: true})
	if err != nil || string(r.Stdout) != "0\n" {
		t.Errorf("%v %q", err, r.Stdout)
	}
}
