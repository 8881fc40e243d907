package ssh_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

// looker counts the shells that its server starts.
func looker(t *testing.T, o sshtest.Options) (*ssh.Host, *sshtest.Server, *atomic.Int64) {
	t.Helper()
	s := sshtest.Start(t, o)
	var shells atomic.Int64
	s.OnExec(func(string) { shells.Add(1) })
	return host(t, s), s, &shells
}

func see(t *testing.T, h *ssh.Host, script string) string {
	t.Helper()
	r, err := h.Run(within(t, 20*time.Second), ssh.Command{Look: true, Script: script})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s%s", r.Status, r.Stdout, r.Stderr)
}

func TestLooksShareAShellAndNothingElse(t *testing.T) {
	h, _, shells := looker(t, sshtest.Options{})
	first := see(t, h, `set -eu; cd /usr; umask 077; V=1; trap 'echo bye' EXIT; exec 3>&1; echo out; echo err >&2; exit 7`)
	if first != "7 out\nbye\nerr\n" {
		t.Errorf("the first look gave %q", first)
	}
	if second := see(t, h, `pwd; umask; echo "${V-unset}"; false; echo "$?"; cat`); second == "" || strings.Contains(second, "/usr\n") ||
		!strings.HasSuffix(second, "0022\nunset\n1\n") {
		t.Errorf("the second look saw something of the first: %q", second)
	}
	for n := range 5 {
		if got := see(t, h, fmt.Sprintf("printf '%d'", n)); got != fmt.Sprintf("0 %d", n) {
			t.Errorf("%d: %q", n, got)
		}
	}
	if n := shells.Load(); n != 1 {
		t.Errorf("%d shells for looks one after the other", n)
	}
}

func TestLooksSideBySide(t *testing.T) {
	h, _, _ := looker(t, sshtest.Options{})
	errs := make(chan error)
	for n := range 40 {
		go func() {
			r, err := h.Run(within(t, 30*time.Second), ssh.Command{Look: true, Params: []ssh.Param{{"N", fmt.Sprint(n)}}, Script: `echo "$N"; echo "$N" >&2`})
			if want := fmt.Sprintln(n); err == nil && (string(r.Stdout) != want || string(r.Stderr) != want) {
				err = fmt.Errorf("%d was answered with %q and %q", n, r.Stdout, r.Stderr)
			}
			errs <- err
		}()
	}
	for range 40 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestLookIsPutAgainWhereItsShellHasDied(t *testing.T) {
	h, s, shells := looker(t, sshtest.Options{})
	pid := strings.Fields(see(t, h, `echo "$$"`))[1]
	if err := exec.Command("kill", "-9", pid).Run(); err != nil {
		t.Fatal(err)
	}
	if got := see(t, h, "echo again"); got != "0 again\n" {
		t.Errorf("after the shell was killed: %q", got)
	}
	s.Cut()
	if got := see(t, h, "echo again"); got != "0 again\n" {
		t.Errorf("after the connection was cut: %q", got)
	}
	// One that kills its own shell is put to a new one once, and not for ever.
	before := shells.Load()
	if _, err := h.Run(within(t, 20*time.Second), ssh.Command{Look: true, Script: "kill -9 $$"}); !errors.Is(err, ssh.ErrFateUnknown) {
		t.Errorf("a look that kills its shell: %v", err)
	}
	if n := shells.Load() - before; n > 2 {
		t.Errorf("it was put to %d shells", n)
	}
}

func TestLookThatTakesTooLongGivesUpItsShell(t *testing.T) {
	h, _, _ := looker(t, sshtest.Options{})
	see(t, h, "true")
	_, err := h.Run(t.Context(), ssh.Command{Look: true, Script: "sleep 60", Timeout: 300 * time.Millisecond})
	if !errors.Is(err, ssh.ErrFateUnknown) {
		t.Errorf("%v, want a fate that is unknown", err)
	}
	if got := see(t, h, "echo next"); got != "0 next\n" {
		t.Errorf("the next look: %q", got)
	}
}

func TestKeptShellsMakeRoom(t *testing.T) {
	h, _, _ := looker(t, sshtest.Options{MaxSessions: 2})
	errs := make(chan error)
	for range 2 {
		go func() {
			_, err := h.Run(within(t, 20*time.Second), ssh.Command{Look: true, Script: "sleep 0.2"})
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "true"}); err != nil {
		t.Errorf("two shells are kept, sshd allows no third session: %v", err)
	}
}
