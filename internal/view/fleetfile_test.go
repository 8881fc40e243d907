package view_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/view"
	"kea-lockstep/internal/world"
)

var made = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)

// drafted are facts of the model fleet as kea-lockstep init would find them of k1, k2 and k3: Kea's own account sees little, somebody is in
// the database whom nobody listed, beside a program of another kind, and k3 cannot be reached.
func drafted(t *testing.T) (fleet.File, fleet.Facts) {
	t.Helper()
	file, err := fleet.Draft("/home/op/fleet.yaml", []string{"root@k1:22", "k2", "k3"}, "/home/op/ssh.conf")
	if err != nil {
		t.Fatal(err)
	}
	f := facts(t, three(), func(w *world.World) { w.Intrude(0) })
	d := &f.Databases[0]
	d.Clients.Visible = fleet.Doubt("%[1]s; %[1]s", "kea@% has no PROCESS: GRANT PROCESS ON *.* TO 'kea'@'%'")
	for i := range d.Endpoints {
		d.Endpoints[i].Scratch = fleet.Deny("kea@%% lacks CREATE: GRANT CREATE ON `kea\\_lockstep\\_%%`.* TO 'kea'@'%%'")
	}
	d.Scratch = d.Endpoints[0].Scratch
	d.Lacks = []fleet.Lack{{What: "kea@% lacks TRIGGER", Statement: "GRANT TRIGGER ON `kea`.* TO 'kea'@'%'"}}
	d.Clients.Sessions = append(d.Clients.Sessions,
		fleet.Session{ID: "7", User: "stork", Address: "192.0.2.12", Port: 7, Owner: fleet.OwnerOther, Server: "k2", Process: "stork-agent[77]"},
		fleet.Session{ID: "8", User: "backup", Address: "192.0.2.80", Port: 8, Owner: fleet.OwnerStranger},
		fleet.Session{ID: "10", User: "kea", Address: "192.0.2.14", Port: 9, Owner: fleet.OwnerUnknown},
		fleet.Session{ID: "9", User: "who", Address: "(hidden)", Owner: fleet.OwnerStranger})
	f.Servers[2] = fleet.Server{Pulse: fleet.Pulse{Name: "k3"}, Reach: fleet.Deny("k3: dial tcp 192.0.2.13:22:\n  connection # refused\x1b[31m"), Mend: "look whether it is up"}
	d.Endpoints = d.Endpoints[:2]
	return file, f
}

func TestFleetFile(t *testing.T) {
	file, f := drafted(t)
	text := view.FleetFile(file, f, made)
	same(t, "fleet.yaml.golden", string(text))
	golden(t, "init", view.NewInit("fleet.yaml", f, view.Where{}))
	if got := view.NewInit("fleet.yaml", f, view.Where{}).Sentence(); got != "1 host could not be asked (k3); 3 clients of the databases are on none of the hosts that could be asked" {
		t.Error(got)
	}
}

// readBack reads a fleet file from a directory, as every command does, and gives it as if it lay where file says.
func readBack(t *testing.T, file fleet.File, text []byte) fleet.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := fleet.LoadFile(path)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if rel, err := filepath.Rel(filepath.Dir(path), got.SSH.Config); err == nil && filepath.IsLocal(rel) && got.SSH.Config != "" {
		got.SSH.Config = filepath.Join(filepath.Dir(file.Path), rel)
	}
	got.Path = file.Path
	return got
}

// What is written is read back as the same fleet, and so is what it offers once the "#" before it is taken away.
func TestAFleetFileIsReadBack(t *testing.T) {
	file, f := drafted(t)
	text := view.FleetFile(file, f, made)
	if diff := cmp.Diff(file, readBack(t, file, text)); diff != "" {
		t.Errorf("read back (-drafted +read):\n%s", diff)
	}
	meant := readBack(t, file, regexp.MustCompile(`(?m)^#(  |[a-z])`).ReplaceAll(text, []byte("$1")))
	if len(meant.Databases) != 1 || meant.Databases[0].Match != "192.0.2.5/kea1" || meant.Databases[0].Admin.Password.Env == "" || meant.Target != version(t, "3.0.3") ||
		!cmp.Equal(meant.Sessions.Allow, []string{"stork@192.0.2.12", "backup@192.0.2.80"}) {
		t.Errorf("meant: %+v", meant)
	}
}

// A database goes by as many names as configurations give it, and localhost is another one on every server.
func TestADatabaseOfSeveralNames(t *testing.T) {
	file, f := drafted(t)
	d := &f.Databases[0]
	d.Endpoints[0].Place.Host = "localhost"
	d.Endpoints[1].Place.Host, d.Endpoints[1].Place.Port = "2001:db8::5", 3307
	more := d.Endpoints[0]
	more.Place.Host = "/run/postgresql"
	d.Endpoints = append(d.Endpoints, more)
	text := string(view.FleetFile(file, f, made))
	for _, want := range []string{"#  - match: localhost/kea1\n#    server: k1\n", `#  - match: "[2001:db8::5]:3307/kea1"` + "\n#    admin:", "names a directory as the host"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	meant := readBack(t, file, regexp.MustCompile(`(?m)^#(  |[a-z])`).ReplaceAll([]byte(text), []byte("$1")))
	if len(meant.Databases) != 2 {
		t.Errorf("meant: %+v", meant.Databases)
	}
}

// A database of one name in each engine of a host is two entries, which tell their engines.
func TestADatabaseOfOneNameInTwoEngines(t *testing.T) {
	file, f := drafted(t)
	other := f.Databases[0]
	other.ID, other.Engine, other.Endpoints = "postgresql:2:kea1", kea.PostgreSQL, slices.Clone(other.Endpoints)
	for i := range other.Endpoints {
		other.Endpoints[i].Place.Engine = kea.PostgreSQL
	}
	f.Databases = append(f.Databases, other)
	text := string(view.FleetFile(file, f, made))
	meant := readBack(t, file, regexp.MustCompile(`(?m)^#(  |[a-z])`).ReplaceAll([]byte(text), []byte("$1")))
	if len(meant.Databases) != 2 || meant.Databases[0].Engine != kea.MySQL || meant.Databases[1].Engine != kea.PostgreSQL {
		t.Errorf("meant: %+v in\n%s", meant.Databases, text)
	}
}

// FuzzFleetFile: whatever hosts are called, and whatever servers say, the file names the same fleet.
func FuzzFleetFile(f *testing.F) {
	f.Add("k1 root@k2:22 [2001:db8::1]:22", "connection refused")
	f.Add("yes null 1e3 0x10 ~ 'a' \"b\" {c} &d *e !f |g >h %i `j #k a:1 true@h k:22 1:2 é", "a: b\n# c\n- d\u2028e\xff")
	f.Fuzz(func(t *testing.T, typed, said string) {
		file, err := fleet.Draft("/home/op/fleet.yaml", strings.Split(typed, " "), "")
		if err != nil {
			return // no hosts
		}
		var seen fleet.Facts
		for _, s := range file.Servers {
			seen.Servers = append(seen.Servers, fleet.Server{Pulse: fleet.Pulse{Name: s.Name}, Reach: fleet.Deny("%s", said), Mend: said})
		}
		if diff := cmp.Diff(file, readBack(t, file, view.FleetFile(file, seen, made))); diff != "" {
			t.Errorf("%q, %q (-drafted +read):\n%s", typed, said, diff)
		}
	})
}
