//go:build lab

package product_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

// refusal is one thing that is wrong before a run: what is done to the fleet or to the fleet file, what the message must say, and what
// it must tell to do.
type refusal struct {
	name  string
	spoil func(t *testing.T, f *lab.Fleet, p *product.Tool)
	mend  func(t *testing.T, f *lab.Fleet)
	args  []string
	says  []string
	next  string
}

// TestRefused: what is wrong before the stop is refused before the stop, says which and what to do, and changes nothing; every Kea
// serves all the while.
func TestRefused(t *testing.T) {
	f := labtest.Up(t, spec())
	report := watched(t, f, func() {
		for _, r := range refusals() {
			t.Run(r.name, func(t *testing.T) { r.refused(t, f) })
		}
	})
	undisturbed(t, f, report)
	restsAt(t, f, "2.6.3")
}

func (r refusal) refused(t *testing.T, f *lab.Fleet) {
	p := tool(t, f)
	r.spoil(t, f, &p)
	if r.mend != nil {
		defer r.mend(t, f) // the others are tried whatever became of this one
	}
	before := state(t, f)
	args := r.args
	if args == nil {
		args = []string{"upgrade", "--to", "3.0.3", "--yes"}
	}
	out := run(t, p, 3, args...)
	for _, text := range append(r.says, r.next, "nothing was changed") {
		if !out.Says(text) {
			t.Errorf("it does not say %q\n%s", text, out)
		}
	}
	if after := state(t, f); after != before {
		t.Errorf("something was changed:\n%s", changes(before, after))
	}
}

// undisturbed wants that each server's one Kea lived as long as the witness looked, and that no server was away.
func undisturbed(t *testing.T, f *lab.Fleet, r witness.Report) {
	t.Helper()
	if len(r.Processes) != len(f.Servers) {
		t.Errorf("%d Kea processes were seen on %d servers: %+v", len(r.Processes), len(f.Servers), r.Processes)
	}
	for _, p := range r.Processes {
		if p.Ended {
			t.Errorf("a Kea ended: %+v", p)
		}
	}
	if away := r.LastServer(); away > longestSilence {
		t.Errorf("a server gave no OFFER for %s", away)
	}
}

// longestSilence is how long a server that serves may seem to be away: this machine may have other work.
const longestSilence = 3 * time.Second

// stateOf prints what a server has of what a run changes: its unit and the unit's process, packages and their holds, and each directory,
// link and file of ours, of Kea's and of the units', with mode, owner and contents.
const stateOf = `
systemctl show -p ActiveState,UnitFileState,MainPID,DropInPaths kea-dhcp4-server.service kea-dhcp4.service
dpkg-query -W 'kea*' || [ -e /opt/kea ] # of no package
find /opt -maxdepth 1 -printf '%y %m %u:%g %p %l\n' | sort
apt-mark showhold
for dir in /etc/kea /etc/systemd/system /var/lib/kea-lockstep /var/backups/kea-lockstep; do
	[ ! -e "$dir" ] || find "$dir" -printf '%y %m %u:%g %p %l\n' | sort
	[ ! -e "$dir" ] || find "$dir" -type f -exec sha256sum {} + | sort -k 2
done`

// state is everything that a refused run must leave as it was.
func state(t *testing.T, f *lab.Fleet) string {
	t.Helper()
	var all strings.Builder
	for _, s := range f.Servers {
		for line := range strings.Lines(labtest.Must(t, f, s.Name, stateOf)) {
			all.WriteString(s.Name + ": " + line)
		}
	}
	all.WriteString(databaseState(t, f))
	return all.String()
}

// databases asks which databases there are.
var databases = map[lab.Engine]string{
	lab.MySQL:      "SELECT schema_name FROM information_schema.schemata ORDER BY 1;",
	lab.PostgreSQL: "SELECT datname FROM pg_database ORDER BY 1;",
}

// Kea's tables, and the columns of all tables and views, in the words that both engines have.
const (
	tables  = "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('kea', 'public') AND table_type = 'BASE TABLE' ORDER BY 1;"
	columns = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema IN ('kea', 'public') ORDER BY 1, 2, 3;"
)

