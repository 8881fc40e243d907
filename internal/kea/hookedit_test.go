package kea

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const debianHooks = "/usr/lib/x86_64-linux-gnu/kea/hooks"

// entry is what is added on Debian for MySQL.
const entry = `{ "library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_mysql.so" }`

func TestAddDatabaseHook(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"own lines, comment above the first entry",
			"{\"Dhcp4\": {\n  \"hooks-libraries\": [\n    // leases\n    { \"library\": \"/x/a.so\" }\n  ]\n}}",
			"{\"Dhcp4\": {\n  \"hooks-libraries\": [\n    ENTRY,\n    // leases\n    { \"library\": \"/x/a.so\" }\n  ]\n}}"},
		{"comment beside the bracket",
			"{\"Dhcp4\": {\n\t\"hooks-libraries\": [ # all [ of { them\n\t\t{ \"library\": \"/x/libdhcp_legal_log.so\" },\n\t]\n}}",
			"{\"Dhcp4\": {\n\t\"hooks-libraries\": [ # all [ of { them\n\t\tENTRY,\n\t\t{ \"library\": \"/x/libdhcp_legal_log.so\" },\n\t]\n}}"},
		{"bracket and brace on one line",
			"{\"Dhcp4\": {\n  \"hooks-libraries\": [{\n    \"library\": \"/x/a.so\"\n  }]\n}}",
			"{\"Dhcp4\": {\n  \"hooks-libraries\": [ ENTRY, {\n    \"library\": \"/x/a.so\"\n  }]\n}}"},
		{"one line",
			`{"Dhcp4": { "hooks-libraries": [ { "library": "/x/a.so" } ] }}`,
			`{"Dhcp4": { "hooks-libraries": [ ENTRY, { "library": "/x/a.so" } ] }}`},
		{"empty", `{"Dhcp4": { "hooks-libraries": [] }}`, `{"Dhcp4": { "hooks-libraries": [ ENTRY ] }}`},
		{"empty with a blank", `{"Dhcp4": { "hooks-libraries": [ ] }}`, `{"Dhcp4": { "hooks-libraries": [ ENTRY ] }}`},
		{"empty with a comment",
			"{\"Dhcp4\": {\n  \"hooks-libraries\": [\n    // none, yet\n  ],\n}}",
			"{\"Dhcp4\": {\n  \"hooks-libraries\": [\n    ENTRY\n    // none, yet\n  ],\n}}"},
		{"empty on two lines",
			"{\"Dhcp4\": {\n  \"hooks-libraries\": [\n  ]\n}}",
			"{\"Dhcp4\": {\n  \"hooks-libraries\": [\n      ENTRY\n  ]\n}}"},
		{"no list",
			"{\n\"Dhcp4\": {\n    // where leases are\n    \"lease-database\": { \"type\": \"mysql\" }\n}\n}\n",
			"{\n\"Dhcp4\": {\n    \"hooks-libraries\": [ ENTRY ],\n    // where leases are\n    \"lease-database\": { \"type\": \"mysql\" }\n}\n}\n"},
		{"no list, one line", `{"Dhcp4":{"valid-lifetime":60}}`, `{"Dhcp4":{ "hooks-libraries": [ ENTRY ], "valid-lifetime":60}}`},
		{"no list, v6, nothing at all", `{"Dhcp6": {}}`, `{"Dhcp6": { "hooks-libraries": [ ENTRY ] }}`},
		{"lines of DOS",
			"{\"Dhcp4\": {\r\n  \"hooks-libraries\": [\r\n    { \"library\": \"/x/a.so\" }\r\n  ]\r\n}}",
			"{\"Dhcp4\": {\r\n  \"hooks-libraries\": [\r\n    ENTRY,\r\n    { \"library\": \"/x/a.so\" }\r\n  ]\r\n}}"},
		{"a comment over two lines beside the bracket",
			"{\"Dhcp4\": { \"hooks-libraries\": [ /* a\n b */ { \"library\": \"/x/a.so\" } ] }}",
			"{\"Dhcp4\": { \"hooks-libraries\": [ ENTRY, /* a\n b */ { \"library\": \"/x/a.so\" } ] }}"},
		{"the removed library",
			`{"Dhcp4": { "hooks-libraries": [ { "library" : /*x*/ "/opt/hooks/libdhcp_mysql_cb.so" }, { "library": "b.so" } ] }}`,
			`{"Dhcp4": { "hooks-libraries": [ { "library" : /*x*/ "/opt/hooks/libdhcp_mysql.so" }, { "library": "b.so" } ] }}`},
		{"there already", `{"Dhcp4": { "hooks-libraries": [ { "library": "libdhcp_mysql.so" } ] }}`, `{"Dhcp4": { "hooks-libraries": [ { "library": "libdhcp_mysql.so" } ] }}`},
		{"a comment is no entry",
			"{\"Dhcp4\": {\n  # { \"library\": \"libdhcp_mysql.so\" }\n  \"hooks-libraries\": [ ] }}",
			"{\"Dhcp4\": {\n  # { \"library\": \"libdhcp_mysql.so\" }\n  \"hooks-libraries\": [ ENTRY ] }}"},
		{"not a DHCP server", `{"DhcpDdns": {}}`, `{"DhcpDdns": {}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, changed, err := AddDatabaseHook([]byte(tc.text), []Engine{MySQL}, debianHooks)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(tc.want, "ENTRY", entry)
			if string(got) != want || changed != (want != tc.text) {
				t.Errorf("changed: %t\n%s\nwant\n%s", changed, got, want)
			}
			checkHookEdit(t, []byte(tc.text), got, []Engine{MySQL})
		})
	}
}

// checkHookEdit holds what every edit has to hold: the new text reads as the
// old one plus the hooks, no byte of the old text is lost unless a removed
// library stood there, and a second edit changes nothing.
func checkHookEdit(t *testing.T, before, after []byte, engines []Engine) {
	t.Helper()
	old, err := ReadConfig("c", before, nil)
	if err != nil {
		t.Fatal(err)
	}
	now, err := ReadConfig("c", after, nil)
	if err != nil {
		t.Fatalf("the edited text does not read: %v\n%s", err, after)
	}
	for _, e := range engines {
		if old.Daemon.UsesDatabase() && !slices.ContainsFunc(now.Hooks, func(h Hook) bool { return h.File() == e.hookLibrary() }) {
			t.Fatalf("%s is not in\n%s", e.hookLibrary(), after)
		}
	}
	ignoreHooks := cmp.FilterPath(func(p cmp.Path) bool {
		return p.String() == "Hooks" || p.String() == "Serving.Problem" // which says a place
	}, cmp.Ignore())
	ignorePlaces := cmp.Comparer(func(Position, Position) bool { return true })
	if d := cmp.Diff(old, now, ignoreHooks, ignorePlaces, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{})); d != "" {
		t.Fatalf("the edit changed more than the hooks: %s", d)
	}
	if !slices.ContainsFunc(old.Hooks, func(h Hook) bool { return strings.HasSuffix(h.File(), "_cb.so") }) {
		added := len(after) - len(before)
		if added < 0 || !insertedOnce(before, after, added) {
			t.Fatalf("the edit did more than insert:\n%s", after)
		}
	}
	again, changed, err := AddDatabaseHook(after, engines, debianHooks)
	if err != nil || changed || string(again) != string(after) {
		t.Fatalf("a second edit: changed %t, %v\n%s", changed, err, again)
	}
}

// insertedOnce reports whether after is before with added bytes in one place.
func insertedOnce(before, after []byte, added int) bool {
	same := 0
	for same < len(before) && before[same] == after[same] {
		same++
	}
	for at := same; at >= 0; at-- { // equal bytes around the place may hide it
		if string(before[at:]) == string(after[at+added:]) {
			return true
		}
	}
	return false
}

func TestAddTwoDatabaseHooks(t *testing.T) {
	text := "{\"Dhcp4\": {\n  \"hooks-libraries\": [\n    { \"library\": \"/x/a.so\" }\n  ] }}"
	got, _, err := AddDatabaseHook([]byte(text), []Engine{PostgreSQL, MySQL}, "")
	want := "{\"Dhcp4\": {\n  \"hooks-libraries\": [\n    { \"library\": \"libdhcp_mysql.so\" },\n    { \"library\": \"libdhcp_pgsql.so\" },\n    { \"library\": \"/x/a.so\" }\n  ] }}"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestHookEditInAnIncludedFile(t *testing.T) {
	include := files(map[string]string{"hooks.json": "\"hooks-libraries\": [\n  { \"library\": \"/x/a.so\" } ],\n"})
	edit, err := EditDatabaseHook("main", []byte(`{"Dhcp4": { <?include "hooks.json"?> "valid-lifetime": 1 }}`), include, []Engine{MySQL}, debianHooks)
	want := "\"hooks-libraries\": [\n  " + entry + ",\n  { \"library\": \"/x/a.so\" } ],\n"
	if err != nil || edit.File != "hooks.json" || string(edit.New) != want {
		t.Errorf("%v, %s:\n%s", err, edit.File, edit.New)
	}
	_, _, err = AddDatabaseHook([]byte(`{"Dhcp4": { <?include "hooks.json"?> "valid-lifetime": 1 }}`), []Engine{MySQL}, debianHooks)
	if err == nil {
		t.Error("hooks-libraries may be in the file that was not read: the edit must refuse")
	}
}

func TestHookEditRefusesBothLibraries(t *testing.T) {
	text := `{"Dhcp4": { "hooks-libraries": [ { "library": "libdhcp_mysql.so" }, { "library": "libdhcp_mysql_cb.so" } ] }}`
	if _, _, err := AddDatabaseHook([]byte(text), []Engine{MySQL}, debianHooks); err == nil || !strings.Contains(err.Error(), "configuration:1:82") {
		t.Errorf("got %v", err)
	}
}

// FuzzAddDatabaseHook: whatever Kea would read, the edit keeps and completes.
func FuzzAddDatabaseHook(f *testing.F) {
	seeds, _ := filepath.Glob("testdata/configs/*.conf")
	for _, name := range seeds {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("{\"Dhcp4\": {\r\n#x\r\n\"hooks-libraries\": [ /*]*/ //[\n ],,}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := ReadConfig("c", text, nil); err != nil {
			return
		}
		got, _, err := AddDatabaseHook(text, []Engine{MySQL, PostgreSQL}, debianHooks)
		if err != nil {
			return
		}
		checkHookEdit(t, text, got, []Engine{MySQL, PostgreSQL})
	})
}
