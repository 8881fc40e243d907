package live

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/kea"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// signed makes a key and a certificate: an authority's, of itself, or one of by.
func signed(t *testing.T, name string, by *authority) (authority, certificates) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: by == nil,
	}
	if by == nil {
		by = &authority{c, key}
	} else if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return authority{c, key}, certificates{
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	}
}

// shakes says how a handshake ends with a server of that certificate.
func shakes(t *testing.T, with *tls.Config, server certificates) error {
	t.Helper()
	pair, err := tls.X509KeyPair(server.certificate, server.key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		far, err := l.Accept()
		if err != nil {
			return
		}
		defer far.Close()
		_ = tls.Server(far, &tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12}).Handshake()
	}()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	return tls.Client(near, with).Handshake()
}

// TestConnectionsAreAsSecureAsTheConfigurationSays: of every way to write it, which servers are spoken to: the right one, one of the
// same authority with another name, and one of another authority.
func TestConnectionsAreAsSecureAsTheConfigurationSays(t *testing.T) {
	ours, anchor := signed(t, "authority", nil)
	other, _ := signed(t, "authority", nil)
	_, right := signed(t, "192.0.2.5", &ours)
	_, renamed := signed(t, "db.example.net", &ours)
	_, strange := signed(t, "192.0.2.5", &other)
	_, pair := signed(t, "kea", &ours)
	files := certificates{anchor: anchor.certificate, certificate: pair.certificate, key: pair.key}
	const all, authority, named = "right renamed strange", "right renamed", "right"
	for _, c := range []struct {
		engine kea.Engine
		host   string
		tls    kea.TLS
		level  kea.Encryption
		takes  string
		err    error
	}{
		{engine: kea.MySQL, level: kea.Offered, takes: all},
		{engine: kea.MySQL, host: "localhost", level: kea.Plain},
		{engine: kea.MySQL, tls: kea.TLS{TrustAnchor: "ca"}, level: kea.Verified, takes: authority},
		{engine: kea.MySQL, tls: kea.TLS{TrustAnchor: "ca", CertFile: "c", KeyFile: "k"}, level: kea.Verified, takes: authority},
		{engine: kea.MySQL, tls: kea.TLS{CertFile: "c", KeyFile: "k"}, level: kea.Required, takes: all},
		{engine: kea.MySQL, tls: kea.TLS{CipherList: "ECDHE-ECDSA-AES256-GCM-SHA384"}, level: kea.Required, takes: all},
		{engine: kea.MySQL, tls: kea.TLS{CertFile: "c"}, level: kea.Required, err: errHalf},
		{engine: kea.PostgreSQL, level: kea.Offered, takes: all},
		{engine: kea.PostgreSQL, host: "/run/postgresql", tls: kea.TLS{SSLMode: "verify-full"}, level: kea.Plain},
		{engine: kea.PostgreSQL, tls: kea.TLS{SSLMode: "disable"}, level: kea.Plain},
		{engine: kea.PostgreSQL, tls: kea.TLS{SSLMode: "prefer"}, level: kea.Offered, takes: all},
		{engine: kea.PostgreSQL, tls: kea.TLS{SSLMode: "require"}, level: kea.Required, takes: all},
		{engine: kea.PostgreSQL, tls: kea.TLS{SSLMode: "require", TrustAnchor: "ca"}, level: kea.Verified, takes: authority},
		{engine: kea.PostgreSQL, tls: kea.TLS{CertFile: "c", KeyFile: "k"}, level: kea.Required, takes: all},
		{engine: kea.PostgreSQL, tls: kea.TLS{TrustAnchor: "ca"}, level: kea.Verified, takes: authority},
		{engine: kea.PostgreSQL, tls: kea.TLS{SSLMode: "verify-ca", TrustAnchor: "ca"}, level: kea.Verified, takes: authority},
		{engine: kea.PostgreSQL, tls: kea.TLS{SSLMode: "verify-full", TrustAnchor: "ca"}, level: kea.Named, takes: named},
		{engine: kea.PostgreSQL, tls: kea.TLS{SSLMode: "verify-ca"}, level: kea.Verified, err: errNoAnchor},
		{engine: kea.PostgreSQL, tls: kea.TLS{SSLMode: "verify-everything"}, level: kea.Named, err: errNoAnchor},
	} {
		ref := kea.DatabaseRef{Engine: c.engine, Host: c.host, Name: "kea", TLS: c.tls}
		if ref.Host == "" {
			ref.Host = "192.0.2.5"
		}
		if got := ref.Encryption(); got != c.level {
			t.Errorf("%s %+v: %d, want %d", c.engine, c.tls, got, c.level)
		}
		with, err := securing(ref, files)
		if !errors.Is(err, c.err) || (with == nil) != (c.level == kea.Plain || c.err != nil) {
			t.Errorf("%s %+v: %v, %v", c.engine, c.tls, with, err)
		}
		for name, server := range map[string]certificates{"right": right, "renamed": renamed, "strange": strange} {
			if with == nil {
				continue
			}
			err := shakes(t, with, server)
			if (err == nil) != strings.Contains(c.takes, name) {
				t.Errorf("%s %+v: the %s server: %v", c.engine, c.tls, name, err)
			}
			if refused := (*tls.CertificateVerificationError)(nil); err != nil && !errors.As(err, &refused) {
				t.Errorf("%s %+v: the %s server is refused for another reason: %v", c.engine, c.tls, name, err)
			}
		}
	}
}

