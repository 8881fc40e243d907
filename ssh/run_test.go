package ssh_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"

	"pgregory.net/rapid"
)

func TestRunGivesOutputErrorsAndStatus(t *testing.T) {
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	for _, c := range []struct {
		name, script, out, errs string
		status                  int
	}{
		{"plain", "echo out; echo err >&2", "out\n", "err\n", 0},
		{"status", "exit 7", "", "", 7},
		{"set -e in a script", "set -e\nfalse\necho not here", "", "", 1},
		{"no line end", "printf a; printf b >&2", "a", "b", 0},
		{"here-document without an end", "cat <<E\nx$((1+1))\nE", "x2\n", "", 0},
		{"reads its input", "cat; echo after", "after\n", "", 0},
		{"unbalanced brace", "echo a; }", "", "", 2},
		{"quotes in it", `echo "it's" 'a "b"'`, "it's a \"b\"\n", "", 0},
		{"locale", `echo "$LC_ALL"`, "C\n", "", 0},
		{"umask", "umask", "0022\n", "", 0},
		{"empty", "", "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := h.Run(within(t, 10*time.Second), ssh.Command{Script: c.script})
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Stdout) != c.out || r.Status != c.status {
				t.Errorf("stdout %q, status %d; want %q, %d (stderr %q)", r.Stdout, r.Status, c.out, c.status, r.Stderr)
			}
			if c.status != 2 && string(r.Stderr) != c.errs {
				t.Errorf("stderr %q, want %q", r.Stderr, c.errs)
			}
		})
	}
}

