package ssh_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// serveAgent runs an agent that holds the keys, and gives its socket.
func serveAgent(t *testing.T, keys ...any) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, k := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: k}); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(t.TempDir(), "a")
	l, err := net.Listen("unix", socket)
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
			go agent.ServeAgent(ring, c)
		}
	}()
	return socket
}

func privateKey(t *testing.T, file string) any {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := xssh.ParseRawPrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKeysFromTheAgent(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	key := privateKey(t, s.Identity)
	var strangers []any
	for range 10 { // more than the six that a server lets one try
		_, k, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		strangers = append(strangers, &k)
	}
	dir := t.TempDir()
	signer, err := xssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := writeFile(t, dir, "only.pub", string(xssh.MarshalAuthorizedKey(signer.PublicKey())))
	block, err := xssh.MarshalPrivateKeyWithPassphrase(key, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	locked := writeFile(t, dir, "locked", string(pem.EncodeToMemory(block)))
	for name, c := range map[string]struct {
		identity string
		held     []any
		kind     error
		saw      string
	}{
		"held there alone":       {"/nonexistent", []any{key}, nil, ""},
		"named by a public key":  {public, append(strangers, key), nil, ""},
		"encrypted, and held":    {locked, append(strangers, key), nil, ""},
		"encrypted, not held":    {locked, nil, ssh.ErrAuth, "ssh-add " + locked},
		"none that is any use":   {"/nonexistent", strangers[:1], ssh.ErrAuth, ""},
		"public half, not there": {filepath.Join(dir, "only"), nil, ssh.ErrAuth, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := pool(t, ssh.Options{})
			t.Setenv("SSH_AUTH_SOCK", serveAgent(t, c.held...))
			l := login(s)
			l.Identity = c.identity
			_, err := p.Host(l).Run(within(t, 20*time.Second), ssh.Command{Script: "true"})
			if !errors.Is(err, c.kind) || err != nil && !strings.Contains(err.Error(), c.saw) {
				t.Errorf("%v, want %v with %q", err, c.kind, c.saw)
			}
		})
	}
}

// lock writes a private key with a passphrase.
func lock(t *testing.T, identity, passphrase string) (file string) {
	t.Helper()
	block, err := xssh.MarshalPrivateKeyWithPassphrase(privateKey(t, identity), "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, t.TempDir(), "locked", string(pem.EncodeToMemory(block)))
}

// TestAKeyIsUnlocked: the error says which keys a passphrase would open, and once it is given the next login is let in, at once.
func TestAKeyIsUnlocked(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "")
	s := sshtest.Start(t, sshtest.Options{})
	l := login(s)
	l.Identity = lock(t, s.Identity, "secret")
	p := pool(t, ssh.Options{})
	h := p.Host(l)
	_, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "true"})
	var locked *ssh.LockedError
	if !errors.Is(err, ssh.ErrAuth) || !errors.As(err, &locked) || len(locked.Files) != 1 || locked.Files[0] != l.Identity {
		t.Fatalf("%v", err)
	}
	if err := p.Unlock(l.Identity, "another"); !errors.Is(err, ssh.ErrPassphrase) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if _, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "true"}); !errors.Is(err, ssh.ErrAuth) {
		t.Errorf("with a wrong passphrase: %v", err)
	}
	if err := p.Unlock(l.Identity+".gone", "secret"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key that is not there: %v", err)
	}
	if err := p.Unlock(l.Identity, "secret"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: "true"}); err != nil {
		t.Errorf("with the passphrase: %v", err)
	}
}

func TestCertificateBesideTheKey(t *testing.T) {
	authority, _ := sshtest.NewKey(t)
	s := sshtest.Start(t, sshtest.Options{Authority: authority.PublicKey()})
	own, private := sshtest.NewKey(t) // the server does not know this one
	l := login(s)
	l.Identity = writeFile(t, t.TempDir(), "id", string(private))
	if _, err := pool(t, ssh.Options{}).Host(l).Run(within(t, 20*time.Second), ssh.Command{}); !errors.Is(err, ssh.ErrAuth) {
		t.Fatalf("without its certificate: %v", err)
	}
	cert := &xssh.Certificate{Key: own.PublicKey(), CertType: xssh.UserCert, ValidPrincipals: []string{s.User}, ValidBefore: xssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Dir(l.Identity), "id-cert.pub", string(xssh.MarshalAuthorizedKey(cert)))
	r, err := pool(t, ssh.Options{}).Host(l).Run(within(t, 20*time.Second), ssh.Command{Script: "echo in"})
	if err != nil || !bytes.Equal(r.Stdout, []byte("in\n")) {
		t.Error(err)
	}
}