// databaseState is what Kea's database has: its structure, its version and how many rows each table has. Also which others there are.
func databaseState(t *testing.T, f *lab.Fleet) string {
	t.Helper()
	ask := func(statement string) string {
		out, err := f.SQL(t.Context(), statement)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	names := strings.Fields(ask(tables))
	if !slices.Contains(names, "lease4") {
		t.Fatalf("the database has no table lease4: %q", names)
	}
	var counts []string
	for _, name := range names {
		counts = append(counts, fmt.Sprintf("SELECT '%s', COUNT(*) FROM %[1]s", name))
	}
	return fmt.Sprintf("databases: %s\nschema: %s\nstructure: %x\n%s\n",
		strings.Join(strings.Fields(ask(databases[f.Engine.Kind()])), " "),
		ask("SELECT version, minor FROM schema_version;"),
		sha256.Sum256([]byte(ask(columns))),
		ask(strings.Join(counts, " UNION ALL ")+" ORDER BY 1;"))
}

// changes gives the lines that only one of two states has.
func changes(before, after string) string {
	var all strings.Builder
	lines := func(text string) []string { return strings.Split(text, "\n") }
	for _, side := range []struct {
		mark      string
		has, want []string
	}{{"- ", lines(before), lines(after)}, {"+ ", lines(after), lines(before)}} {
		for _, line := range side.has {
			if !slices.Contains(side.want, line) {
				all.WriteString(side.mark + line + "\n")
			}
		}
	}
	return all.String()
}

// TestChangesAreShown: of two states the lines that differ, and no others.
func TestChangesAreShown(t *testing.T) {
	if got, want := changes("a\nb\nc", "a\nB\nc\nd"), "- b\n+ B\n+ d\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// drift gives an index another name, and takes that back.
var drift = map[lab.Engine]struct{ spoil, mend string }{
	lab.MySQL:      {"ALTER TABLE lease4 RENAME INDEX lease4_by_hostname TO mislaid;", "ALTER TABLE lease4 RENAME INDEX mislaid TO lease4_by_hostname;"},
	lab.PostgreSQL: {"ALTER INDEX lease4_by_hostname RENAME TO mislaid;", "ALTER INDEX mislaid RENAME TO lease4_by_hostname;"},
}

// emptyDatabase makes a database without a schema, kea_empty, and counts the tables that came into it.
var emptyDatabase = map[lab.Engine]struct{ create, count string }{
	lab.MySQL: {"CREATE DATABASE kea_empty; GRANT ALL ON kea_empty.* TO 'kea'@'%';",
		"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'kea_empty';"},
	lab.PostgreSQL: {"CREATE DATABASE kea_empty OWNER kea;", "\\c kea_empty\nSELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public';"},
}

// unseeing takes the administrator's sight of other accounts' sessions away and gives it back; the grant that is told is the narrowest.
var unseeing = map[lab.Engine]struct{ spoil, mend, says string }{
	lab.MySQL:      {"REVOKE PROCESS ON *.* FROM 'kea_admin'@'%';", "GRANT PROCESS ON *.* TO 'kea_admin'@'%';", "GRANT PROCESS ON *.* TO"},
	lab.PostgreSQL: {"REVOKE pg_monitor FROM kea_admin;", "GRANT pg_monitor TO kea_admin;", "GRANT pg_read_all_stats TO kea_admin"},
}

func mustSQL(t *testing.T, f *lab.Fleet, statements string) {
	t.Helper()
	if _, err := f.SQL(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

func refusals() []refusal {
	nothing := func(*testing.T, *lab.Fleet, *product.Tool) {}
	return []refusal{
		{
			name: "a wrong database password",
			spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
				labtest.Must(t, f, "k2", `cp -p /etc/kea/kea-dhcp4.conf /root/kept.conf; sed -i 's/"password": *"[^"]*"/"password": "wrong-one"/' /etc/kea/kea-dhcp4.conf`)
			},
			mend: func(t *testing.T, f *lab.Fleet) {
				labtest.Must(t, f, "k2", "cp -p /root/kept.conf /etc/kea/kea-dhcp4.conf; rm /root/kept.conf")
			},
			says: []string{"k2", map[lab.Engine]string{lab.MySQL: "Access denied", lab.PostgreSQL: "password authentication failed"}[spec().Engine.Kind()]},
			next: "check address, account and password in the Kea configuration of k2",
		},
		{
			name: "an unreachable server",
			spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
				labtest.Must(t, f, "k3", "systemctl stop ssh.socket ssh.service")
			},
			mend: func(t *testing.T, f *lab.Fleet) {
				labtest.Must(t, f, "k3", "systemctl start ssh.service")
			},
			says: []string{"k3", "connection refused"},
			next: "mend the way to k3, then plan again",
		},
		{
			name: "an unknown host key",
			spoil: func(t *testing.T, f *lab.Fleet, p *product.Tool) {
				known, err := os.ReadFile(f.KnownHosts())
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(t.TempDir(), "known_hosts")
				var kept []string
				for _, line := range strings.SplitAfter(string(known), "\n") {
					if !strings.HasPrefix(line, address(f, "k2")) {
						kept = append(kept, line)
					}
				}
				if err := os.WriteFile(path, []byte(strings.Join(kept, "")), 0o600); err != nil {
					t.Fatal(err)
				}
				rewrite(t, f, p, "known_hosts: known_hosts", "known_hosts: "+path)
			},
			says: []string{"k2", "host key", "known_hosts"},
			next: "compare with \"ssh-keygen -lf /etc/ssh/ssh_host_",
		},
		{
			name: "a version that one server cannot get",
			spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
				labtest.Must(t, f, "k3", "mkdir /root/lists; mv /var/lib/apt/lists/*backports* /root/lists/")
			},
			mend: func(t *testing.T, f *lab.Fleet) {
				labtest.Must(t, f, "k3", "mv /root/lists/* /var/lib/apt/lists/; rmdir /root/lists")
			},
			says: []string{"k3", "no package"},
			next: "make the repository that has Kea 3.0.3 known to k3 and refresh its package lists",
		},
		{
			name:  "an account that may not see whose sessions there are",
			spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) { mustSQL(t, f, unseeing[f.Engine.Kind()].spoil) },
			mend:  func(t *testing.T, f *lab.Fleet) { mustSQL(t, f, unseeing[f.Engine.Kind()].mend) },
			says:  []string{"a Kea that nobody listed would not be noticed", unseeing[spec().Engine.Kind()].says},
			next:  "let the account see them, or give one under databases: admin: that does",
		},
		{
			name: "a downgrade", spoil: nothing, args: []string{"upgrade", "--to", "2.2.0", "--yes"},
			says: []string{"k1", "2.6.3", "newer"},
			next: "Kea has no downgrade: choose a target from 2.6.3 on",
		},
		{
			name:  "a schema that has drifted",
			spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) { mustSQL(t, f, drift[f.Engine.Kind()].spoil) },
			mend:  func(t *testing.T, f *lab.Fleet) { mustSQL(t, f, drift[f.Engine.Kind()].mend) },
			says:  []string{"the structure is not what schema 22.2 has", "lease4_by_hostname"},
			next:  "mend the schema before its upgrade",
		},
		{
			name: "a transaction that somebody left open",
			spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
				held, err := f.HoldTable(t.Context(), "lease4", lab.AdminUser, lab.AdminPassword, f.Prober)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(held.Release)
			},
			says: []string{lab.AdminUser + "@", "belongs to no server of the fleet"},
			next: "if it is a Kea, add its server to the fleet file",
		},
		{
			name: "a staged configuration that names an empty database",
			spoil: func(t *testing.T, f *lab.Fleet, p *product.Tool) {
				mustSQL(t, f, emptyDatabase[f.Engine.Kind()].create)
				text, err := os.ReadFile(f.TargetConfig("k2"))
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(t.TempDir(), "kea-dhcp4.conf")
				changed := strings.ReplaceAll(string(text), `"name": "kea"`, `"name": "kea_empty"`)
				if changed == string(text) {
					t.Fatal("the configuration names its database in another way")
				}
				if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
					t.Fatal(err)
				}
				rewrite(t, f, p, "configs/k2/kea-dhcp4.conf", path)
			},
			mend: func(t *testing.T, f *lab.Fleet) {
				tables, err := f.SQL(t.Context(), emptyDatabase[f.Engine.Kind()].count)
				if err != nil || strings.TrimSpace(tables) != "0" {
					t.Errorf("the empty database was filled: %s tables, %v", tables, err)
				}
				mustSQL(t, f, "DROP DATABASE kea_empty;")
			},
			says: []string{"k2", "kea_empty", "empty"},
			next: "name today's database in it",
		},
	}
}

func address(f *lab.Fleet, name string) string {
	for _, s := range f.Servers {
		if s.Name == name {
			return s.Address.String()
		}
	}
	return ""
}

// rewrite points the tool at a copy of the fleet file in which one text stands for another. It lies beside the original, whose
// relative paths it keeps.
func rewrite(t *testing.T, f *lab.Fleet, p *product.Tool, old, text string) {
	t.Helper()
	fleet, err := os.ReadFile(f.FleetFile())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(fleet), old) {
		t.Fatalf("the fleet file has no %q", old)
	}
	p.Fleet = filepath.Join(f.Dir, "changed.yaml")
	if err := os.WriteFile(p.Fleet, []byte(strings.Replace(string(fleet), old, text, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
