package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"kea-lockstep/internal/kea"
)

var update = flag.Bool("update", false, "write docs/fleet.schema.json anew")

func TestLoadFile(t *testing.T) {
	t.Setenv("HOME", "/home/op")
	f, err := LoadFile(filepath.Join("testdata", "fleet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	if f.Target != (kea.Version{Major: 3, Patch: 3}) || len(f.Servers) != 3 || f.Canary[0] != "k1" || f.Parallel != 5 || f.Confirm.Settle != 3*time.Second {
		t.Errorf("read as %+v", f)
	}
	k1 := f.Servers[0].Config
	if k1["/etc/kea/kea-dhcp4.conf"].File != here+"/configs/k1/kea-dhcp4.conf" || !strings.HasPrefix(k1["/etc/kea/kea-dhcp6.conf"].MadeFrom, "sha256:0123") {
		t.Errorf("staged files: %+v", k1)
	}
	if s := f.Servers[1]; s.Sudo == nil || !*s.Sudo || f.Servers[0].Sudo != nil || f.Servers[2].SSH != "k3" {
		t.Errorf("servers: %+v", f.Servers)
	}
	if f.SSH.Identity != "/home/op/.ssh/id_ed25519" || f.SSH.KnownHosts != here+"/known_hosts" || f.SSH.Config != "" {
		t.Errorf("ssh: %+v", f.SSH)
	}
	d := f.Databases[0]
	if d.Admin.Password.Env != "KEA_DB_PASSWORD" || d.Owner.Password.Command[0] != here+"/secrets/kea" || d.Engine != kea.MySQL {
		t.Errorf("database: %+v", d)
	}
	if n := f.Notify; len(n) != 3 || n[0].Exec[0] != here+"/tell" || n[1].Webhook.Env != "TEAM_WEBHOOK_URL" || n[2].Webhook.File != "/home/op/webhook" {
		t.Errorf("notify: %+v", n)
	}
	if f.Confirm.DHCPProbe.Relay.String() != "192.0.2.1" {
		t.Errorf("confirm %+v", f.Confirm)
	}
}

func TestTheSmallestFile(t *testing.T) {
	f, err := ParseFile("f", []byte("version: 1\nservers: [ { name: k1 } ]\nconfirm: { dhcp_probe: { relay: 2001:db8::1 } }\n"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Parallel != 20 || f.Confirm.Settle != 2*time.Second || f.Backup.Method != BackupDump || f.Backup.Directory != "/var/backups/kea-lockstep" || !f.Target.IsZero() {
		t.Errorf("defaults: %+v", f)
	}
}

// One name on one host is two databases where both engines have it.
func TestOneMatchOnTwoEngines(t *testing.T) {
	const entry = "  - { match: h/kea, engine: %s, admin: { user: a, password: { env: X } } }\n"
	f, err := ParseFile("f", fmt.Appendf(nil, "version: 1\nservers: [ { name: k1 } ]\ndatabases:\n"+entry+entry, "mysql", "postgresql"))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Databases) != 2 || f.Databases[1].Engine != kea.PostgreSQL {
		t.Errorf("databases: %+v", f.Databases)
	}
}

// What is wrong is refused at its place, and no value is repeated that may be a secret.
func TestFilesThatCannotBeUsed(t *testing.T) {
	const head = "version: 1\nservers:\n  - name: k1\n" // line 4 follows
	for _, tc := range []struct{ text, want string }{
		{"", "f: a fleet file is one YAML document with version and servers"},
		{"# nothing\n", "f: a fleet file is one YAML document with version and servers"},
		{head + "---\nversion: 1\n", "f: a fleet file is one YAML document with version and servers"},
		{"version: 2\nservers: [ { name: k1 } ]", "f:1:10: version must be 1"},
		{"servers: [ { name: k1 } ]", "f:1:8: version must be 1"},
		{"version: 1\n", "f:1:8: there is no server in it"},
		{head + "colour: blue\n", `f:4:1: unknown field "colour"`},
		{head + "    sshh: x\n", `f:4:5: unknown field "sshh"`},
		{head + "  - name: k1\n", "f:4:11: another server is called k1"},
		{head + "  - ssh: x\n", "f:4:8: a server needs a name of letters, digits, dots and dashes"},
		{head + "  - name: ../k\n", "f:4:11: a server needs a name of letters, digits, dots and dashes"},
		{head + "    ssh: -oProxyCommand=x\n", "f:4:10: this is no host that ssh could reach"},
		{head + "    config: { etc/kea: x }\n", "f:4:13: the path on the server must be absolute and plain: etc/kea"},
		{head + "    config: { /etc/kea: { made_from: sha256:x } }\n", "f:4:13: no file is given for /etc/kea"},
		{head + "    config: { /etc/kea: { file: x, made_from: sha256:x } }\n", "f:4:13: made_from of /etc/kea must be sha256: and 64 hexadecimal digits"},
		{head + "    config: { /etc/kea: { file: x, mode: 7 } }\n", `f:4:36: unknown field "mode"`},
		{head + "    config: { /etc/kea: [ x ] }\n", "f:4:25: a file is a path, or { file: PATH, made_from: sha256:... }"},
		{head + "canary: [ k1, k2 ]\n", "f:4:15: no server is called k2"},
		{head + "canary: [ k1, k1 ]\n", "f:4:15: k1 stands here twice"},
		{head + "without: [ kea-ctrl-agent, kea-dhcp6 ]\n", "f:4:28: of Kea's daemons kea-ctrl-agent alone has an end"},
		{head + "canary: k1\n", "f:4:9: string was used where sequence is expected"},
		{head + "target: 3.0\n", "f:4:9: target must be a version of Kea, such as 3.0.3"},
		{head + "parallel: 0\n", "f:4:11: parallel must be between 1 and 1000"},
		{head + "parallel: many\n", "f:4:11: a value of another kind is needed here"},
		{head + "parallel: 1\nparallel: 2\n", "f:5:1: mapping key \"parallel\" already defined at [4:1]"},
		{head + "confirm: { settle: 0s }\n", "f:4:20: settle must be above 0 and at most 10m"},
		{head + "confirm: { settle: soon }\n", "f:4:20: settle must be a time, such as 2s"},
		{head + "confirm: { dhcp_probe: { relay: here } }\n", "f:4:33: relay must be an address"},
		{head + "confirm: { dhcp_probe: { } }\n", "f:4:24: relay must be an address"},
		{head + "backup: { method: tape }\n", "f:4:19: method must be dump, copy, command or none"},
		{head + "backup: { method: command, command: [ x ] }\n", "f:4:19: method: command needs command and restore_command"},
		{head + "backup: { method: command, command: [ bin/x ], restore_command: [ y ] }\n", "f:4:37: it runs on the servers: an absolute path there, or the name of a program, and its arguments, each of one line"},
		{head + "backup: { method: command, command: [ x ], restore_command: [ y, \"a\\nb\" ] }\n", "f:4:61: it runs on the servers: an absolute path there, or the name of a program, and its arguments, each of one line"},
		{head + "backup: { command: [ x ] }\n", "f:4:9: command and restore_command are for method: command"},
		{head + "backup: { directory: backups }\n", "f:4:22: directory must be an absolute path on the servers"},
		{head + "sessions: { allow: [ stork ] }\n", "f:4:22: a client is user@address, without wildcards"},
		{head + "sessions: { allow: [ \"stork@%\" ] }\n", "f:4:22: a client is user@address, without wildcards"},
		{head + "databases: [ { match: h/k, tls: { ca: x } } ]\n", "f:4:33: TLS is spoken as the Kea configuration says: take tls out"},
		{head + "notify: [ { exec: [] } ]\n", "f:4:11: a listener is either exec: [COMMAND, ...] or webhook: { env: NAME }"},
		{head + "notify:\n  - webhook: { env: X }\n    exec: [ x ]\n", "f:5:12: a listener is either exec: [COMMAND, ...] or webhook: { env: NAME }"},
		{head + "notify: [ { webhook: https://hunter2@example.net } ]\n", "f:4:22: the address of a webhook is a secret, and none stands in a fleet file: write { env: NAME } or { file: PATH }"},
		{head + "notify: [ { webhook: { env: X, file: y } } ]\n", "f:4:22: the address of a webhook comes from one of env and file"},
		{head + "notify: [ { webhook: { command: [ hunter2 ] } } ]\n", `f:4:24: unknown field "command"`},
		{head + "databases: [ { match: kea } ]\n", "f:4:23: match must be host/name or host:port/name"},
		{head + "databases: [ { match: localhost/kea } ]\n", "f:4:23: localhost is another database on every server: say which with server"},
		{head + "databases: [ { match: localhost:3307/kea, server: k9 } ]\n", "f:4:51: no server is called k9"},
		{head + "databases: [ { match: h/kea, via: k9 } ]\n", "f:4:35: no server is called k9, nor is it here"},
		{head + "databases: [ { match: h/kea, via: k1 } ]\n", "f:4:35: via is the way of the admin account, and none is named: Kea's own looks from where Kea is"},
		{head + "databases: [ { match: /run/postgresql/kea } ]\n", "f:4:23: /run/postgresql is another database on every server: say which with server"},
		{head + "databases: [ { match: localhost/kea, server: k1, via: here } ]\n", "f:4:55: localhost is reached from its server alone: take via out"},
		{head + "databases: [ { match: 'h:x/kea' } ]\n", "f:4:23: match must be host/name or host:port/name"},
		{head + "databases: [ { match: h/kea, engine: oracle } ]\n", "f:4:38: engine must be mysql or postgresql"},
		{head + "databases: [ { match: h/kea, admin: { user: a } } ]\n", "f:4:37: the account has no password: { env: NAME }, { file: PATH }, { command: [...] } or { prompt: true }"},
		{head + "databases: [ { match: h/kea, admin: { password: { env: X } } } ]\n", "f:4:37: the account has no user"},
		{head + "databases: [ { match: h/kea }, { match: h/kea } ]\n", "f:4:41: h/kea stands here twice"},
		{head + "databases: [ { match: h/kea, engine: mysql }, { match: h/kea, engine: mysql } ]\n", "f:4:56: h/kea stands here twice"},
		{head + "databases: [ { match: h/kea }, { match: h/kea, engine: mysql } ]\n", "f:4:41: h/kea stands here twice"},
		{head + "databases: [ { match: h/kea, admin: { user: a, password: hunter2 } } ]\n", "f:4:58: no secret stands in a fleet file: write { env: NAME }, { file: PATH }, { command: [...] } or { prompt: true }"},
		{head + "databases: [ { match: h/kea, admin: { user: a, password: 4711 } } ]\n", "f:4:58: no secret stands in a fleet file: write { env: NAME }, { file: PATH }, { command: [...] } or { prompt: true }"},
		{head + "databases: [ { match: h/kea, admin: { user: a, password: { env: X, file: y } } } ]\n", "f:4:58: a secret comes from one of env, file, command and prompt"},
		{head + "databases: [ { match: h/kea, admin: { user: a, password: { vault: hunter2 } } } ]\n", `f:4:60: unknown field "vault"`},
		{head + "notify: https://hunter2@example.net\n", "f:4:9: string was used where sequence is expected"},
		{head + "databases: ! o\n", "f:4:12: tags (!) mean nothing in a fleet file"},
		{head + "databases: [ hunter2 ]\n", "f:4:14: string was used where mapping is expected"},
	} {
		_, err := ParseFile("f", []byte(tc.text))
		var file *FileError
		if !errors.As(err, &file) {
			t.Errorf("%q: no error with a place (%v)", tc.text, err)
			continue
		}
		if err.Error() != tc.want {
			t.Errorf("%s\n gives %s\n want  %s", tc.text, err, tc.want)
		}
		if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "4711") {
			t.Errorf("the error shows a secret: %s", err)
		}
	}
	if _, err := ParseFile("f", []byte(head+"  password: 'hunter2\n")); err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a broken file: %v", err)
	}
}

