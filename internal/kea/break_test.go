package kea

import (
	"fmt"
	"strings"
	"testing"
)

func TestBreaks(t *testing.T) {
	const quiet = `"cache-threshold": 0.0, "multi-threading": { "enable-multi-threading": true }` // silences what would hit every configuration
	v4 := func(rest string) string { return `{"Dhcp4": { ` + quiet + `, ` + rest + ` }}` }
	const mysql = `"lease-database": { "type": "mysql", "name": "kea", "password": "x" }`
	for _, tc := range []struct{ text, from, to, want string }{
		{v4(mysql), "2.6.3", "3.0.3", "database-hook"},
		{v4(mysql), "3.0.0", "3.0.3", ""},
		{v4(mysql), "3.0.3", "2.6.3", ""},
		{v4(mysql), "", "3.0.3", "database-hook"},
		{v4(mysql + `, "hooks-libraries": [ { "library": "libdhcp_mysql.so" } ]`), "2.6.3", "3.0.3", ""},
		{v4(mysql + `, "hooks-libraries": [ { "library": "/x/kea/hooks/libdhcp_mysql_cb.so" } ]`), "2.6.3", "3.0.3", "cb-hook"},
		{v4(`"lease-database": { "type": "memfile" }`), "2.6.3", "3.0.3", ""},
		{v4(`"lease-database": { "type": "mysql", "password": "keatest" }`), "2.6.3", "3.0.3", "database-hook example-password"},
		{v4(`"hosts-database": { "type": "mysql" }`), "3.2.0", "3.3.0", "hosts-database"},
		{v4(`"lease-database": { "type": "cql" }`), "1.8.0", "2.2.0", "cassandra"},
		{`{"Dhcp4": {}, "Logging": {} }`, "1.6.0", "1.8.0", "logging"},
		{`{"Dhcp6": { "hooks-libraries": [ { "library": "libdhcp_lease_cmds.so" } ] }}`, "2.6.3", "3.0.3", "lease-caching"},
		{`{"Dhcp6": { "hooks-libraries": [ { "library": "libdhcp_lease_cmds.so" } ] }}`, "2.2.0", "2.4.0", "multi-threading"},
		{v4(`"subnet4": [ { "subnet": "10.0.0.0/8" }, { "id": 0 }, { "id": 3 } ]`), "2.4.1", "2.6.0", "subnet-id"},
		{v4(`"shared-networks": [ { "subnet4": [ { "subnet": "10.0.0.0/8", "reservation-mode": "all", "relay": { "ip-address": "10.0.0.1" } } ] } ]`), "2.4.1", "2.6.0", "subnet-id reservation-mode relay-address"},
		{v4(`"reservations": [ { "ip-address": "10.0.0.1" } ]`), "2.4.1", "2.6.0", ""},
		{v4(`"dhcp-ddns": { "enable-updates": true, "qualifying-suffix": "x" }, "hostname-char-set": "x"`), "2.4.1", "2.6.0", "ddns-keys"},
		{v4(`"control-socket": { "socket-type": "unix", "socket-name": "/tmp/kea4" }, "loggers": [ { "output-options": [ { "output": "/var/log/kea/x.log" }, { "output": "syslog" } ] } ]`), "2.6.2", "2.6.3", "paths"},
		{v4(`"control-socket": { "socket-type": "unix", "socket-name": "/tmp/kea4" }`), "2.6.3", "2.6.4", ""},
		{v4(`"control-socket": { "socket-type": "unix", "socket-name": "/tmp/kea4" }`), "2.6.2", "2.7.9", "paths"},
		{v4(`"control-socket": { "socket-type": "unix", "socket-name": "/run/kea/kea4" }, "lease-database": { "type": "memfile", "name": "/var/lib/kea/x.csv" }`), "2.6.2", "3.0.3", ""},
		{v4(`"lease-database": { "type": "memfile", "name": "/srv/x.csv" }`), "2.4.1", "2.4.2", "paths"},
		{v4(`"hooks-libraries": [ { "library": "libdhcp_ha.so", "parameters": { "high-availability": [ { "mode": "hot-standby" } ] } } ]`), "2.2.0", "3.0.3", "ha-listener mixed-ha ha-commands"},
		{v4(`"hooks-libraries": [ { "library": "libdhcp_ha.so", "parameters": { "high-availability": [ { "restrict-commands": false } ] } } ]`), "2.7.9", "3.0.3", ""},
		{v4(`"hooks-libraries": [ { "library": "libdhcp_legal_log.so", "parameters": { "type": "postgresql" } }, { "library": "libdhcp_pgsql.so" } ]`), "2.6.3", "3.0.3", "hook-order hook-packages"},
		{v4(`"hooks-libraries": [ { "library": "libdhcp_run_script.so" } ]`), "2.6.3", "3.0.3", "script-path"},
		{v4(`"subnet4": [ { "id": 1, "require-client-classes": [ ] } ]`), "2.6.3", "3.0.3", "old-names"},
		{v4(`"control-sockets": [ { "socket-type": "http", "socket-address": "127.0.0.1" } ]`), "3.0.3", "3.2.0", "open-http http-service"},
		{v4(`"control-sockets": [ { "socket-type": "http", "authentication": { "clients": [ { "user": "a", "password": "b" } ] } } ]`), "3.0.3", "3.2.0", "clear-secrets http-service"},
		{`{"Control-agent": { "http-port": 8000 } }`, "3.0.3", "3.2.0", "control-agent-gone"},
		{`{"DhcpDdns": { "tsig-keys": [ { "secret": "b" } ] } }`, "3.0.3", "3.2.0", "clear-secrets"},
	} {
		cfg, err := ReadConfig("c", []byte(tc.text), nil)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		var codes []string
		for _, b := range Breaks(cfg, mustVersion(t, tc.from), mustVersion(t, tc.to)) {
			codes = append(codes, b.Code)
			if b.What == "" || (b.Do == "") != (b.Edited || b.Severity == Note && b.Code != "hook-packages" && b.Code != "hosts-database") {
				t.Errorf("%s does not say what and what to do: %+v", b.Code, b)
			}
			for _, at := range b.At {
				if at.File != "c" || at.Line < 1 || at.Column < 1 {
					t.Errorf("%s is at %+v", b.Code, at)
				}
			}
		}
		if got := strings.Join(codes, " "); got != tc.want {
			t.Errorf("%s\n %s -> %s breaks %q, want %q", tc.text, tc.from, tc.to, got, tc.want)
		}
	}
}

