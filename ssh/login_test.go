package ssh

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for in, want := range map[string]address{
		"k1":                        {"", "k1", ""},
		"root@192.0.2.11":           {"root", "192.0.2.11", ""},
		"root@kea.example.net:2222": {"root", "kea.example.net", "2222"},
		"me@corp@k1":                {"me@corp", "k1", ""}, // Active Directory accounts
		"2001:db8::1":               {"", "2001:db8::1", ""},
		"root@[2001:db8::1]:22":     {"root", "2001:db8::1", "22"},
		"[2001:db8::1]":             {"", "2001:db8::1", ""},
		"ssh://root@k1:2222/":       {"root", "k1", "2222"},
	} {
		if got, err := parseAddress(in); err != nil || got != want {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	// A host that begins with a dash would be an option to ssh -G.
	for _, in := range []string{"", "@k1", "root@", "-oProxyCommand=id", "-l@k1", "root@-F", "k1:", "k1:x", "k1:99999", "k1:0", "k 1", "k1\n", "[::1", "ssh://"} {
		if got, err := parseAddress(in); err == nil {
			t.Errorf("%q is read as %+v", in, got)
		}
	}
}

// Both readings of the client's configuration give the same answer.
func TestConfigurationIsReadAlike(t *testing.T) {
	p := NewPool(Options{})
	if p.binary == "" {
		t.Skip("this machine has no ssh to compare with")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "config")
	text := `
Include ` + dir + `/more
Host web *.example.net
  User web
Host k1 k1.example.net
  HostName 192.0.2.11
  Port 2222
  IdentityFile ` + dir + `/a
  IdentityFile ` + dir + `/%h-%r
  IdentitiesOnly yes
  CertificateFile ` + dir + `/c
  UserKnownHostsFile ` + dir + `/x ` + dir + `/y
  HostKeyAlias kea-one
  ConnectTimeout 7
Host k2
  HostName %h.example.net
  ProxyJump ops@bastion:2200,other
Host k3
  ProxyCommand nc %h %p
Host *
  User root
  IdentityAgent none
  GlobalKnownHostsFile /nonexistent
`
	for name, content := range map[string]string{"config": text, "more": "Host k9\n  HostName 192.0.2.9\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, host := range []string{"k1", "k1.example.net", "k2", "k3", "k9", "other", "192.0.2.77"} {
		q := question{address: address{host: host}, configFile: config}
		exact, err := readSettings(t.Context(), p.binary, q)
		if err != nil {
			t.Fatal(err)
		}
		own, err := readSettings(t.Context(), "", q)
		if err != nil {
			t.Fatal(err)
		}
		a, b := newEndpoint(host, exact), newEndpoint(host, own)
		if strings.Contains(strings.Join(a.identities, ""), "id_dsa") || len(own["identityfile"]) == 0 {
			a.identities, b.identities = nil, nil // defaults differ between releases of OpenSSH
		}
		if a.key() != b.key() || a.timeout != b.timeout || a.identitiesOnly != b.identitiesOnly ||
			strings.Join(a.proxyJump, ",") != strings.Join(b.proxyJump, ",") || strings.Join(a.certificates, ",") != strings.Join(b.certificates, ",") {
			t.Errorf("%s:\nssh -G: %+v\nown:    %+v", host, a, b)
		}
	}
	s, err := readSettings(t.Context(), p.binary, question{address: address{host: "k1"}, configFile: config})
	if err != nil {
		t.Fatal(err)
	}
	e := newEndpoint("k1", s)
	if e.String() != "root@192.0.2.11:2222" || e.hostKeyAddress() != "kea-one:22" || e.identities[1] != dir+"/192.0.2.11-root" || e.timeout.Seconds() != 7 {
		t.Errorf("%+v", e)
	}
}

func TestConfigurationThatCannotBeRead(t *testing.T) {
	for _, binary := range []string{NewPool(Options{}).binary, ""} {
		if _, err := readSettings(t.Context(), binary, question{address: address{host: "k1"}, configFile: "/nonexistent/config"}); err == nil {
			t.Errorf("binary %q: a named file that is not there is no error", binary)
		}
	}
}
