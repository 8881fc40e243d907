package playbooks

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const example = "../docs/playbook/site.yaml"

func load(t *testing.T, file string) Playbook {
	t.Helper()
	p, err := LoadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// written writes a playbook, and x.sh beside it.
func written(t *testing.T, dir, playbook, script string) (file string) {
	t.Helper()
	file = filepath.Join(dir, "mine.yaml")
	for name, text := range map[string]string{file: playbook, filepath.Join(dir, "x.sh"): script} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func script(t *testing.T, p Playbook, action, engine string) string {
	t.Helper()
	text, err := p.Script(action, engine)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestAPlaybookOfOnesOwn holds the documents' example: what it says is taken from it, and all else from the one that it extends.
func TestAPlaybookOfOnesOwn(t *testing.T) {
	base, err := Load("debian")
	if err != nil {
		t.Fatal(err)
	}
	p := load(t, example)
	if !strings.HasPrefix(p.Name, "site sha256:") {
		t.Errorf("its name is %q", p.Name)
	}
	if p.State != base.State || !slices.Equal(p.Tools, base.Tools) || !slices.Contains(p.Managers, "site-agent.service") {
		t.Errorf("%+v", p)
	}
	for action := range base.Actions {
		ours, theirs := script(t, base, action, ""), script(t, p, action, "")
		if action == "install" {
			if !strings.HasPrefix(theirs, ours) || !strings.Contains(theirs, "libdhcp_site.so") {
				t.Errorf("install is\n%s", theirs)
			}
			continue
		}
		if ours != theirs {
			t.Errorf("%s is another", action)
		}
	}
	for engine, e := range base.Engines {
		for action := range e.Actions {
			if script(t, base, action, engine) != script(t, p, action, engine) {
				t.Errorf("%s of %s is another", action, engine)
			}
		}
	}
}

// TestTheExamplesScript runs it: with a library for the installed release, and without.
func TestTheExamplesScript(t *testing.T) {
	h := newHost(t)
	h.program("kea-dhcp4", "echo 3.0.3")
	text, err := os.ReadFile("../docs/playbook/own-hook.sh")
	if err != nil {
		t.Fatal(err)
	}
	params := []string{"hooks=" + h.path("usr/lib") + "/*/kea/hooks", "built=" + h.path("built")}
	h.write("usr/lib/x86_64/kea/hooks/libdhcp_site.so", "of the old release")
	if status, said := h.shell(string(text), params...); status != 1 || !strings.Contains(said, "build it for Kea 3.0.3") {
		t.Errorf("%d %s", status, said)
	}
	h.write("built/3.0.3/libdhcp_site.so", "of the new release")
	for range 2 {
		if status, said := h.shell(string(text), params...); status != 0 {
			t.Fatalf("%d %s", status, said)
		}
		if now := h.read("usr/lib/x86_64/kea/hooks/libdhcp_site.so"); now != "of the new release" {
			t.Errorf("it is %q", now)
		}
	}
}

// TestOnesOwnMistakes: each is told with its file, line and column.
func TestOnesOwnMistakes(t *testing.T) {
	const head = "name: mine\nextends: debian\n"
	for _, c := range []struct {
		name, text, scripts, at, says string
	}{
		{"a tag", head + "units: ! o\n", "", "mine.yaml:3:8", "tags"},
		{"no YAML", "name: [", "", "mine.yaml:1:7", ""},
		{"nothing", "", "", "mine.yaml", "one YAML document"},
		{"extends nothing", "name: mine\n", "", "mine.yaml:1:", "debian"},
		{"extends what is not there", "name: mine\nextends: plan9\n", "", "mine.yaml:2:10", "debian"},
		{"no name", "extends: debian\n", "", "mine.yaml:1:", "needs a name"},
		{"our name", "name: debian\nextends: debian\n", "", "mine.yaml:1:7", "choose another"},
		{"a field that is not there", head + "unit: []\n", "", "mine.yaml:3:1", "unit"},
		{"another kind of value", head + "units: 3\n", "", "mine.yaml:3:8", ""},
		{"a relative directory", head + "state: var\n", "", "mine.yaml:3:8", "absolute"},
		{"a relative configuration of keactrl", head + "keactrl: kea/keactrl.conf\n", "", "mine.yaml:3:10", "absolute"},
		{"half a unit", head + "units:\n  - { name: a, daemon: b, program: c, config: /d }\n", "", "mine.yaml:4:5", "absolute"},
		{"an action of nobody's", head + "actions:\n  reboot: [./x.sh]\n", "set -eu\n", "mine.yaml:4:11", "install"},
		{"no script", head + "actions:\n  install: []\n", "", "mine.yaml:4:12", "list of scripts"},
		{"a script of ours that is not there", head + "actions:\n  install: [debian/x.sh]\n", "", "mine.yaml:4:13", "begins with ./"},
		{"a script of theirs that is not there", head + "actions:\n  install: [debian/install.sh, ./y.sh]\n", "", "mine.yaml:4:32", "cannot be read"},
		{"one that goes on", head + "actions:\n  install: [./x.sh]\n", "true\n", "mine.yaml:4:13", "set -eu"},
		{"no shell", head + "actions:\n  install: [./x.sh]\n", "set -eu\nif true; then\n", "x.sh:2:1", "fi"},
		{"bash", head + "actions:\n  install: [./x.sh]\n", "set -eu\na=(1 2)\n", "x.sh:2:3", "POSIX"},
		{"an engine of nobody's", head + "engines:\n  oracle: { client: sqlplus }\n", "", "mine.yaml:4:11", "mysql, postgresql"},
		{"an engine's action of nobody's", head + "engines:\n  mysql: { actions: { drop: [./x.sh] } }\n", "", "mine.yaml:4:", "migrate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := LoadFile(written(t, dir, c.text, c.scripts))
			if inText := (*FileError)(nil); !errors.As(err, &inText) {
				t.Fatalf("%v is no error of a file", err)
			}
			said := strings.TrimPrefix(err.Error(), dir+"/")
			if !strings.HasPrefix(said, c.at) || !strings.Contains(said, c.says) || strings.Contains(said, "\n") {
				t.Errorf("%q, want %s ... %s", said, c.at, c.says)
			}
		})
	}
}

// TestOnesOwnDigest: another text, of the playbook or of a script, is another name in a plan; a kind of database keeps what is not said.
func TestOnesOwnDigest(t *testing.T) {
	dir := t.TempDir()
	names := map[string]bool{}
	for _, c := range []struct{ text, script string }{
		{"name: mine\nextends: debian\nengines: { mysql: { client: mysql, actions: { dump: [./x.sh] } } }\n", "set -eu\n"},
		{"name: mine\nextends: debian\nengines: { mysql: { client: mysql, actions: { dump: [./x.sh] } } }\n", "set -eu\ntrue\n"},
		{"name: mine\nextends: debian\nengines: { mysql: { client: mysql2, actions: { dump: [./x.sh] } } }\n", "set -eu\ntrue\n"},
	} {
		p := load(t, written(t, dir, c.text, c.script))
		names[p.Name] = true
		if e := p.Engines["mysql"]; !strings.HasPrefix(e.Client, "mysql") || e.Dumper != "mariadb-dump" || script(t, p, "dump", "mysql") != c.script || len(e.Actions) < 4 {
			t.Errorf("%+v", e)
		}
	}
	if len(names) != 3 {
		t.Errorf("names: %v", slices.Collect(maps.Keys(names)))
	}
	if base, err := Load("debian"); err != nil || base.Engines["mysql"].Client != "mariadb" {
		t.Errorf("the playbook that is extended became another: %+v %v", base.Engines["mysql"], err)
	}
}

func FuzzLoadFile(f *testing.F) {
	text, err := os.ReadFile(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("name: a\nextends: debian\nactions: { install: [] }\nengines: { mysql: }\nunits: [ { } ]\n"))
	for _, tagged := range []string{"name: !a {}", "units: !a [ !b ]", "actions: !!binary x", "engines: { mysql: !c }", "extends: !!int debian", "units: ! o", "actions: ! o", "tools: ! o"} {
		f.Add([]byte("name: a\nextends: debian\n" + tagged + "\n"))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := LoadFile(written(t, t.TempDir(), string(text), ""))
		if inText := (*FileError)(nil); err != nil && !errors.As(err, &inText) {
			t.Errorf("%v is no error of a file", err)
		}
		if err == nil && len(p.Actions) == 0 {
			t.Errorf("%+v does nothing", p)
		}
	})
}
