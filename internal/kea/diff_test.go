package kea

import (
	"os"
	"strings"
	"testing"
)

func TestDiffShowsTheChange(t *testing.T) {
	old, err := os.ReadFile("testdata/configs/debian-2.6-mysql.conf")
	if err != nil {
		t.Fatal(err)
	}
	edited, _, err := AddDatabaseHook(old, []Engine{MySQL}, debianHooks)
	if err != nil {
		t.Fatal(err)
	}
	got := Diff(old, edited, "etc/kea/kea-dhcp4.conf")
	want := `--- a/etc/kea/kea-dhcp4.conf
+++ b/etc/kea/kea-dhcp4.conf
@@ -20,6 +20,7 @@
         "user": "kea", "password": "[redacted]"
     },
     "hooks-libraries": [
+        ` + entry + `,
         // lease commands for the staff
         { "library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_lease_cmds.so" },
         {
`
	want = strings.Replace(want, "[redacted]", "[redacted 1]", 1) // the file has two secrets
	if got != want {
		t.Errorf("diff:\n%s\nwant:\n%s", got, want)
	}
	if Diff(old, old, "x") != "" {
		t.Error("equal texts differ")
	}
}

func TestNoDiffShowsASecret(t *testing.T) {
	const secret, other = "hunter2", "4711"
	for name, text := range map[string]string{
		"plain":              `{"Dhcp4": { "lease-database": { "password": "hunter2" } }}`,
		"number":             `{"Dhcp4": { "lease-database": { "password": 4711 } }}`,
		"next line":          "{\"Dhcp4\": { \"lease-database\": { \"password\":\n   \"hunter2\" } }}",
		"comment between":    `{"Dhcp4": { "lease-database": { "password" /* : "x" */ : // y` + "\n" + `"hunter2" } }}`,
		"escaped key":        `{"Dhcp4": { "p\u0061ssword": "hunter2" }}`,
		"commented out":      "{\"Dhcp4\": { # \"password\": \"hunter2\"\n }}",
		"commented, 2 lines": "{\"Dhcp4\": { // \"password\":\n //   \"hunter2\"\n }}",
		"block comment":      "{\"Dhcp4\": { /* the old\n password was hunter2 */ }}",
		"last comment":       "{\"Dhcp4\": { }} # Passwd: hunter2",
		"TSIG":               `{"DhcpDdns": { "tsig-keys": [ { "secret": "hunter2" } ] }}`,
		"basic auth":         `{"Dhcp4": { "basic-auth-password": "hunter2" }}`,
		"quotes lost":        `{"Dhcp4": { "password": hunter2 }}`,
		"not closed":         "{\"Dhcp4\": { \"password\": \"hunter2\n }}",
		"no configuration":   "password = hunter2\n",
		"included":           `{"Dhcp4": { <?include "a"?> "password": "hunter2" }}`,
		"string in a string": `{"Dhcp4": { "password": "x\"hunter2" }}`,
	} {
		got := Diff([]byte(text), []byte(text+"\n// end"), "c") + Diff(nil, []byte(text), "c") + Diff([]byte(text), nil, "c") + string(Redact([]byte(text)))
		if got == "" || strings.Contains(got, secret) || strings.Contains(got, other) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestDiffShowsThatAPasswordChanged(t *testing.T) {
	got := Diff([]byte(`{ "password": "one", "password-file": "/x" }`), []byte(`{ "password": "two", "password-file": "/x" }`), "c")
	if !strings.Contains(got, `-{ "password": "[redacted 1]", "password-file": "/x" }`) || !strings.Contains(got, `+{ "password": "[redacted 2]", "password-file": "/x" }`) {
		t.Errorf("diff:\n%s", got)
	}
}
