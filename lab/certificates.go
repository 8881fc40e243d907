//go:build lab

package lab

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The places of what secures a host: of Kea on a server, and of the engine on the database host.
const (
	keaTLS    = "etc/kea/tls"
	engineTLS = "etc/lab-tls"
)

// writeCertificates makes an authority for the fleet, which signs for the database host and for Kea, and puts their files in place.
// The authority's own key is kept by nobody.
func (f *Fleet) writeCertificates() error {
	if !f.Access.TLS {
		return nil
	}
	until := time.Now().Add(365 * 24 * time.Hour)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the lab's authority"}, BasicConstraintsValid: true, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until, KeyUsage: x509.KeyUsageCertSign,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the authority: %w", err)
	}
	for i, h := range f.Hosts() {
		c := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 2)), Subject: pkix.Name{CommonName: h.Name}, NotBefore: authority.NotBefore, NotAfter: until,
			KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
			IPAddresses: []net.IP{h.Address.AsSlice()},
		}
		dir, name := filepath.Join(f.Root(h.Name), keaTLS), "kea"
		if h.Name == DatabaseHost {
			dir, name = filepath.Join(f.Root(h.Name), engineTLS), "server"
		}
		if err := sign(authority, key, c, dir, name); err != nil {
			return fmt.Errorf("making the certificate of %s: %w", h.Name, err)
		}
		if h.Name == DatabaseHost {
			continue
		}
		if err := giveTo(f.group(), f.Root(h.Name), filepath.Join(dir, name+".key")); err != nil {
			return err
		}
	}
	return nil
}

// sign writes ca.pem, NAME.pem and NAME.key, which the group may read, into a directory.
func sign(authority *x509.Certificate, by *ecdsa.PrivateKey, c *x509.Certificate, dir, name string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, &by.PublicKey, by)
	if err != nil {
		return err
	}
	leaf, err := x509.CreateCertificate(rand.Reader, c, authority, &key.PublicKey, by)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, file := range []struct {
		name, kind string
		der        []byte
		mode       os.FileMode
	}{{"ca.pem", "CERTIFICATE", root, 0o644}, {name + ".pem", "CERTIFICATE", leaf, 0o644}, {name + ".key", "PRIVATE KEY", secret, 0o640}} {
		path := filepath.Join(dir, file.name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: file.kind, Bytes: file.der}), file.mode); err != nil {
			return err
		}
		if err := os.Chmod(path, file.mode); err != nil { // whatever the umask is
			return err
		}
	}
	return nil
}

// secure lets the engine take Kea's and the administrator's accounts over TLS alone, and starts it anew.
func (f *Fleet) secure(ctx context.Context) error {
	script := secureMySQL
	if f.Engine == PostgreSQL {
		script = securePostgreSQL
	}
	if _, err := f.Run(ctx, DatabaseHost, "user="+quote(f.Access.User)+" settings="+quote(f.Engine.dialect().settings)+"\n"+script); err != nil {
		return err
	}
	return f.databaseUnit(ctx, "restart")
}

const secureMySQL = `set -eu
chown mysql:mysql /etc/lab-tls/server.key
cat >"$settings/zz-tls.cnf" <<'END'
[mysqld]
ssl-ca = /etc/lab-tls/ca.pem
ssl-cert = /etc/lab-tls/server.pem
ssl-key = /etc/lab-tls/server.key
END
$(command -v mariadb || echo mysql) <<END
ALTER USER '$(printf '%s' "$user" | sed 's/\\/\\\\/g; s/'"'"'/\\'"'"'/g')'@'%' REQUIRE X509;
ALTER USER 'kea_admin'@'%' REQUIRE X509;
END`

const securePostgreSQL = `set -eu
chown postgres:postgres /etc/lab-tls/server.key
chmod 600 /etc/lab-tls/server.key
settings=$(echo /etc/postgresql/*/main)
quoted=$(printf '%s' "$user" | sed 's/"/""/g')
cat >"$settings/conf.d/tls.conf" <<'END'
ssl = on
ssl_ca_file = '/etc/lab-tls/ca.pem'
ssl_cert_file = '/etc/lab-tls/server.pem'
ssl_key_file = '/etc/lab-tls/server.key'
END
{
	echo 'hostssl all kea_admin all scram-sha-256'
	printf 'hostssl all "%s" all scram-sha-256\n' "$quoted"
	printf 'hostnossl all kea_admin,"%s" all reject\n' "$quoted"
	cat "$settings/pg_hba.conf"
} >"$settings/pg_hba.new"
cat "$settings/pg_hba.new" >"$settings/pg_hba.conf"
rm "$settings/pg_hba.new"`
