package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/world"
)

// begins calls init on the bench's servers: the fleet file is the one that is named, not the bench's own.
func (b *bench) begins(typed string) result {
	b.t.Helper()
	var out, talk bytes.Buffer
	argv := append([]string{"kea-lockstep", "init"}, strings.Fields(strings.ReplaceAll(typed, "DIR", b.dir))...)
	code := b.program(&out, &talk).main(context.Background(), argv)
	return result{code, out.String(), talk.String()}
}

func TestInitWritesAFleetFile(t *testing.T) {
	b := newBench(t, 2)
	r := b.begins("k1 -f DIR/new.yaml k2 --no-color")
	if r.code != 0 || r.talk != "" {
		t.Fatalf("exit %d: %s", r.code, r.talk)
	}
	holds(t, r.out, "k1+k2  2 servers share 1 database", "wrote "+b.path("new.yaml")+": 2 servers", "kea-lockstep survey -f "+b.path("new.yaml"), "kea-lockstep plan --to 3.0.3 -f ")
	file, err := fleet.LoadFile(b.path("new.yaml"))
	if err != nil || len(file.Servers) != 2 || file.Servers[1].SSH != "k2" {
		t.Errorf("%+v, %v", file, err)
	}
	info, err := os.Stat(b.path("new.yaml"))
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(b.path(".init-*")); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}

func TestInitWritesOverNothing(t *testing.T) {
	b := newBench(t, 1)
	b.write("there.yaml", "mine\n")
	r := b.begins("k1 -f DIR/there.yaml")
	if r.code != int(codeRefused) || r.out != "" {
		t.Errorf("exit %d, stdout %q", r.code, r.out)
	}
	holds(t, r.talk, "there.yaml is there already", "nothing was changed", "kea-lockstep survey -f ")
	if err := place(b.path("there.yaml"), []byte("ours\n")); err == nil { // one that came while the hosts were asked
		t.Error("a file that came meanwhile was written over")
	}
	if err := os.Symlink(b.path("nowhere"), b.path("link.yaml")); err != nil {
		t.Fatal(err)
	}
	if r := b.begins("k1 -f DIR/link.yaml"); r.code != int(codeRefused) {
		t.Errorf("over a dangling link: exit %d", r.code)
	}
	if text, err := os.ReadFile(b.path("there.yaml")); err != nil || string(text) != "mine\n" {
		t.Errorf("%q, %v", text, err)
	}
	if r := b.begins("k1 -f DIR/no/such/directory.yaml"); r.code != int(codeError) || !strings.Contains(r.talk, "writing the fleet file") {
		t.Errorf("exit %d: %s", r.code, r.talk)
	}
}

// The file is written with what could not be asked, and the exit code says that it may not be the whole fleet.
func TestInitSaysWhatIsMissing(t *testing.T) {
	b := newBench(t, 2)
	b.at = func(p world.Point) world.Fault {
		if p.What == "server k2" {
			return world.Fails
		}
		return world.NoFault
	}
	r := b.begins("k1 k2 -f DIR/new.yaml")
	if r.code != int(codeMismatch) {
		t.Errorf("exit %d", r.code)
	}
	holds(t, r.talk, "may not be the whole fleet", "1 host could not be asked (k2)")
	text, err := os.ReadFile(b.path("new.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	holds(t, string(text), "COULD NOT BE ASKED", "- name: k2")
	b.at = nil
	defer b.world.Intrude(0)()
	r = b.begins("k1 k2 -f -")
	if r.code != int(codeMismatch) {
		t.Errorf("exit %d", r.code)
	}
	holds(t, r.talk, "NOT LISTED  192.0.2.77 holds 1 session", "Kea's own account", "1 client of the databases is on none of the hosts")
	if _, err := fleet.ParseFile("f", []byte(r.out)); err != nil || !strings.Contains(r.out, "# NOT IN THIS FILE: 192.0.2.77") {
		t.Errorf("%v in\n%s", err, r.out)
	}
}

func TestInitWantsHosts(t *testing.T) {
	b := newBench(t, 1)
	for typed, says := range map[string]string{
		"-f DIR/x.yaml":                          "which hosts",
		"k1 k1 -f DIR/x.yaml":                    "named twice",
		"-f DIR/x.yaml -- -oProxy":               "no host",
		"k1 -f - -o json":                        "both want stdout",
		"k1 -f DIR/x.yaml --ssh-config DIR/none": "--ssh-config",
		"k1 -f DIR/x.yaml -o pictures":           "text or json",
	} {
		if r := b.begins(typed); r.code != int(codeUsage) || r.out != "" || !strings.Contains(r.talk, says) {
			t.Errorf("%s: exit %d, %q does not say %q", typed, r.code, r.talk, says)
		}
	}
	if _, err := os.Stat(b.path("x.yaml")); err == nil {
		t.Error("a file was written")
	}
}
