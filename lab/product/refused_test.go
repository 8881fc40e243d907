//go:build lab

package product_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
)

// refusal is one thing that is wrong before a run: what is done to the fleet or to the fleet file, and what the message must say.
type refusal struct {
	name  string
	spoil func(t *testing.T, f *lab.Fleet, p *product.Tool)
	mend  func(t *testing.T, f *lab.Fleet)
	args  []string
	says  []string
}

// TestRefused: what is wrong before the stop is refused before the stop, says which and what to do, and changes nothing.
func TestRefused(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 3})
	for _, r := range refusals() {
		t.Run(r.name, func(t *testing.T) {
			p := tool(t, f)
			r.spoil(t, f, &p)
			before := state(t, f)
			args := r.args
			if args == nil {
				args = []string{"upgrade", "--to", "3.0.3", "--yes"}
			}
			out := run(t, p, 3, args...)
			for _, text := range r.says {
				if !out.Says(text) {
					t.Errorf("it does not say %q\n%s", text, out)
				}
			}
			if after := state(t, f); after != before {
				t.Errorf("something was changed:\n%s\nthen\n%s", before, after)
			}
			if r.mend != nil {
				r.mend(t, f)
			}
		})
	}
	atRest(t, f, "2.6.3", "22.2")
}

// state is everything that a refused run must leave as it was.
func state(t *testing.T, f *lab.Fleet) string {
	t.Helper()
	var all strings.Builder
	for _, s := range f.Servers {
		out, err := f.Run(t.Context(), s.Name, `
			systemctl show -p ActiveState,UnitFileState,MainPID,DropInPaths kea-dhcp4-server.service
			dpkg-query -W 'kea*'; sha256sum /etc/kea/*.conf; find /var/lib/kea-lockstep /var/backups/kea-lockstep -type f 2>/dev/null || true`)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(out)
	}
	return all.String()
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
			says: []string{"k2", "Access denied"},
		},
		{
			name: "an unreachable server",
			spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
				labtest.Must(t, f, "k3", "systemctl stop ssh.socket ssh.service")
			},
			mend: func(t *testing.T, f *lab.Fleet) {
				labtest.Must(t, f, "k3", "systemctl start ssh.service")
			},
			says: []string{"k3", "refused"},
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
		},
		{
			name: "a downgrade", spoil: nothing, args: []string{"upgrade", "--to", "2.2.0", "--yes"},
			says: []string{"k1", "2.6.3", "newer"},
		},
		{
			name: "a staged configuration that names an empty database",
			spoil: func(t *testing.T, f *lab.Fleet, p *product.Tool) {
				if _, err := f.SQL(t.Context(), "CREATE DATABASE kea_empty; GRANT ALL ON kea_empty.* TO 'kea'@'%';"); err != nil {
					t.Fatal(err)
				}
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
				tables, err := f.SQL(t.Context(), "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'kea_empty';")
				if err != nil || strings.TrimSpace(tables) != "0" {
					t.Errorf("the empty database was filled: %s tables, %v", tables, err)
				}
				if _, err := f.SQL(t.Context(), "DROP DATABASE kea_empty;"); err != nil {
					t.Fatal(err)
				}
			},
			says: []string{"k2", "kea_empty", "empty"},
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
