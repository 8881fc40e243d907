package kea

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func readFile(t *testing.T, name string) (Config, []byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "configs", name))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := ReadConfig(name, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, text
}

func TestReadConfigOfAServer(t *testing.T) {
	cfg, _ := readFile(t, "debian-2.6-mysql.conf")
	if cfg.Daemon != DHCP4 || len(cfg.Databases) != 1 {
		t.Fatalf("%s with %d databases: %v", cfg.Daemon, len(cfg.Databases), cfg.Databases)
	}
	db := cfg.Databases[0]
	if db.Key() != "192.0.2.5:3306/kea" || db.Engine != MySQL || db.User != "kea" || db.Localhost() {
		t.Errorf("database read as %+v", db)
	}
	if db.Password.Reveal() != `pass, with "quotes"` {
		t.Errorf("password read as %s", db.Password.Reveal())
	}
	if fmt.Sprint(db.Uses) != "[leases hosts]" {
		t.Errorf("uses: %v", db.Uses)
	}
	if r := db.Recoveries[0]; len(db.Recoveries) != 2 || r.Use != Leases || r.MaxReconnectTries != 3 || r.ReconnectWait != 2*time.Second ||
		r.OnFail != "serve-retry-exit" || !r.Reconnects() {
		t.Errorf("reconnection read as %+v", db.Recoveries)
	}
	if db.At.String() != "debian-2.6-mysql.conf:12:23" {
		t.Errorf("lease-database is at %s", db.At)
	}
	if len(cfg.Sockets) != 1 || cfg.Sockets[0].Path != "/run/kea/kea4-ctrl-socket" || cfg.Sockets[0].Listed {
		t.Errorf("sockets: %+v", cfg.Sockets)
	}
	if len(cfg.Hooks) != 2 || cfg.Hooks[1].File() != "libdhcp_ha.so" {
		t.Errorf("hooks: %+v", cfg.Hooks)
	}
	ha := cfg.HA[0]
	if ha.SendLeaseUpdates || ha.SyncLeases || ha.HeartbeatDelay != 10*time.Second || ha.MaxResponseDelay != 20*time.Second {
		t.Errorf("HA read as %+v", ha)
	}
	if len(ha.Peers) != 2 || ha.Peers[1] != (HAPeer{"k2", "http://192.0.2.12:8001/", "secondary"}) {
		t.Errorf("HA peers: %+v", ha.Peers)
	}
}

func TestEveryPlaceThatNamesADatabaseIsFound(t *testing.T) {
	cfg, _ := readFile(t, "all-places-v6.conf")
	var got []string
	for _, d := range cfg.Databases {
		got = append(got, fmt.Sprintf("%s %v readonly=%t localhost=%t", d, d.Uses, d.ReadOnly, d.Localhost()))
	}
	want := []string{
		"postgresql db6.example.net:5433/leases [leases] readonly=false localhost=false",
		"mysql localhost:3306/hosts [hosts] readonly=true localhost=true",
		"postgresql localhost:5432/hosts2 [hosts] readonly=false localhost=true",
		"mysql 127.0.0.1:3306/config [config] readonly=false localhost=false",
		"mysql [::1]:3306/log [forensic] readonly=false localhost=false",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("databases:\n%s", strings.Join(got, "\n"))
	}
	if s := cfg.Sockets; len(s) != 2 || s[0].Path != "kea6" || !s[0].Listed || s[1].Port != 8004 || !s[1].TLS || !s[1].Auth {
		t.Errorf("sockets: %+v", cfg.Sockets)
	}
}

