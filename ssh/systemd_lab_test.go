//go:build lab

package ssh_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
)

// systemdHost is a host with systemd, as root or through sudo: an alias in a
// client configuration that the environment names. Whoever asks for the lab
// wants to know, so that a machine without one fails.
func systemdHost(t *testing.T) (*ssh.Host, string) {
	t.Helper()
	config := os.Getenv("KEA_LOCKSTEP_TEST_SSH_CONFIG")
	if config == "" {
		t.Fatal("KEA_LOCKSTEP_TEST_SSH_CONFIG names no ssh_config with a host \"systemd\" in it")
	}
	h := pool(t, ssh.Options{}).Host(ssh.Login{Address: "systemd", ConfigFile: config})
	r, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "mktemp -d /var/tmp/ssh-test.XXXXXX", Root: true})
	if err != nil || r.Status != 0 {
		t.Fatalf("%v: %s", err, r.Stderr)
	}
	dir := strings.TrimSpace(string(r.Stdout))
	t.Cleanup(func() { remote(t, h, `rm -rf "$D"`, ssh.Param{Name: "D", Value: dir}) })
	return h, dir + "/run/step/1"
}

func remote(t *testing.T, h *ssh.Host, script string, params ...ssh.Param) string {
	t.Helper()
	// What is cleaned up is so when the test's context has ended.
	r, err := h.Run(context.WithoutCancel(t.Context()), ssh.Command{Script: script, Root: true, Params: params, Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Stdout) + string(r.Stderr)
}

func TestSystemdJobFromStartToEnd(t *testing.T) {
	h, dir := systemdHost(t)
	unit := ssh.Param{Name: "U", Value: "ssh-test-" + strings.ReplaceAll(dir[len("/var/tmp/ssh-test."):], "/", "-")}
	start(t, h, ssh.Job{Dir: dir, Unit: unit.Value, Title: "a test", Secrets: []ssh.Secret{{"W", "hunter2"}}, Params: []ssh.Param{{"P", "it's\n"}},
		Script: `printf '%s' "$P$W" | wc -c; umask; echo "$HOME"; (sleep 300 & echo "$!" >left); sleep 1; exit 3`})
	if s := look(t, h, dir); s.Phase != ssh.JobRunning || s.Unit != unit.Value {
		t.Errorf("meanwhile: %+v", s)
	}
	shown := remote(t, h, `systemctl show "$U"; systemctl status "$U" || true; ps -ef; grep -rs hunter2 "$D" || true`, unit, ssh.Param{Name: "D", Value: dir})
	if !strings.Contains(shown, "ActiveState=active") || strings.Contains(shown, "hunter2") {
		t.Errorf("the unit:\n%s", shown)
	}
	if err := h.StartJob(within(t, 20*time.Second), ssh.Job{Dir: dir, Unit: unit.Value, Script: "true"}); !errors.Is(err, ssh.ErrAlreadyClaimed) {
		t.Errorf("a second start: %v", err)
	}
	var lines []string
	s, err := h.WaitJob(within(t, 60*time.Second), dir, func(l string) { lines = append(lines, l) })
	t.Logf("noticed %v after the end", time.Since(s.Ended))
	if err != nil || s.Phase != ssh.JobDone || s.Status != 3 || strings.Join(lines, "|") != "12|0022|/root" {
		t.Errorf("%v, %+v, %q", err, s, lines)
	}
	eventually(t, "the unit to be collected", func() bool {
		return strings.Contains(remote(t, h, `systemctl show -p LoadState "$U"`, unit), "not-found")
	})
}

func TestSystemdJobKilledIsUnknownAndNothingOfItIsLeft(t *testing.T) {
	h, dir := systemdHost(t)
	d := ssh.Param{Name: "D", Value: dir}
	start(t, h, ssh.Job{Dir: dir, Script: `sleep 301`})
	remote(t, h, `kill -9 "$(sed -n 's/^pid //p' "$D/started")"`, d)
	s, err := h.WaitJob(within(t, 60*time.Second), dir, nil)
	if err != nil || s.Phase != ssh.JobUnknown || !s.Began || s.Rebooted {
		t.Errorf("%v, %+v", err, s)
	}
	if left := remote(t, h, "pgrep -fx 'sleep 301' || echo none"); left != "none\n" {
		t.Errorf("still running: %s", left)
	}
}

func TestSystemdUnitThatExistsIsNoSecondStart(t *testing.T) {
	h, dir := systemdHost(t)
	unit := "ssh-test-taken"
	start(t, h, ssh.Job{Dir: dir, Unit: unit, Script: "sleep 2"})
	other := strings.TrimSuffix(dir, "1") + "2"
	if err := h.StartJob(within(t, 20*time.Second), ssh.Job{Dir: other, Unit: unit, Script: "true"}); !errors.Is(err, ssh.ErrFile) {
		t.Errorf("%v, want ErrFile", err)
	}
	if s, err := h.WaitJob(within(t, 20*time.Second), dir, nil); err != nil || s.Phase != ssh.JobDone {
		t.Errorf("the first: %v, %+v", err, s)
	}
}
