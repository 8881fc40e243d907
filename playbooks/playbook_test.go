package playbooks

import (
	"bytes"
	"io/fs"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// each calls check with the text of every action of every playbook.
func each(t *testing.T, check func(t *testing.T, action, text string)) {
	t.Helper()
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		tables := map[string]map[string][]string{"": p.Actions}
		for engine, e := range p.Engines {
			tables[engine] = e.Actions
		}
		for engine, actions := range tables {
			for action, pieces := range actions {
				if len(pieces) == 0 {
					continue
				}
				text, err := p.Script(action, engine)
				if err != nil {
					t.Fatal(err)
				}
				t.Run(path.Join(name, engine, action), func(t *testing.T) { check(t, action, text) })
			}
		}
	}
}

func TestScriptsPassShellcheck(t *testing.T) {
	program, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("shellcheck is not installed here; the checks of the repository install it")
	}
	each(t, func(t *testing.T, _, text string) {
		// Variables come from outside (2154), and an action may not use all that its parts define (2034).
		cmd := exec.Command(program, "--shell=sh", "--exclude=SC2154,SC2034", "-")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// TestEveryPieceIsOfSomeAction: what no playbook names runs nowhere.
func TestEveryPieceIsOfSomeAction(t *testing.T) {
	named := map[string]bool{}
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		tables := []map[string][]string{p.Actions}
		for _, e := range p.Engines {
			tables = append(tables, e.Actions)
		}
		for _, actions := range tables {
			for _, pieces := range actions {
				for _, piece := range pieces {
					named[piece] = true
				}
			}
		}
	}
	pieces, err := fs.Glob(files, "*/*.sh")
	if err != nil || len(pieces) == 0 {
		t.Fatalf("%v, %d pieces", err, len(pieces))
	}
	for _, piece := range pieces {
		if !named[piece] {
			t.Errorf("no action has %s", piece)
		}
	}
}

// may lists every program that scripts may call. What is not here has not been thought about: it may be missing on a server,
// read the environment, or show its arguments to everybody.
var may = strings.Fields(`apk apt-cache apt-get apt-mark awk base64 cat chmod chown command cp cpio cut daemon date df dnf dpkg dpkg-deb dpkg-query env find flock getent gzip grep head id ifconfig ip
	journalctl kea-admin kill ldconfig ln ls mkdir mktemp mv nsenter pkg procstat ps rc-service rc-update readlink rm rmdir route rpm rpm2cpio sed sha256sum sleep sockstat sort ss stat su sync sysctl systemctl systemd-run
	tail tar timeout tr uname unshare wc zstd
	. [ : break cd continue echo exec exit export printf read return set shift trap umask test true`)

// variables may hold the name of a program, each for a reason that stands in its script.
var variables = []string{"$program", "$pack", "$unpack", "$@", "$dumper", "$loader"}

func TestScriptsCallWhatTheyMay(t *testing.T) {
	each(t, func(t *testing.T, _, text string) {
		file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
		if err != nil {
			t.Fatal(err)
		}
		own := map[string]bool{}
		syntax.Walk(file, func(n syntax.Node) bool {
			if f, ok := n.(*syntax.FuncDecl); ok {
				own[f.Name.Value] = true
			}
			return true
		})
		syntax.Walk(file, func(n syntax.Node) bool {
			call, ok := n.(*syntax.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			name := call.Args[0].Lit()
			if name == "" {
				name = strings.Trim(source(call.Args[0]), `"`)
				if !slices.Contains(variables, name) {
					t.Errorf("%s: %s is called, and no reader can tell what it is", call.Pos(), name)
				}
				return true
			}
			if !own[name] && !slices.Contains(may, name) {
				t.Errorf("%s: %s is not among the programs that a script may call", call.Pos(), name)
			}
			return true
		})
	})
}

func source(n syntax.Node) string {
	var b bytes.Buffer
	if err := syntax.NewPrinter().Print(&b, n); err != nil {
		return err.Error()
	}
	return b.String()
}

// A script that goes on after a failed command does harm, and one that evaluates text can be made to do anything.
func TestScriptsStopAndNeverEvaluate(t *testing.T) {
	each(t, func(t *testing.T, action, text string) {
		if !strings.Contains(text, "\nset -eu\n") {
			t.Error("set -eu is missing")
		}
		for _, word := range []string{"eval ", "--force-yes", "--allow-unauthenticated", "--force-all"} {
			if strings.Contains(text, word) {
				t.Errorf("%s is in it", word)
			}
		}
		if strings.Contains(text, "password") && strings.Contains(text, "--password") {
			t.Error("a password goes into arguments")
		}
	})
}

func TestEachUnitSaysWhatTheScriptsNeed(t *testing.T) {
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(p.Table()) {
			if f := strings.Fields(line); len(f) != 4 || !strings.HasPrefix(f[2], "/") || !strings.HasPrefix(f[3], "/") {
				t.Errorf("%s: the unit %q lacks something", name, line)
			}
		}
		if !strings.HasPrefix(p.State, "/") || len(p.Sources) == 0 || len(p.Tools) == 0 {
			t.Errorf("%s lacks state, sources or tools: %+v", name, p)
		}
	}
}

// What one kind of database can have done to it, every kind must.
func TestEachEngineHasItsActions(t *testing.T) {
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, engine := range []string{"mysql", "postgresql"} {
			for _, action := range []string{"dump", "prove", "migrate", "trial", "restore", "copy", "prove-copy", "put", "enter"} {
				if _, err := p.Script(action, engine); err != nil {
					t.Error(err)
				}
				if _, err := p.Script(action, ""); err == nil {
					t.Errorf("%s: %s is there for no database in particular", name, action)
				}
			}
			for action := range p.Engines[engine].Actions { // one name, one thing: whoever puts his own script in its place has to say which
				if _, both := p.Actions[action]; both {
					t.Errorf("%s: %s is an action of %s and of every server", name, action, engine)
				}
			}
			if e := p.Engines[engine]; e.Client == "" || e.Dumper == "" || e.Socket == "" {
				t.Errorf("%s lacks programs for %s: %+v", name, engine, e)
			}
		}
	}
}

