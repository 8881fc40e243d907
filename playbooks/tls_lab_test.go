//go:build lab

package playbooks

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// authority makes ca.pem in a directory, and a function that makes NAME.pem and NAME.key there for an address, signed by it.
func authority(t *testing.T, dir string) (sign func(name, address string)) {
	t.Helper()
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	write := func(name, kind string, der []byte, err error) {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	by := newKey()
	root, err := x509.CreateCertificate(rand.Reader, ca, ca, &by.PublicKey, by)
	write("ca.pem", "CERTIFICATE", root, err)
	return func(name, address string) {
		key := newKey()
		leaf, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
			NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, IPAddresses: []net.IP{net.ParseIP(address)},
		}, ca, &key.PublicKey, by)
		write(name+".pem", "CERTIFICATE", leaf, err)
		secret, err := x509.MarshalPKCS8PrivateKey(key)
		write(name+".key", "PRIVATE KEY", secret, err)
	}
}

// TestPostgreSQLsProgramsSpeakTLS: a server that wants a certificate of its clients lets in whoever is given one, and is held against
// what it is to be; what does not fit is an error of the program's own.
func TestPostgreSQLsProgramsSpeakTLS(t *testing.T) {
	s, h := startPostgreSQL(t), newHost(t)
	s.makeKea("public")
	dir, other, data := t.TempDir(), t.TempDir(), os.Getenv("PGHOST")
	sign := authority(t, dir)
	authority(t, other)
	sign("kea", "192.0.2.11")
	// put gives the server a certificate for an address, which it reads when it is told to.
	put := func(address string) {
		sign("server", address)
		var owner syscall.Stat_t
		if err := syscall.Stat(data, &owner); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"ca.pem", "server.pem", "server.key"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(data, name), text, 0o600)
			}
			if err == nil {
				err = os.Chown(filepath.Join(data, name), int(owner.Uid), int(owner.Gid))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	put("127.0.0.1")
	rules := "local all root trust\nhostssl all kea all scram-sha-256 clientcert=verify-ca\n"
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	s.sql("postgres", "ALTER SYSTEM SET ssl = on")
	s.sql("postgres", "ALTER SYSTEM SET ssl_ca_file = 'ca.pem'")
	s.sql("postgres", "ALTER SYSTEM SET ssl_cert_file = 'server.pem'")
	s.sql("postgres", "ALTER SYSTEM SET ssl_key_file = 'server.key'")
	s.sql("postgres", "SELECT pg_reload_conf()")
	with := func(mode, anchor, name string) []string {
		words := []string{"tls_mode=" + mode, "tls_anchor=" + anchor, "tls_certificate=", "tls_key="}
		if name != "" {
			words[2], words[3] = "tls_certificate="+filepath.Join(dir, name+".pem"), "tls_key="+filepath.Join(dir, name+".key")
		}
		return words
	}
	ca := filepath.Join(dir, "ca.pem")
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(50 * time.Millisecond) { // until it has read all of that
		if status, said := h.runOn("postgresql", "enter", s.as("kea", keaPassword, with("require", "", "kea")...)...); status == 0 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("with a certificate: %d %s", status, said)
		}
	}
	for _, c := range []struct {
		name string
		tls  []string
		in   bool
	}{
		{"without a certificate", with("", "", ""), false},
		{"without encryption", with("disable", "", ""), false},
		{"by authority", with("verify-ca", ca, "kea"), true},
		{"by name", with("verify-full", ca, "kea"), true},
		{"by another authority", with("verify-ca", filepath.Join(other, "ca.pem"), "kea"), false},
	} {
		if status, said := h.runOn("postgresql", "enter", s.as("kea", keaPassword, c.tls...)...); (status == 0) != c.in {
			t.Errorf("%s: %d %s", c.name, status, said)
		}
	}
	put("192.0.2.5") // the same authority, another name
	s.sql("postgres", "SELECT pg_reload_conf()")
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-time.After(50 * time.Millisecond) {
		if status, _ := h.runOn("postgresql", "enter", s.as("kea", keaPassword, with("verify-full", ca, "kea")...)...); status != 0 {
			break // it has read it
		}
	}
	for mode, in := range map[string]bool{"verify-ca": true, "verify-full": false} {
		if status, said := h.runOn("postgresql", "enter", s.as("kea", keaPassword, with(mode, ca, "kea")...)...); (status == 0) != in {
			t.Errorf("another name, %s: %d %s", mode, status, said)
		}
	}
	status, said := h.runOn("postgresql", "dump", s.as("kea", keaPassword, append(with("verify-ca", ca, "kea"), "dir="+h.path("backups"), "name=kea-db1")...)...)
	if status != 0 {
		t.Errorf("dump: %d %s", status, said)
	}
}