func TestDaemonsWithoutADatabase(t *testing.T) {
	if cfg, _ := readFile(t, "memfile.conf"); len(cfg.Databases) != 0 || cfg.LeaseFile == nil || cfg.LeaseFile.Path != "/var/lib/kea/kea-leases4.csv" {
		t.Errorf("memfile read as %+v", cfg)
	}
	if cfg, _ := readFile(t, "ctrl-agent.conf"); cfg.Daemon != CtrlAgent || len(cfg.Sockets) != 1 || cfg.Sockets[0].Port != 8000 || !cfg.Sockets[0].Auth {
		t.Errorf("control agent read as %+v", cfg)
	}
	if cfg, _ := readFile(t, "ddns.conf"); cfg.Daemon != DDNS || len(cfg.Sockets) != 1 || cfg.Sockets[0].Type != "unix" {
		t.Errorf("DDNS read as %+v", cfg)
	}
}

// files serves included files from memory.
func files(texts map[string]string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		text, ok := texts[path]
		if !ok {
			return nil, errors.New("no such file")
		}
		return []byte(text), nil
	}
}

func TestIncludedFiles(t *testing.T) {
	include := files(map[string]string{
		"db.json":    `"type": "mysql", "name": "kea", # end` + "\n" + ` <?include "cred.json"?>`,
		"cred.json":  "// account\n\"user\": \"kea\",\n\"password\": \"x\"",
		"hooks.json": `{ "library": "/h/libdhcp_stat_cmds.so" }`,
	})
	cfg, err := ReadConfig("main", []byte(`{"Dhcp4": { "lease-database": { <?include "db.json"?> }, "hooks-libraries": [ <? include "hooks.json" ?>, <?include "hooks.json"?> ] }}`), include)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Databases) != 1 || cfg.Databases[0].User != "kea" || len(cfg.Hooks) != 2 {
		t.Errorf("read as %+v", cfg)
	}
	if got := fmt.Sprint(cfg.Files); got != "[main db.json cred.json hooks.json]" {
		t.Errorf("files: %s", got)
	}
	if at := cfg.Hooks[0].At.String(); at != "hooks.json:1:1" {
		t.Errorf("the hook is at %s", at)
	}
}

// What Kea 2.6.3 itself takes and refuses as a value (kea-dhcp4 -t over each).
func TestTheReaderTakesWhatKeaTakes(t *testing.T) {
	texts := map[string]string{"/inc1": "1", "/incmap": `{"a":1}`, "/incmembers": `"a":1,`, "/incempty": "", "/inccomment": "1 /* not closed", "/deep11": "1"}
	for i := range 11 {
		texts[fmt.Sprintf("/deep%d", i)] = fmt.Sprintf(`<?include "/deep%d"?>`, i+1)
	}
	for _, tc := range []struct {
		value string
		takes bool
	}{
		{`1`, true},
		{`-1`, true},
		{`007`, true},
		{`-0`, true},
		{`+1`, true},
		{`1.5`, true},
		{`.5`, true},
		{`1.`, true},
		{`1e5`, true},
		{`1E+5`, true},
		{`-`, false},
		{`--1`, false},
		{`1-1`, false},
		{`1e`, false},
		{`.`, false},
		{`0x1`, false},
		{`1 2`, false},
		{`true`, true},
		{`True`, false},
		{`null`, true},
		{`nul`, false},
		{`"a"`, true},
		{`"a\n"`, true},
		{`"\u0041"`, true},
		{`"\u00ff"`, true},
		{`"\u0100"`, false},
		{`"\u12"`, false},
		{`"\x"`, false},
		{`"\"`, false},
		{`"a`, false},
		{"\"a\nb\"", false},
		{"\"a\tb\"", false},
		{`"é"`, true},
		{`'a'`, false},
		{`[]`, true},
		{`[,]`, false},
		{`[1,]`, true},
		{`[1,,]`, true},
		{`[1,,2]`, true},
		{`[1 2]`, false},
		{`{}`, true},
		{`{,}`, false},
		{`{"a":1,}`, true},
		{`{"a":1,,"b":2}`, true},
		{`{"a":1,"a":2}`, false},
		{`{"a"}`, false},
		{`{"a":}`, false},
		{`{a:1}`, false},
		{`{1:1}`, false},
		{"1 # c\n", true},
		{"1 // c\n", true},
		{`1 /* c */`, true},
		{`1 /* c`, false},
		{`/* a * / */ 1`, true},
		{"#\n1", true},
		{`/**/1`, true},
		{"//*\n1", true},
		{`1 /`, false},
		{`<?include "/inc1"?>`, true},
		{`<? include "/inc1" ?>`, true},
		{`<?include"/inc1"?>`, true},
		{`<?include '/inc1'?>`, false},
		{`<?include "/none"?>`, false},
		{`<?include "/inc1"`, false},
		{`<?include ""?>`, false},
		{`<?include "/incmap"?>`, true},
		{`{ <?include "/incmembers"?> }`, true},
		{`[ <?include "/incempty"?> ]`, true},
		{`<?include /* c */ "/inc1"?>`, false},
		{`<?Include "/inc1"?>`, false},
		{"<?\ninclude\n\"/inc1\"\n?>", true},
		{`<?include "/deep0"?>`, false},
		{`<?include "/deep1"?>`, true},
		{`<?include "/inccomment"?>`, false},
		{"\x01", false},
		{"\f1", false},
		{"1\r", true},
		{`@`, false},
		{`"\/"`, true},
		{`"\u00e9"`, true},
		{`[[[[[[[[[[[[1]]]]]]]]]]]]`, true},
		{`99999999999999999999`, false},
		{`1,`, true},
		{`"a" "b"`, false},
	} {
		text := "{ \"Dhcp4\": { \"user-context\": { \"x\": " + tc.value + "\n} } }"
		if _, err := ReadConfig("c", []byte(text), files(texts)); (err == nil) != tc.takes {
			t.Errorf("%q: Kea takes it: %t; the reader: %v", tc.value, tc.takes, err)
		}
	}
}

