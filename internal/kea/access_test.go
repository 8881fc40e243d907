package kea

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// database gives a configuration with one database.
func database(engine Engine, name, user, password string) []byte {
	text := func(s string) string {
		out, _ := json.Marshal(s)
		return string(out)
	}
	return fmt.Appendf(nil, `{ "Dhcp4": { "lease-database": { "type": %q, "name": %s, "user": %s, "password": %s } } }`,
		engine, text(name), text(user), text(password))
}

// TestWhatReachesADatabase: names and passwords as Kea makes them of its configuration, and those of which it makes something else.
func TestWhatReachesADatabase(t *testing.T) {
	const hard = "-k\"e`$(id)#;=%@é"
	for _, c := range []struct {
		engine               Engine
		name, user, password string
		wantName, wantSecret string // empty: as written
		refused              string // what the error says; empty: none
	}{
		{engine: MySQL, name: hard + `'\`, user: hard + `'\`, password: hard + "'\\\n"},
		{engine: MySQL, name: "kea", user: "kea", password: "two words\tand a tab"},
		{engine: MySQL, name: "kea-prod db", refused: "name has a blank in it"},
		{engine: MySQL, name: "kea\tdb", refused: "name has a blank in it"},
		{engine: MySQL, name: "kea", user: "the kea", refused: "user has a blank in it"},
		{engine: MySQL, name: "kea\nDROP", refused: "name has a control character"},
		{engine: MySQL, name: "kea", password: "'hunter2", refused: "password has an apostrophe"},
		{engine: MySQL, name: "kea", password: "it's hunter2", refused: "password has an apostrophe"},
		{engine: PostgreSQL, name: hard, user: hard, password: hard + "\n"},
		{engine: PostgreSQL, name: `k\'e\\a`, wantName: `k'e\a`, password: `h\'u\\n\ter2`, wantSecret: `h'u\nter2`},
		{engine: PostgreSQL, name: "kea", password: "h'unter2", refused: "password has an apostrophe"},
		{engine: PostgreSQL, name: "kea", password: `hunter2\`, refused: "password has an apostrophe"},
		{engine: PostgreSQL, name: "kea'", refused: "name has an apostrophe"},
	} {
		cfg, err := ReadConfig("c", database(c.engine, c.name, c.user, c.password), nil)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) || !strings.HasPrefix(err.Error(), "c:1:") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s %q %q: %v", c.engine, c.name, c.user, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %q: %v", c.engine, c.name, err)
			continue
		}
		if c.wantName == "" {
			c.wantName = c.name
		}
		if c.wantSecret == "" {
			c.wantSecret = c.password
		}
		d := cfg.Databases[0]
		if d.Name != c.wantName || d.Password.Reveal() != c.wantSecret {
			t.Errorf("%s %q: %q", c.engine, c.name, d.Name)
		}
	}
}

// TestNamesThatKeaAdminTakesForOptions are refused where they are: as an argument of their own.
func TestNamesThatKeaAdminTakesForOptions(t *testing.T) {
	for _, c := range []struct {
		name, to string
		engine   Engine
		refused  bool
	}{
		{"-kea", "2.6.3", MySQL, true},
		{"-kea", "2.7.2", MySQL, false},
		{"-kea", "3.0.3", MySQL, false},
		{"-kea", "2.6.3", PostgreSQL, false}, // the argument of -d
		{"k-ea", "2.6.3", MySQL, false},
	} {
		found := false
		for _, trap := range (Jump{From: mustVersion(t, "2.4.1"), To: mustVersion(t, c.to), Engine: c.engine, Name: c.name, Server: "8.0.36"}).Traps() {
			found = found || trap.Code == "admin-name" && trap.Blocks() && strings.Contains(trap.What, c.name)
		}
		if found != c.refused {
			t.Errorf("%+v: refused %t", c, found)
		}
	}
}

func TestReleasesBeforeTLS(t *testing.T) {
	for _, c := range []struct {
		engine  Engine
		tls     TLS
		version string
		refused bool
	}{
		{MySQL, TLS{TrustAnchor: "ca"}, "2.6.3", false},
		{MySQL, TLS{TrustAnchor: "ca"}, "2.0.3", true},
		{PostgreSQL, TLS{TrustAnchor: "ca"}, "3.0.4", true},
		{PostgreSQL, TLS{SSLMode: "require"}, "3.0.4", true},
		{PostgreSQL, TLS{TrustAnchor: "ca"}, "3.1.0", false},
		{PostgreSQL, TLS{}, "2.6.3", false},
	} {
		v, err := ParseVersion(c.version)
		if err != nil {
			t.Fatal(err)
		}
		cfg := Config{Databases: []DatabaseRef{{Engine: c.engine, TLS: c.tls}}}
		if got := len(cfg.BeforeTLS(v)) > 0; got != c.refused {
			t.Errorf("%s %+v with %s: refused %t", c.engine, c.tls, c.version, got)
		}
	}
}