// TestFilesThatSecureNothing: what is in them stands in no error.
func TestFilesThatSecureNothing(t *testing.T) {
	ours, anchor := signed(t, "authority", nil)
	_, one := signed(t, "one", &ours)
	_, two := signed(t, "two", &ours)
	whole := kea.TLS{TrustAnchor: "ca", CertFile: "c", KeyFile: "k"}
	for _, c := range []struct {
		files certificates
		want  error
	}{
		{certificates{anchor: []byte("hunter2"), certificate: one.certificate, key: one.key}, errAnchor},
		{certificates{anchor: anchor.certificate, certificate: one.certificate, key: two.key}, errPair},
		{certificates{anchor: anchor.certificate, certificate: one.certificate, key: []byte("hunter2")}, errPair},
	} {
		_, err := securing(kea.DatabaseRef{Engine: kea.MySQL, Host: "h", TLS: whole}, c.files)
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
	for _, out := range []string{"@anchor\n", "@anchor\nhunter2!\n@end\n"} {
		if _, err := parseCertificates([]byte(out)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", out, err)
		}
	}
	text := base64.StdEncoding.EncodeToString(anchor.certificate)
	c, err := parseCertificates([]byte("@anchor\n" + text + "\n@directory\nyes\n@certificate\n@key\n@end\n"))
	if err != nil || string(c.anchor) != string(anchor.certificate) || !c.directory || len(c.certificate) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestCipherLists(t *testing.T) {
	for list, want := range map[string]int{
		"": 0, "HIGH:!aNULL": 0, "ECDHE-RSA-AES128-GCM-SHA256": 1, "ECDHE-RSA-CHACHA20-POLY1305:AES256-SHA:DHE-RSA-AES256-SHA": 2,
	} {
		if got := suites(list); len(got) != want {
			t.Errorf("%q: %d suites, want %d", list, len(got), want)
		}
	}
}

// TestAServerWithoutEncryption is spoken to only where the configuration leaves it open.
func TestAServerWithoutEncryption(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	go func() {
		_, _ = far.Read(make([]byte, 8))
		_, _ = far.Write([]byte("N"))
	}()
	if _, err := encrypted(t.Context(), near, &tls.Config{}, false); !errors.Is(err, dbcheck.ErrTLS) {
		t.Errorf("%v", err)
	}
}