func TestPlatformsFindTheirPlaybook(t *testing.T) {
	for _, c := range []struct {
		words, marks []string
		want         string
	}{
		{[]string{"debian"}, nil, "debian"},
		{[]string{"ubuntu", "debian"}, nil, "debian"},
		{[]string{"raspbian", "debian"}, nil, "debian"},
		{[]string{"ubuntu", "debian"}, []string{"/lib/systemd/system/isc-kea-*.service"}, "isc-deb"},
		{[]string{"alpine"}, nil, "alpine"},
		{[]string{"plan9"}, Marks(), ""},
		{nil, nil, ""},
	} {
		if p, ok := For(c.words, c.marks); p.Name != c.want || ok != (c.want != "") {
			t.Errorf("%q is spoken to by %q", c.words, p.Name)
		}
	}
}

// TestAPlaybookExtendsAnother: what it says nothing of is the other's.
func TestAPlaybookExtendsAnother(t *testing.T) {
	base, err := Load("debian")
	if err != nil {
		t.Fatal(err)
	}
	isc, err := Load("isc-deb")
	if err != nil {
		t.Fatal(err)
	}
	if isc.Engines["mysql"].Package != "isc-kea-mysql" || isc.Engines["mysql"].Client != base.Engines["mysql"].Client || base.Engines["mysql"].Package != "" {
		t.Errorf("%+v", isc.Engines["mysql"])
	}
	if len(base.Marks) > 0 || isc.Name != "isc-deb" || isc.State != base.State || len(isc.Units) != len(base.Units) || isc.Units[0].Name == base.Units[0].Name {
		t.Errorf("%+v", isc)
	}
	for action := range base.Actions {
		ours, err := base.Script(action, "")
		if err != nil {
			t.Fatal(err)
		}
		if theirs, err := isc.Script(action, ""); err != nil || theirs != ours {
			t.Errorf("%s is another script: %v", action, err)
		}
	}
}
