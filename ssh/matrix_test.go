package ssh_test

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
)

// way is a configuration of ssh, with what is left out filled in from common, and what must come of it with ssh and with ours.
type way struct {
	name, config string
	key          string // that lets us in, by its file; "": nobody lets us in
	kind         error  // what keeps us out
	user         string // as whom; "": the account that the test runs as
	agent        []string
	forwarded    bool   // the agent is another machine's, through ssh -A
	passphrase   string // what is typed when one is asked for
	alone        error  // where OpenSSH is not installed: ErrConfig for what only it can read
}

// outcome is what came of a login: as whom and with which key, or what kept it out.
type outcome struct {
	user, key string
	kind      error
}

// is compares them: of a login that came to nothing, what kept it out alone.
func (o outcome) is(want outcome) bool {
	if want.kind != nil {
		return errors.Is(o.kind, want.kind)
	}
	return o == want
}

const whoAmI = `id -un; cat "$SSH_USER_AUTH"`

// TestTheWayOfSSH: whom ssh lets in with a configuration, as whom and with which key, we let in likewise; and where it does not,
// neither do we, for the same reason. So it is where OpenSSH's client is not installed, or the configuration is refused.
func TestTheWayOfSSH(t *testing.T) {
	a := startAccounts(t)
	a.known(t)
	for _, w := range slices.Concat(names(), identities(), hostsKnown(), hops()) {
		t.Run(w.name, func(t *testing.T) {
			if w.user != "" && len(a.more) == 0 {
				t.Skip("only root can give sshd further accounts")
			}
			want := outcome{w.user, "", w.kind}
			if w.kind == nil {
				want = outcome{orElse(w.user, a.me), a.public(t, w.key), nil}
			}
			config := a.places().Replace(w.config + "Host *\n" + common)
			file := writeFile(t, t.TempDir(), "config", config)
			t.Setenv("SSH_AUTH_SOCK", a.agent(t, w))
			if theirs, said := a.theirs(t, file, w.passphrase); !theirs.is(want) {
				t.Errorf("ssh: %+v, want %+v\n%s", theirs, want, said)
			}
			ours, err := a.ours(t, file, w.passphrase)
			if !ours.is(want) {
				t.Errorf("we: %+v, want %+v\n%v", ours, want, err)
			}
			t.Setenv("PATH", pathWithout(t, "ssh"))
			if w.alone != nil {
				want = outcome{kind: w.alone}
			}
			ours, err = a.ours(t, file, w.passphrase)
			if !ours.is(want) {
				t.Errorf("we, without OpenSSH: %+v, want %+v\n%v", ours, want, err)
			}
			if t.Failed() {
				t.Log(config)
			}
		})
	}
}

// agent runs OpenSSH's own with keys, and gives its socket.
func (a *accounts) agent(t *testing.T, w way) string {
	t.Helper()
	if w.agent == nil {
		return ""
	}
	socket := writeFile(t, t.TempDir(), "a", "")
	os.Remove(socket)
	spawn(t, exec.Command("ssh-agent", "-D", "-a", socket))
	eventually(t, "the agent", func() bool { return exists(socket) })
	for _, key := range w.agent {
		add := exec.Command("ssh-add", "-q", a.file(key))
		add.Env = a.asking(t, "secret", "SSH_AUTH_SOCK="+socket)
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("ssh-add %s: %v: %s", key, err, out)
		}
	}
	if !w.forwarded {
		return socket
	}
	away := exec.Command("ssh", "-A", "-F", a.file("direct"), "k9", `echo "$SSH_AUTH_SOCK"; exec cat`)
	away.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	out, err := away.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := away.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := spawn(t, away)
	t.Cleanup(func() { in.Close() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("forwarding the agent: %v: %s", err, said)
	}
	return strings.TrimSpace(line)
}

// asking is an environment in which a passphrase is asked for, and typed.
func (a *accounts) asking(t *testing.T, passphrase string, more ...string) []string {
	t.Helper()
	ask := writeFile(t, t.TempDir(), "ask", "#!/bin/sh\necho '"+passphrase+"'\n")
	if err := os.Chmod(ask, 0o700); err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), append([]string{"SSH_ASKPASS=" + ask, "SSH_ASKPASS_REQUIRE=force"}, more...)...)
}

// theirs is what OpenSSH's client makes of a configuration.
func (a *accounts) theirs(t *testing.T, file, passphrase string) (o outcome, said string) {
	t.Helper()
	cmd := exec.CommandContext(within(t, 30*time.Second), "ssh", "-F", file, "-o", "StrictHostKeyChecking=yes", "-o", "NumberOfPasswordPrompts=1", "k9", whoAmI)
	if passphrase == "" {
		cmd.Args = slices.Insert(cmd.Args, 1, "-o", "BatchMode=yes")
	} else {
		cmd.Env = a.asking(t, passphrase)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err == nil {
		return reported(string(out)), errs.String()
	}
	for _, c := range []struct {
		text string
		kind error
	}{
		{"REMOTE HOST IDENTIFICATION HAS CHANGED", ssh.ErrHostKeyChanged}, {"REVOKED HOST KEY", ssh.ErrHostKeyChanged},
		{"Host key verification failed", ssh.ErrUnknownHostKey}, {"host key is known for", ssh.ErrUnknownHostKey},
		{"Permission denied", ssh.ErrAuth}, {"Too many authentication failures", ssh.ErrAuth},
		{"terminating, ", ssh.ErrConfig}, {"Unsupported Match", ssh.ErrConfig}, {"Could not resolve", ssh.ErrUnreachable}, {"Connection refused", ssh.ErrUnreachable},
		{"Connection closed", ssh.ErrUnreachable}, {"Broken pipe", ssh.ErrUnreachable}, {"Connection reset", ssh.ErrUnreachable}, {"Connection timed out", ssh.ErrUnreachable}, {"Cannot assign requested address", ssh.ErrUnreachable},
	} {
		if strings.Contains(errs.String(), c.text) {
			return outcome{kind: c.kind}, errs.String()
		}
	}
	return outcome{kind: err}, errs.String()
}

// ours is what we make of it.
func (a *accounts) ours(t *testing.T, file, passphrase string) (outcome, error) {
	t.Helper()
	p := ssh.NewPool(ssh.Options{Timeout: 5 * time.Second})
	defer p.Close()
	h := p.Host(ssh.Login{Address: "k9", ConfigFile: file})
	for range 3 {
		r, err := h.Run(within(t, 30*time.Second), ssh.Command{Script: whoAmI})
		if err == nil {
			return reported(string(r.Stdout)), nil
		}
		locked, ok := errors.AsType[*ssh.LockedError](err)
		if !ok || passphrase == "" || p.Unlock(locked.Files[0], passphrase) != nil {
			failed, ok := errors.AsType[*ssh.Error](err)
			if !ok {
				t.Fatal(err)
			}
			return outcome{kind: failed.Kind}, err
		}
	}
	return outcome{}, errors.New("unlocked, and still not in")
}

// reported reads what sshd says of a login. The key of a certificate stands for it: no certificate is there without it.
func reported(said string) outcome {
	user, auth, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return outcome{user: user, key: strings.TrimPrefix(auth, "publickey ")}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
