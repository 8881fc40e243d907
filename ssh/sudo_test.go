package ssh_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

func TestRootThroughSudo(t *testing.T) {
	yes, no := true, false
	works := map[string]string{"sudo": `[ "$1" != -k ] || shift; [ "$1" = -n ] && shift && FAKE_ROOT=1 exec "$@"`, "id": `echo "${FAKE_ROOT:-1000}" | sed s/^1$/0/`}
	refuses := map[string]string{"sudo": "echo 'sudo: a password is required' >&2; exit 1", "id": "echo 1000"}
	for name, c := range map[string]struct {
		user string
		sudo *bool
		fake map[string]string
		kind error
		saw  string
	}{
		"root needs none":            {"root", nil, map[string]string{"sudo": "exit 9"}, nil, ""},
		"others take it":             {"ops", nil, works, nil, ""},
		"asked for":                  {"ops", &yes, works, nil, ""},
		"asks for a password":        {"ops", nil, refuses, ssh.ErrNotRoot, "a password is required"},
		"not allowed by the login":   {"ops", &no, works, ssh.ErrNotRoot, "sudo is not used"},
		"no sudo there":              {"ops", nil, map[string]string{"sudo": "exit 127"}, ssh.ErrNotRoot, ""},
		"root that is none (userns)": {"root", nil, map[string]string{"id": "echo 1000"}, ssh.ErrNotRoot, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Options{User: c.user, Fake: c.fake})
			l := login(s)
			l.Sudo = c.sudo
			r, err := pool(t, ssh.Options{}).Host(l).Run(within(t, 10*time.Second), ssh.Command{Script: "echo did", Root: true})
			if c.kind == nil && (err != nil || string(r.Stdout) != "did\n") {
				t.Errorf("%v, %q", err, r.Stdout)
			}
			if c.kind != nil && (!errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.saw)) {
				t.Errorf("%v, want %v with %q", err, c.kind, c.saw)
			}
		})
	}
}

// asking is a sudo that wants a password, and writes down what it was told: its arguments, and each answer.
func asking(dir string) map[string]string {
	return map[string]string{"id": `echo "${FAKE_ROOT:-1000}" | sed s/^1$/0/`, "sudo": `
		echo "arguments $*" >>` + dir + `/log
		[ "$1" != -k ] || shift
		if [ "$1" = -n ]; then echo 'sudo: a password is required' >&2; exit 1; fi
		shift; shift
		printf 'We trust you have received the usual lecture.\n\n%s' "$1" >&2
		for try in 1 2 3; do
			read -r answer
			echo "answer $answer" >>` + dir + `/log
			if [ "$answer" = "it's \"me\"" ]; then shift; FAKE_ROOT=1 exec "$@"; fi
			printf 'Sorry, try again.\n%s' "$1" >&2
		done
		echo 'sudo: 3 incorrect password attempts' >&2
		exit 1`}
}

// asked is a way into a server whose sudo asks, and counts how often the password was fetched.
func asked(t *testing.T, password string) (h *ssh.Host, fetched *atomic.Int32, log func() string) {
	dir := t.TempDir()
	s := sshtest.Start(t, sshtest.Options{User: "ops", Fake: asking(dir)})
	t.Cleanup(func() { // what was asked last may still write into the directory
		eventually(t, "the end of every session", func() bool { return s.Sessions.Load() == 0 })
	})
	l, fetched := login(s), &atomic.Int32{}
	l.SudoPassword = func(context.Context) (string, error) {
		fetched.Add(1)
		return password, nil
	}
	return pool(t, ssh.Options{}).Host(l), fetched, func() string {
		text, err := os.ReadFile(filepath.Join(dir, "log"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestSudoIsAnsweredWhereItAsks(t *testing.T) {
	const password = `it's "me"`
	h, fetched, log := asked(t, password)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			r, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "cat; id -u", Root: true, Stdin: strings.NewReader("input\n")})
			if err != nil || string(r.Stdout) != "input\n0\n" {
				t.Errorf("%v, %q", err, r.Stdout)
			}
		})
	}
	all.Wait()
	for range 2 {
		if r, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "id -u", Root: true, Look: true}); err != nil || string(r.Stdout) != "0\n" {
			t.Errorf("%v, %q", err, r.Stdout)
		}
	}
	if n := fetched.Load(); n != 1 {
		t.Errorf("the password was fetched %d times", n)
	}
	for line := range strings.Lines(log()) {
		if strings.HasPrefix(line, "arguments") && strings.Contains(line, password) || strings.HasPrefix(line, "answer") && line != "answer "+password+"\n" {
			t.Errorf("sudo was given %q", line)
		}
	}
	if r, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "id -u"}); err != nil || string(r.Stdout) != "1000\n" {
		t.Errorf("what wants no root: %v, %q", err, r.Stdout)
	}
}

func TestAPasswordThatSudoDoesNotTakeIsTriedOnce(t *testing.T) {
	h, _, log := asked(t, "wrong")
	for range 3 {
		_, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "echo did", Root: true})
		if !errors.Is(err, ssh.ErrNotRoot) || !strings.Contains(err.Error(), "does not take the password") || !strings.Contains(err.Error(), "Sorry") {
			t.Errorf("%v", err)
		}
	}
	if n := strings.Count(log(), "answer wrong"); n != 1 {
		t.Errorf("it was tried %d times:\n%s", n, log())
	}
}

func TestNoPasswordForSudoIsToBeHad(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{User: "ops", Fake: asking(t.TempDir())})
	for name, c := range map[string]struct {
		give func(context.Context) (string, error)
		says string
	}{
		"nobody knows it": {nil, "a password is required"},
		"nobody tells":    {func(context.Context) (string, error) { return "", errors.New("stdin is no terminal") }, "stdin is no terminal"},
		"two lines":       {func(context.Context) (string, error) { return "a\nb", nil }, "several lines"},
	} {
		l := login(s)
		l.SudoPassword = c.give
		_, err := pool(t, ssh.Options{}).Host(l).Run(within(t, 20*time.Second), ssh.Command{Script: "true", Root: true})
		if !errors.Is(err, ssh.ErrNotRoot) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDoasWhereThereIsNoSudo(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{User: "ops", Fake: map[string]string{
		"sudo": "exit 127", "doas": `[ "$1" = -n ] && shift && FAKE_ROOT=1 exec "$@"`, "id": `echo "${FAKE_ROOT:-1000}" | sed s/^1$/0/`}})
	r, err := host(t, s).Run(within(t, 20*time.Second), ssh.Command{Script: "id -u", Root: true})
	if err != nil || string(r.Stdout) != "0\n" {
		t.Errorf("%v, %q", err, r.Stdout)
	}
}

func TestWhatIsMissingForRootIsSaid(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{User: "ops", Fake: map[string]string{"sudo": "echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1"}})
	_, err := host(t, s).Run(within(t, 20*time.Second), ssh.Command{Script: "true", Root: true})
	said, ok := errors.AsType[*ssh.Error](err)
	if !ok || said.Next != "add this line with visudo: Defaults:ops !requiretty" {
		t.Errorf("%v", err)
	}
}