func TestParametersArriveByteForByte(t *testing.T) {
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	ctx := within(t, 2*time.Minute)
	echo := func(t interface{ Fatal(...any) }, value string) string {
		r, err := h.Run(ctx, ssh.Command{Script: `printf '%s' "$V"; printf '%s' "$W" >&2`,
			Params: []ssh.Param{{"V", value}}, Secrets: []ssh.Secret{{"W", value}}})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(r.Stdout, r.Stderr) {
			t.Fatal("parameter and secret differ")
		}
		return string(r.Stdout)
	}
	for _, v := range []string{"", "'", "''", `\`, "$(touch /tmp/x)", "`id`", "a\nb\n\n", "${HOME}", "!", "*", "ü…\u202e", "\xff\x81\x88\xfe",
		"-n", "a\r\nb", "\x1b[31m", "}\n", "E\nOF", strings.Repeat("x'", 40000)} {
		if got := echo(t, v); got != v {
			t.Errorf("%.60q arrived as %.60q", v, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := strings.ReplaceAll(string(rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "value")), "\x00", "")
		if got := echo(t, v); got != v {
			t.Fatalf("%q arrived as %q", v, got)
		}
	})
}

func TestParametersThatCannotTravelAreRefused(t *testing.T) {
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	for _, c := range []ssh.Command{
		{Params: []ssh.Param{{"A", "a\x00b"}}}, {Script: "a\x00b"}, {Params: []ssh.Param{{"A B", ""}}}, {Params: []ssh.Param{{"1A", ""}}},
		{Params: []ssh.Param{{"", ""}}}, {Params: []ssh.Param{{"PATH", ""}}}, {Params: []ssh.Param{{"kl_end", ""}}}, {Secrets: []ssh.Secret{{"a;b", ""}}},
	} {
		if _, err := h.Run(within(t, 10*time.Second), c); !errors.Is(err, ssh.ErrConfig) {
			t.Errorf("%v: %v, want ErrConfig", c, err)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c := ssh.Command{Secrets: []ssh.Secret{{"W", "hunter2"}}}
	j := ssh.Job{Secrets: c.Secrets}
	if s := fmt.Sprintf("%v %+v %#v %s %q %x %v", c, c, c, c.Secrets[0], c.Secrets[0], c.Secrets[0], j); strings.Contains(s, "hunter2") {
		t.Error(s)
	}
	seen := filepath.Join(t.TempDir(), "argv")
	s := sshtest.Start(t, sshtest.Options{})
	s.OnExec(func(line string) { os.WriteFile(seen, []byte(line), 0o600) })
	// What a child of the script could tell: its environment, and every argv around it.
	r, err := host(t, s).Run(within(t, 10*time.Second), ssh.Command{Secrets: c.Secrets, Script: `env; ps -ef 2>/dev/null || true`})
	if err != nil || bytes.Contains(r.Stdout, []byte("hunter2")) {
		t.Errorf("%v\n%s", err, r.Stdout)
	}
	if line, _ := os.ReadFile(seen); string(line) != "exec /bin/sh -s" {
		t.Errorf("the command line is %q", line)
	}
}

func TestNoiseOfTheLoginShellIsNoOutput(t *testing.T) {
	shells := map[string]func(string) *exec.Cmd{
		"noisy": func(line string) *exec.Cmd {
			return exec.Command("sh", "-c", "echo 'Welcome! =kl-0= begin'; printf 'quota exceeded' >&2; printf %s 'no line end'; "+line)
		},
	}
	for _, name := range []string{"bash", "dash", "csh", "tcsh", "fish", "zsh", "ksh", "mksh"} {
		if path, err := exec.LookPath(name); err == nil {
			shells[name] = func(line string) *exec.Cmd { return exec.Command(path, "-c", line) }
		}
	}
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			h := host(t, sshtest.Start(t, sshtest.Options{Shell: shell, Banner: "AUTHORISED USE ONLY\n"}))
			r, err := h.Run(within(t, 10*time.Second), ssh.Command{Script: `printf '%s|' "$V"; cat; echo e >&2; exit 3`,
				Params: []ssh.Param{{"V", "a'b\n$x!"}}, Stdin: strings.NewReader("input\n")})
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Stdout) != "a'b\n$x!|input\n" || string(r.Stderr) != "e\n" || r.Status != 3 {
				t.Errorf("%q, %q, %d", r.Stdout, r.Stderr, r.Status)
			}
		})
	}
}

func TestInputReachesTheScriptWhole(t *testing.T) {
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	input := bytes.Repeat([]byte("0123456789abcde\n"), 200000) // 3.2 MB, through every buffer there is
	r, err := h.Run(within(t, 30*time.Second), ssh.Command{Script: "cat", Stdin: bytes.NewReader(input), Limit: 8 << 20})
	if err != nil || !bytes.Equal(r.Stdout, input) || r.Truncated {
		t.Fatalf("%v: %d bytes came back of %d, truncated %v", err, len(r.Stdout), len(input), r.Truncated)
	}
}

func TestMuchOutputIsBounded(t *testing.T) {
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	r, err := h.Run(within(t, 30*time.Second), ssh.Command{Limit: 10000,
		Script: `echo first >&2; head -c 5000000 /dev/zero | tr '\0' x >&2; echo last >&2; echo fine; exit 4`})
	if err != nil {
		t.Fatal(err)
	}
	errs := string(r.Stderr)
	if !r.Truncated || len(errs) > 11000 || !strings.HasPrefix(errs, "first\n") || !strings.HasSuffix(errs, "last\n") ||
		!strings.Contains(errs, "bytes left out") || string(r.Stdout) != "fine\n" || r.Status != 4 {
		t.Errorf("%d bytes, truncated %v, status %d, stdout %q", len(errs), r.Truncated, r.Status, r.Stdout)
	}
}

func TestProcessesLeftBehindDoNotHoldUpTheResult(t *testing.T) {
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	began := time.Now()
	r, err := h.Run(within(t, time.Minute), ssh.Command{Script: "sleep 50 & echo $!"})
	if err != nil || time.Since(began) > 25*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	exec.Command("kill", strings.TrimSpace(string(r.Stdout))).Run()
}

func TestAtMostEightScriptsAtOnce(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{MaxSessions: 10})
	h := host(t, s)
	running := ssh.Param{Name: "dir", Value: t.TempDir()}
	var wait sync.WaitGroup
	for range 40 {
		wait.Go(func() {
			r, err := h.Run(within(t, 30*time.Second), ssh.Command{Params: []ssh.Param{running},
				Script: `: >"$dir/$$"; sleep 0.05; set -- "$dir"/*; rm "$dir/$$"; echo "$#"`})
			if n, _ := strconv.Atoi(strings.TrimSpace(string(r.Stdout))); err != nil || n < 1 || n > 8 {
				t.Errorf("%d scripts at once, %v", n, err)
			}
		})
	}
	wait.Wait()
	if s.Logins.Load() != 1 {
		t.Errorf("%d connections", s.Logins.Load())
	}
}

// sshd counts sessions that have just ended; a refusal that passes is no failure.
func TestSessionsThatAreRefusedForAMomentAreOpenedAgain(t *testing.T) {
	h := host(t, sshtest.Start(t, sshtest.Options{MaxSessions: 5}))
	errs := make(chan error)
	for range 16 {
		go func() {
			_, err := h.Run(within(t, 30*time.Second), ssh.Command{Script: "true"})
			errs <- err
		}()
	}
	for range 16 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestCancelEndsTheScriptAndKeepsTheConnection(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	h := host(t, s)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		eventually(t, "begin", func() bool { return exists(filepath.Join(dir, "begun")) })
		cancel()
	}()
	_, err := h.Run(ctx, ssh.Command{Script: `: >"$D/begun"; sleep 30; : >"$D/ended"`, Params: []ssh.Param{{"D", dir}}})
	if !errors.Is(err, ssh.ErrFateUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	_, err = h.Run(t.Context(), ssh.Command{Script: "sleep 30", Timeout: 50 * time.Millisecond})
	if !errors.Is(err, ssh.ErrFateUnknown) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("timed out: %v", err)
	}
	if _, err := h.Run(within(t, 10*time.Second), ssh.Command{Script: "true"}); err != nil || s.Logins.Load() != 1 {
		t.Errorf("afterwards: %v, %d logins", err, s.Logins.Load())
	}
	if exists(filepath.Join(dir, "ended")) {
		t.Error("the cancelled script went on")
	}
}