func TestLoadFileThatIsNotThere(t *testing.T) {
	if _, err := LoadFile("testdata/none.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func schemaPath() string { return filepath.Join("..", "..", "docs", "fleet.schema.json") }

func TestThePublishedSchemaIsCurrent(t *testing.T) {
	want, err := FileSchema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaPath(), want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaPath())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("docs/fleet.schema.json is not that of the type: go test ./internal/fleet -run Schema -update")
	}
}

// The schema and the reader agree: the example passes both, and what the
// schema can tell to be wrong is wrong for the reader too.
func TestTheSchemaAgreesWithTheReader(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(schemaPath())
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile(filepath.Join("testdata", "fleet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(schema, example); err != nil {
		t.Errorf("the example: %v", err)
	}
	const head = "version: 1\nservers: [ { name: k1 } ]\n"
	for _, text := range []string{
		"version: 2\nservers: [ { name: k1 } ]", "version: 1", "version: 1\nservers: []", head + "colour: blue", head + "target: 3.0",
		head + "parallel: 0", head + "databases: [ { match: h/k, admin: { user: a, password: x } } ]", head + "databases: [ { match: h/k, owner: { user: a } } ]",
		head + "databases: [ { match: h/k, admin: { user: a, password: { env: x, file: y } } } ]", head + "notify: [ { exec: [] } ]", head + "notify: [ { webhook: https://x } ]", head + "notify: [ {} ]",
		head + "backup: { method: tape }", head + "confirm: { settle: soon }", head + "confirm: { dhcp_probe: { relay: here } }",
		"version: 1\nservers: [ { name: k1, config: { /a: { made_from: x } } } ]", "version: 1\nservers: [ { name: k1, config: { /a: [ x ] } } ]",
	} {
		if validate(schema, []byte(text)) == nil {
			t.Errorf("the schema takes\n%s", text)
		}
		if _, err := ParseFile("f", []byte(text)); err == nil {
			t.Errorf("the reader takes\n%s", text)
		}
	}
}

func validate(schema *jsonschema.Schema, text []byte) error {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return fmt.Errorf("converting: %w", err)
	}
	var value any
	if err := json.Unmarshal(asJSON, &value); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return schema.Validate(value)
}

// FuzzParseFile: nothing makes the reader panic, and what it takes is complete.
func FuzzParseFile(f *testing.F) {
	example, err := os.ReadFile(filepath.Join("testdata", "fleet.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte("version: 1\nservers: [ { name: &a k1, ssh: *a } ]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := ParseFile("f", text)
		if err == nil && (len(file.Servers) == 0 || file.Servers[0].Name == "" || file.Servers[0].SSH == "" || file.Parallel < 1) {
			t.Fatalf("%s\nwas taken as %+v", text, file)
		}
	})
}
