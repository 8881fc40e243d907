//go:build lab

package dbcheck

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOpenSaysWhatIsWrongWithPostgreSQL(t *testing.T) {
	plain := startPostgreSQL(t)
	certificate, pool := certify(t)
	s := startPostgreSQL(t, append(certificate, "max_connections=6", "superuser_reserved_connections=3")...)
	for _, one := range []*server{plain, s} {
		one.exec(t, append(one.tools.account("kea", "postgres"), "CREATE DATABASE kea OWNER kea", "CREATE DATABASE other",
			"REVOKE ALL ON DATABASE other FROM PUBLIC")...)
	}
	with := func(s *server, name, password string, config *tls.Config) Target {
		target := s.tcp(name, "kea", password)
		target.TLS = config
		return target
	}
	closed := with(plain, "kea", "pw", nil)
	closed.Addr = "127.0.0.1:1"
	trusts := &tls.Config{RootCAs: pool, ServerName: "db.example.net"}
	for name, tc := range map[string]struct {
		target Target
		want   error
		saw    string
	}{
		"password":        {with(plain, "kea", "no", nil), ErrAuth, `password authentication failed for user "kea"`},
		"role":            {plain.tcp("kea", "nobody", "pw"), ErrAuth, `password authentication failed for user "nobody"`},
		"database":        {with(plain, "nokea", "pw", nil), ErrNoDatabase, `database "nokea" does not exist`},
		"foreign":         {with(plain, "other", "pw", nil), ErrAuth, `permission denied for database "other"`},
		"closed":          {closed, ErrUnreachable, "connection refused"},
		"no TLS":          {with(plain, "kea", "pw", trusts), ErrTLS, "SSL is not enabled"},
		"another name":    {with(s, "kea", "pw", &tls.Config{RootCAs: pool, ServerName: "other.example.net"}), ErrTLS, "other.example.net"},
		"another issuer":  {with(s, "kea", "pw", &tls.Config{ServerName: "db.example.net"}), ErrTLS, "unknown authority"},
		"TLS":             {with(s, "kea", "pw", trusts), nil, ""},
		"through TLS: no": {with(s, "kea", "no", trusts), ErrAuth, "password authentication failed"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Open(t.Context(), dialHere, tc.target)
			if tc.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				var encrypted bool
				if err := d.row(t.Context(), "asking", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &encrypted); err != nil || !encrypted {
					t.Errorf("not encrypted: %v", err)
				}
				return
			}
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.saw) {
				t.Errorf("got %v, want %v with %q", err, tc.want, tc.saw)
			}
			if err != nil && strings.Contains(err.Error(), "pw") {
				t.Errorf("the password shows: %v", err)
			}
		})
	}
	var err error
	for range 4 { // more than an ordinary account may have
		var d *DB
		if d, err = Open(t.Context(), dialHere, with(s, "kea", "pw", nil)); err == nil {
			defer d.Close()
		}
	}
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "reserved") {
		t.Errorf("too many connections: %v", err)
	}
}

// What is encrypted ends as soon, though it would like to say goodbye.
func TestStalledTLSHoldsNobody(t *testing.T) {
	certificate, pool := certify(t)
	s := startPostgreSQL(t, certificate...)
	s.exec(t, s.tools.account("kea", "postgres")...)
	tunnel := newTunnel(t, s.tcp("", "", "").Addr)
	target := s.tcp("postgres", "kea", "pw")
	target.Addr, target.TLS = tunnel.addr, &tls.Config{RootCAs: pool, ServerName: "db.example.net"}
	d := s.open(t, target)
	close(tunnel.stall)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	if _, err := d.ConnectionID(ctx); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a question: %v", err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

// certify makes a certificate for a server, and the settings with which it uses it.
func certify(t *testing.T) (settings []string, trusted *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"db.example.net"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir, as := postgresHome(t), postgresUser(t)
	for name, block := range map[string]*pem.Block{"crt": {Type: "CERTIFICATE", Bytes: der}, "key": {Type: "EC PRIVATE KEY", Bytes: private}} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(file, pem.EncodeToMemory(block), 0o600), os.Chown(file, int(as.Uid), int(as.Gid))); err != nil {
			t.Fatal(err)
		}
	}
	trusted = x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return []string{"ssl=on", "ssl_cert_file=" + filepath.Join(dir, "crt"), "ssl_key_file=" + filepath.Join(dir, "key")}, trusted
}