func TestIncludesEnd(t *testing.T) {
	for name, texts := range map[string]map[string]string{
		"itself": {"a": `<?include "a"?>`},
		"bomb":   {"a": `<?include "b"?><?include "b"?>`, "b": strings.Repeat(`<?include "c"?>`, 600), "c": " "},
	} {
		_, err := ReadConfig("main", []byte(`{ <?include "a"?> "Dhcp4": {} }`), files(texts))
		if err == nil || !strings.Contains(err.Error(), "included") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	include := files(map[string]string{"bad.json": "# fine\n  \"type\": \"mysql\" \"name\": 1"})
	for _, tc := range []struct{ text, want string }{
		{"{ \"Dhcp4\": {\n  \"a\": 1,\n  \"a\": 2 } }", `main:3:3: "a" stands here twice; the first is in main:2:3`},
		{"{ \"Dhcp4\": {\n  \"a\" 1 } }", `main:2:7: a number stands where a colon after "a" should`},
		{"{ \"Dhcp4\": {", "main:1:13: the file ends where a key in double quotes should stand"},
		{"{ \"Dhcp4\": /* {", "main:1:12: this comment is not closed"},
		{"{ \"Dhcp4\": { \"x\": \"a\n\" } }", "main:1:19: this string is not closed on its line"},
		{"{ \"Dhcp4\": { \"x\": \"\\u0100\" } }", "main:1:20: Kea knows no \\u escapes above \\u00ff"},
		{"{ \"Dhcp4\": { \"x\": True } }", "main:1:19: a bare word does not belong here: text stands in double quotes; true, false and null are lower case"},
		{"{ \"Dhcp4\": { \"lease-database\": { <?include \"bad.json\"?> } } }", "bad.json:2:19: a string stands where a comma or } should"},
		{"{ \"Dhcp4\": { \"lease-database\": { <?include \"none\"?> } } }", "main:1:34: the included file cannot be read: no such file"},
		{"{ \"Dhcp4\": { \"lease-database\": { \"type\": \"mysql\", \"port\": \"3306\" } } }", "main:1:59: port must be a number"},
		{"{ \"Dhcp4\": { \"lease-database\": { \"type\": \"mysql\", \"port\": 70000 } } }", "main:1:59: port must be between 0 and 65535"},
		{"{ \"Dhcp4\": { \"hosts-databases\": [\n 7 ] } }", "main:2:2: an entry of hosts-databases must be a map in braces"},
		{"{ \"Dhcp4\": {\n\"lease-database\": { } } }", "main:2:19: this database has no type"},
		{"{ \"Dhcp4\": {}, \"Dhcp6\": {} }", "main:1:16: the file configures kea-dhcp4 and kea-dhcp6; each daemon needs a file of its own"},
		{"{ \"Dhcp5\": {} }", "main:1:1: there is neither Dhcp4, Dhcp6, DhcpDdns nor Control-agent in it"},
		{"{ \"Dhcp4\": {} } x", "main:1:17: a bare word does not belong here: text stands in double quotes; true, false and null are lower case"},
		{"{ \"Dhcp4\": { , } }", "main:1:14: , stands where a key in double quotes should"},
		{"", "main:1:1: the file ends where a value should stand"},
	} {
		_, err := ReadConfig("main", []byte(tc.text), include)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q was read without an error (%v)", tc.text, err)
			continue
		}
		if err.Error() != tc.want {
			t.Errorf("%q\n gives %s\n want  %s", tc.text, err, tc.want)
		}
	}
}