// What the edit promises to mend is mended by it, and nothing of it is left.
func TestTheEditMendsWhatItIsSaidTo(t *testing.T) {
	from, to := mustVersion(t, "2.6.3"), mustVersion(t, "3.0.3")
	for _, rest := range []string{
		`"lease-database": { "type": "mysql" }`,
		`"hosts-databases": [ { "type": "postgresql" } ], "hooks-libraries": [ { "library": "libdhcp_pgsql_cb.so" } ]`,
		`"hooks-libraries": [ { "library": "libdhcp_legal_log.so", "parameters": { "type": "mysql" } } ]`,
	} {
		text := []byte(`{"Dhcp4": { ` + rest + ` }}`)
		cfg, err := ReadConfig("c", text, nil)
		if err != nil {
			t.Fatal(err)
		}
		mended := 0
		for _, b := range Breaks(cfg, from, to) {
			if b.Edited {
				mended++
			}
		}
		edited, _, err := AddDatabaseHook(text, NeedsHook(cfg, to), debianHooks)
		if err != nil {
			t.Fatal(err)
		}
		after, err := ReadConfig("c", edited, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range Breaks(after, from, to) {
			if b.Edited || b.Code == "hook-order" {
				t.Errorf("after the edit %s is still there:\n%s", b.Code, edited)
			}
		}
		if mended == 0 {
			t.Errorf("%s: nothing was said to be mended", rest)
		}
	}
}

func TestSettingsKeepNoSecret(t *testing.T) {
	cfg, err := ReadConfig("c", []byte(`{"DhcpDdns": { "tsig-keys": [ { "secret": "hunter2" } ], "x": { "realm": "r", "passwd": "hunter2" } }}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if printed := fmt.Sprintf("%+v", cfg); strings.Contains(printed, "hunter2") || len(cfg.Settings) != 3 {
		t.Errorf("%s", printed)
	}
}

func TestPackagesAreForDaemons(t *testing.T) {
	for pkg, want := range map[string]DaemonKind{
		"kea-ctrl-agent": CtrlAgent, "isc-kea-ctrl-agent": CtrlAgent, "kea-dhcp4-server": DHCP4, "isc-kea-dhcp6": DHCP6, "kea-dhcp-ddns-server": DDNS,
		"kea-common": "", "python3-kea-connector": "", "isc-kea-mysql": "",
	} {
		if got, ok := DaemonOf(pkg); ok != (want != "") || ok && got != want {
			t.Errorf("%s is for %q (%v), want %q", pkg, got, ok, want)
		}
	}
}
