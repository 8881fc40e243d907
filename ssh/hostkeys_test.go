package ssh_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"

	xssh "golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

func TestHostKeys(t *testing.T) {
	own, _ := sshtest.NewKey(t)
	other, _ := sshtest.NewKey(t)
	authority, _ := sshtest.NewKey(t)
	cert := &xssh.Certificate{Key: own.PublicKey(), CertType: xssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: xssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	certified, err := xssh.NewCertSigner(cert, own)
	if err != nil {
		t.Fatal(err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := xssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	line := func(k xssh.Signer) func(string) string {
		return func(addr string) string { return sshtest.KnownHostsLine(addr, k.PublicKey()) }
	}
	key := func(k xssh.Signer) string { return string(xssh.MarshalAuthorizedKey(k.PublicKey())) }
	for name, c := range map[string]struct {
		has   xssh.Signer
		known func(addr string) string
		kind  error
	}{
		"known":     {own, line(own), nil},
		"unknown":   {own, func(string) string { return "" }, ssh.ErrUnknownHostKey},
		"of others": {own, func(string) string { return "192.0.2.1 " + key(own) }, ssh.ErrUnknownHostKey},
		"changed":   {own, line(other), ssh.ErrHostKeyChanged},
		"revoked":   {own, func(addr string) string { return "@revoked * " + key(own) + line(own)(addr) }, ssh.ErrHostKeyChanged},
		"hashed": {own, func(addr string) string {
			return xknownhosts.HashHostname(xknownhosts.Normalize(addr)) + " " + key(own)
		}, nil},
		"another port's": {own, func(addr string) string {
			host, _, _ := net.SplitHostPort(addr)
			return host + " " + key(own)
		}, ssh.ErrUnknownHostKey},
		"another type":           {ec, line(own), ssh.ErrHostKeyChanged},
		"one of two types":       {ec, func(a string) string { return line(own)(a) + line(ec)(a) }, nil},
		"unreadable line before": {own, func(a string) string { return "k9 ssh-dss AAAAB3NzaC1kc3MAAAAA\n" + line(own)(a) }, nil},
		"by an authority":        {certified, func(string) string { return "@cert-authority * " + key(authority) }, nil},
		"by a stranger":          {certified, func(string) string { return "@cert-authority * " + key(other) }, ssh.ErrUnknownHostKey},
		"authority, plain key":   {own, func(string) string { return "@cert-authority * " + key(authority) }, ssh.ErrUnknownHostKey},
		"certified, plain known": {certified, line(own), nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := sshtest.Options{HostKey: c.has}
			if c.has == certified {
				o.MoreHostKeys = []xssh.Signer{own} // as sshd, which offers both
			}
			s := sshtest.Start(t, o)
			l := login(s)
			l.KnownHosts = writeFile(t, t.TempDir(), "kh", c.known(s.Addr))
			_, err := pool(t, ssh.Options{}).Host(l).Run(within(t, 10*time.Second), ssh.Command{Script: "true"})
			if c.kind == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *ssh.Error
			var k *ssh.HostKeyError
			if !errors.Is(err, c.kind) || !errors.As(err, &e) || !errors.As(err, &k) || e.Server != "k1" {
				t.Fatalf("%v, want %v", err, c.kind)
			}
			if s.Logins.Load() != 0 {
				t.Error("logged in all the same")
			}
			if name == "changed" && !strings.Contains(err.Error(), l.KnownHosts+":1") {
				t.Errorf("%v does not name the line", err)
			}
		})
	}
}

func TestTheAdviceForAnUnknownHostKeyWorks(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	l := login(s)
	l.KnownHosts = filepath.Join(t.TempDir(), "known_hosts") // not there yet
	p := pool(t, ssh.Options{})
	_, err := p.Host(l).Run(within(t, 10*time.Second), ssh.Command{Script: "true"})
	var e *ssh.Error
	var k *ssh.HostKeyError
	if !errors.As(err, &e) || !errors.As(err, &k) {
		t.Fatal(err)
	}
	if k.Fingerprint != xssh.FingerprintSHA256(s.HostKey.PublicKey()) || !strings.Contains(err.Error(), k.Fingerprint) ||
		!strings.Contains(e.Next, "ssh_host_ed25519_key.pub") || !strings.Contains(e.Next, l.KnownHosts) {
		t.Errorf("%v\nnext: %s", err, e.Next)
	}
	if err := os.WriteFile(l.KnownHosts, []byte(k.Line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Host(l).Run(within(t, 10*time.Second), ssh.Command{Script: "true"}); err != nil {
		t.Error(err)
	}
}

func TestKeysThatTheServerDoesNotTake(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	_, private := sshtest.NewKey(t)
	l := login(s)
	for name, identity := range map[string]string{"another": writeFile(t, t.TempDir(), "id", string(private)), "none": "/nonexistent"} {
		l.Identity = identity
		_, err := pool(t, ssh.Options{}).Host(l).Run(within(t, 10*time.Second), ssh.Command{Script: "true"})
		if !errors.Is(err, ssh.ErrAuth) || errors.Is(err, ssh.ErrUnreachable) {
			t.Errorf("%s: %v, want ErrAuth", name, err)
		}
	}
}

// sshd turns away who comes too often for nothing: a login that was refused is not tried again by everybody who wants it.
func TestARefusedLoginIsNotTriedByEveryone(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	_, other := sshtest.NewKey(t)
	unknown, unwelcome := login(s), login(s)
	unknown.KnownHosts, unwelcome.Identity = filepath.Join(t.TempDir(), "known_hosts"), writeFile(t, t.TempDir(), "id", string(other))
	for want, l := range map[error]ssh.Login{ssh.ErrUnknownHostKey: unknown, ssh.ErrAuth: unwelcome} {
		var dials atomic.Int32
		h := pool(t, ssh.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dials.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}}).Host(l)
		for range 5 {
			if _, err := h.Run(within(t, 10*time.Second), ssh.Command{Script: "true"}); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		if n := dials.Load(); n != 1 {
			t.Errorf("%v: %d dials", want, n)
		}
	}
}