func TestErrorsShowNoSecret(t *testing.T) {
	for _, text := range []string{
		`{ "Dhcp4": { "lease-database": { "password": hunter2 } } }`,
		`{ "Dhcp4": { "lease-database": { "password": 4711-4711 } } }`,
		`{ "Dhcp4": { "lease-database": { "password" "hunter2" } } }`,
		`{ "Dhcp4": { "lease-database": { "password": "hunter2 } } }`,
		`{ "Dhcp4": { "lease-database": { "password": "x" "hunter2" } } }`,
		`{ "Dhcp4": { "lease-database": { "password": 4711 } } }`,
	} {
		_, err := ReadConfig("main", []byte(text), nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "4711") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzReadConfig: no text makes the reader panic, and every error is in the text.
func FuzzReadConfig(f *testing.F) {
	seeds, _ := filepath.Glob("testdata/configs/*.conf")
	for _, name := range seeds {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{`{"Dhcp4":{<?include "a"?>}}`, `[[[[`, "{\"Dhcp6\":{},,#\n}", `{"Dhcp4":{"hooks-libraries":[]}}`} {
		f.Add([]byte(text))
	}
	include := files(map[string]string{"a": `"x": 1`, "b": `<?include "b"?>`})
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := ReadConfig("main", text, include)
		if err == nil {
			for _, d := range cfg.Databases {
				if d.At.Offset < 0 || d.At.Line < 1 || d.At.Column < 1 {
					t.Fatalf("database at %+v", d.At)
				}
			}
			return
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("%T: %v", err, err)
		}
		if syntax.File != "main" {
			return
		}
		lines := strings.Split(string(text), "\n")
		if syntax.Line < 1 || syntax.Line > len(lines) || syntax.Column < 1 || syntax.Column > len(lines[syntax.Line-1])+1 {
			t.Fatalf("%v is outside of the text", err)
		}
	})
}

func TestTheLoopbackIsAnothersInANetworkNamespace(t *testing.T) {
	for _, c := range []struct {
		engine           Engine
		host             string
		socket, loopback bool
	}{
		{MySQL, "", true, false}, {MySQL, "localhost", true, false}, {MySQL, "127.0.0.1", false, true}, {MySQL, "192.0.2.5", false, false},
		{PostgreSQL, "", true, false}, {PostgreSQL, "localhost", false, true}, {PostgreSQL, "/run/postgresql", true, false}, {PostgreSQL, "::1", false, true},
		{PostgreSQL, "db.example.net", false, false},
	} {
		if d := (DatabaseRef{Engine: c.engine, Host: c.host}); d.Socket() != c.socket || d.Loopback() != c.loopback {
			t.Errorf("%s %q: by socket %v, by loopback %v", c.engine, c.host, d.Socket(), d.Loopback())
		}
	}
}