func TestPostgreSQLSessionsAndWhetherTheyAreAll(t *testing.T) {
	s := startPostgreSQL(t)
	s.exec(t, "CREATE DATABASE kea", "CREATE DATABASE elsewhere")
	for _, user := range []string{"kea", "other", "seer"} {
		s.exec(t, s.tools.account(user, "kea")...)
	}
	s.exec(t, "GRANT pg_read_all_stats TO seer")
	kea := s.open(t, s.tcp("kea", "kea", "pw"))
	list, all, err := kea.Sessions(t.Context())
	own := slices.IndexFunc(list, func(s Session) bool { return s.Own })
	if err != nil || !all.All || own < 0 || list[own].Port == 0 || list[own].Host != "127.0.0.1" || list[own].Database != "kea" || list[own].User != "kea" {
		t.Fatalf("alone: %v %+v %v", list, all, err)
	}
	if elsewhere := s.open(t, s.tcp("elsewhere", "other", "pw")); elsewhere == nil {
		t.Fatal("no session elsewhere")
	}
	if _, all, err = kea.Sessions(t.Context()); err != nil || !all.All {
		t.Errorf("with one in another database: %+v %v", all, err)
	}
	other := s.open(t, s.tcp("kea", "other", "pw"))
	id, err := other.ConnectionID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hidden := func() Session {
		t.Helper()
		list, all, err = kea.Sessions(t.Context())
		at := slices.IndexFunc(list, func(s Session) bool { return s.ID == id })
		if err != nil || all.All || at < 0 || !list[at].Hidden || !list[at].Client() || list[at].User != "other" || list[at].Database != "kea" || net.ParseIP(list[at].Host) != nil {
			t.Fatalf("with a hidden one: %v %+v %v", list, all, err)
		}
		return list[at]
	}
	if one := hidden(); !one.Idle {
		t.Errorf("it does nothing: %+v", one)
	}
	tx, err := other.sql.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if one := hidden(); one.Idle {
		t.Errorf("it has a transaction open: %+v", one)
	}
	local := s.open(t, s.target("kea", "other", ""))
	seer := s.open(t, s.tcp("kea", "seer", "pw"))
	list, all, err = seer.Sessions(t.Context())
	if err != nil || !all.All || slices.ContainsFunc(list, func(s Session) bool { return s.Hidden || s.Background && s.Command == "" }) {
		t.Fatalf("with pg_read_all_stats: %v %+v %v", list, all, err)
	}
	at := slices.IndexFunc(list, func(s Session) bool { return s.ID == id })
	if list[at].Host != "127.0.0.1" || list[at].Port == 0 || list[at].Command != "idle in transaction" || list[at].Idle {
		t.Errorf("in a transaction: %+v", list[at])
	}
	id, _ = local.ConnectionID(t.Context())
	at = slices.IndexFunc(list, func(s Session) bool { return s.ID == id })
	if list[at].Host != "localhost" || list[at].Port != 0 || !list[at].Idle || !list[at].Client() {
		t.Errorf("over the socket: %+v", list[at])
	}
	if n := len(clients(list)); n != 6 { // root's, kea's, three of other's, seer's
		t.Errorf("%d clients: %v", n, list)
	}
	if now, err := seer.Snapshot(t.Context()); err != nil || len(now.Busy) != 2 || now.Busy[0].User != "other" || !now.Visibility.All { // once in each look
		t.Errorf("busy: %v %v", now.Busy, err)
	}
	_ = tx.Rollback()
	if now, err := seer.Snapshot(t.Context()); err != nil || len(now.Busy) != 0 {
		t.Errorf("busy: %v %v", now.Busy, err)
	}
}

func TestPostgreSQLIdentityIsTheDatabases(t *testing.T) {
	s := startPostgreSQL(t)
	s.exec(t, append([]string{"CREATE DATABASE kea", `CREATE DATABASE "Kea"`}, s.tools.account("kea", "kea")...)...)
	identity := func(s *server, target Target) Identity {
		t.Helper()
		id, err := s.open(t, target).Identity(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	socket, tcp := identity(s, s.target("kea", "root", "")), identity(s, s.tcp("kea", "kea", "pw"))
	if tcp.String() != socket.String() || !strings.HasPrefix(tcp.String(), "postgresql:system:") || tcp.Product != "PostgreSQL" || tcp.Weak ||
		tcp.Role != RolePrimary || tcp.ReadOnly || tcp.Pooled {
		t.Errorf("%+v and %+v", socket, tcp)
	}
	if second := identity(s, s.target("Kea", "root", "")); second.String() == tcp.String() {
		t.Errorf("two databases are one: %v", second)
	}
	second := startPostgreSQL(t)
	second.exec(t, "CREATE DATABASE kea")
	if other := identity(second, second.target("kea", "root", "")); other.String() == tcp.String() {
		t.Errorf("two servers are one: %+v", other)
	}
	follower := s.standby(t)
	if standby := identity(follower, follower.target("kea", "root", "")); standby.String() != tcp.String() || standby.Role != RoleReplica {
		t.Errorf("a standby: %+v", standby)
	}
	s.in(t, "kea", "CREATE SCHEMA apart AUTHORIZATION kea", "ALTER ROLE kea SET search_path = apart", "ALTER ROLE kea SET default_transaction_read_only = on")
	if apart := identity(s, s.tcp("kea", "kea", "pw")); apart.Schema != "kea.apart" || !apart.ReadOnly {
		t.Errorf("in a schema of its own: %+v", apart)
	}
	s.in(t, "kea", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
	if weak := identity(s, s.tcp("kea", "kea", "pw")); !weak.Weak || !strings.HasPrefix(weak.Server, "host:") {
		t.Errorf("not told: %+v", weak)
	}
}
