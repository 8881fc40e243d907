package ssh_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// What has an effect runs in a shell that looks have left: under its guard, once, and nothing of it stays behind.
func TestActsInAKeptShell(t *testing.T) {
	needs(t, "flock")
	h, _, shells := looker(t, sshtest.Options{})
	g := marker(t)
	did := filepath.Join(t.TempDir(), "did")
	act := func(script string) error {
		_, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: `echo "$S" >>"$F"; ` + script, Guard: g,
			Params: []ssh.Param{{"F", did}}, Secrets: []ssh.Secret{{"S", "word"}}})
		return err
	}
	times := func() int {
		text, _ := os.ReadFile(did)
		return strings.Count(string(text), "word\n")
	}
	see(t, h, "true")
	if err := act("true"); err != nil || times() != 1 {
		t.Fatalf("%v, done %d times", err, times())
	}
	if err := exec.Command("flock", "-n", g.Lock, "true").Run(); err != nil {
		t.Errorf("the lock is held after the act: %v", err)
	}
	if got := see(t, h, `echo "${S-unset} ${F-unset}"`); got != "0 unset unset\n" {
		t.Errorf("a look after it sees %q", got)
	}
	if n := shells.Load(); n != 1 {
		t.Errorf("%d shells", n)
	}
	setEpoch(t, g, "run-1 4\n")
	if err := act("true"); !errors.Is(err, ssh.ErrSuperseded) || times() != 1 {
		t.Errorf("%v, done %d times", err, times())
	}
	setEpoch(t, g, "run-1 3\n")
	pid := strings.Fields(see(t, h, `echo "$$"`))[1]
	if err := exec.Command("kill", "-9", pid).Run(); err != nil {
		t.Fatal(err)
	}
	if err := act("true"); err != nil || times() != 2 {
		t.Errorf("after its shell was killed: %v, done %d times", err, times())
	}
	see(t, h, "true")
	if err := act("kill -9 $$"); !errors.Is(err, ssh.ErrFateUnknown) || times() != 3 {
		t.Errorf("an act that kills its shell: %v, done %d times", err, times())
	}
	if got := see(t, h, "echo next"); got != "0 next\n" {
		t.Errorf("the next look: %q", got)
	}
}
