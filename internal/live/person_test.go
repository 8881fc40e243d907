package live

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

// somebody answers, and counts what was asked.
type somebody struct {
	password kea.Password
	phrases  []kea.Password // one for each question after a passphrase
	trusts   bool
	asked    []string
}

func (s *somebody) Secret(_ context.Context, what string) (kea.Password, error) {
	s.asked = append(s.asked, what)
	if strings.Contains(what, "passphrase") && len(s.phrases) > 0 {
		one := s.phrases[0]
		s.phrases = s.phrases[1:]
		return one, nil
	}
	if s.password == "" {
		return "", errors.New("nothing was typed")
	}
	return s.password, nil
}

func (s *somebody) Trust(_ context.Context, key HostKey) (bool, error) {
	s.asked = append(s.asked, "trust "+key.Server+" "+key.Fingerprint)
	return s.trusts, nil
}

// wanting is a sudo that wants a password.
var wanting = map[string]string{"id": `echo "${FAKE_ROOT:-1000}" | sed s/^1$/0/`, "sudo": `
	[ "$2" != -n ] || { echo 'sudo: a password is required' >&2; exit 1; }
	printf '%s' "$4" >&2
	read -r answer
	[ "$answer" = pw-Zq7 ] || exit 1
	shift 4
	FAKE_ROOT=1 exec "$@"`}

// strange is a fleet of servers that no known_hosts file knows, and whose sudo wants a password.
func strange(t *testing.T, who *somebody) (f *Fleet, known string) {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "")
	known = filepath.Join(t.TempDir(), "ssh", "known_hosts")
	config := filepath.Join(t.TempDir(), "config")
	file := fleet.File{SSH: fleet.SSHSettings{KnownHosts: known, Config: config}}
	var hosts strings.Builder
	for _, name := range []string{"k1", "k2", "k3"} {
		s := sshtest.Start(t, sshtest.Options{User: "ops", Fake: wanting})
		host, port, err := net.SplitHostPort(s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&hosts, "Host %s\nHostName %s\nPort %s\nUser ops\nIdentityFile %s\n", name, host, port, s.Identity)
		file.Servers = append(file.Servers, fleet.ServerEntry{Name: name, SSH: name})
	}
	if err := os.WriteFile(config, []byte(hosts.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	options := Options{}
	if who != nil {
		options.Person = who
	}
	f, err := New(file, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, known
}

func TestAPersonIsAskedOnceAndBeforeAnythingElse(t *testing.T) {
	who := &somebody{password: "pw-Zq7", trusts: true}
	f, known := strange(t, who)
	for range 2 {
		if err := f.Knock(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(known)
	if err != nil || strings.Count(string(text), "\n") != 3 {
		t.Errorf("known hosts: %v\n%s", err, text)
	}
	if n := strings.Count(strings.Join(who.asked, "\n"), "trust"); n != 3 || len(who.asked) != 4 {
		t.Errorf("asked %q", who.asked)
	}
	for _, name := range f.names() {
		r, err := f.servers[name].host.Run(t.Context(), ssh.Command{Script: "id -u", Root: true})
		if err != nil || string(r.Stdout) != "0\n" {
			t.Errorf("%s: %v %q", name, err, r.Stdout)
		}
	}
}

// TestPassphrases are asked for once, three times if they are wrong, and then no more.
func TestPassphrases(t *testing.T) {
	for name, c := range map[string]struct {
		phrases []kea.Password
		in      bool
		asked   int
	}{
		"right at once":  {[]kea.Password{"open"}, true, 1},
		"right at last":  {[]kea.Password{"a", "b", "open"}, true, 3},
		"wrong for good": {[]kea.Password{"a", "b", "c", "open"}, false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			who := &somebody{password: "pw-Zq7", trusts: true, phrases: c.phrases}
			f := behindOneKey(t, who, "open")
			for range 2 {
				if err := f.Knock(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			asked := 0
			for _, what := range who.asked {
				if strings.Contains(what, "the passphrase of ") {
					asked++
				}
			}
			if asked != c.asked {
				t.Errorf("asked %q", who.asked)
			}
			for _, name := range f.names() {
				if _, err := f.servers[name].host.Run(t.Context(), ssh.Command{Script: "true"}); (err == nil) != c.in {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// behindOneKey is a fleet of two logins with one private key, which has a passphrase.
func behindOneKey(t *testing.T, who *somebody, passphrase string) *Fleet {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "")
	s := sshtest.Start(t, sshtest.Options{})
	text, err := os.ReadFile(s.Identity)
	if err != nil {
		t.Fatal(err)
	}
	key, err := xssh.ParseRawPrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	block, err := xssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	identity := filepath.Join(dir, "id")
	if err := os.WriteFile(identity, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	file := fleet.File{SSH: fleet.SSHSettings{KnownHosts: filepath.Join(dir, "known_hosts"), Config: "none", Identity: identity}}
	for _, name := range []string{"k1", "k2"} {
		file.Servers = append(file.Servers, fleet.ServerEntry{Name: name, SSH: s.User + "@" + s.Addr})
	}
	f, err := New(file, Options{Person: who})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestNobodyTrustsAStranger(t *testing.T) {
	for name, who := range map[string]*somebody{"nobody is there": nil, "the answer is no": {password: "pw-Zq7"}} {
		f, known := strange(t, who)
		if err := f.Knock(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(known); err == nil {
			t.Errorf("%s: a key was written down", name)
		}
	}
}

func TestAQuestionWithoutAnAnswerEndsTheCommand(t *testing.T) {
	f, _ := strange(t, &somebody{password: "pw-Zq7", trusts: true})
	f.file.Databases = []fleet.DatabaseEntry{{Match: "db1/kea", Admin: &fleet.Account{User: "dba", Password: fleet.SecretSource{Prompt: true}}}}
	if err := f.Knock(t.Context()); err != nil {
		t.Error(err)
	}
	f, _ = strange(t, &somebody{trusts: true})
	f.file.Databases = []fleet.DatabaseEntry{{Match: "db1/kea", Admin: &fleet.Account{User: "dba", Password: fleet.SecretSource{Prompt: true}}}}
	if err := f.Knock(t.Context()); err == nil || !strings.Contains(err.Error(), "dba in the database db1/kea: nothing was typed") {
		t.Errorf("%v", err)
	}
}

// One name in two engines, or on two servers' own machines, is several databases, and each has a password of its own.
func TestEveryEntryIsAskedAbout(t *testing.T) {
	who := &somebody{password: "pw-Zq7", trusts: true}
	f, _ := strange(t, who)
	admin := &fleet.Account{User: "dba", Password: fleet.SecretSource{Prompt: true}}
	f.file.Databases = []fleet.DatabaseEntry{
		{Match: "db1/kea", Engine: kea.MySQL, Admin: admin}, {Match: "db1/kea", Engine: kea.PostgreSQL, Admin: admin},
		{Match: "localhost/kea", Server: "k1", Admin: admin}, {Match: "localhost/kea", Server: "k2", Admin: admin},
	}
	if err := f.Knock(t.Context()); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"db1/kea (mysql)", "db1/kea (postgresql)", "localhost/kea of k1", "localhost/kea of k2"} {
		if want = "the password of dba in the database " + want; !slices.Contains(who.asked, want) {
			t.Errorf("%q was not asked: %q", want, who.asked)
		}
	}
}
