//go:build lab

package product_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

// rehearsed is what a script reads of a rehearsal.
type rehearsed struct {
	Format, Verdict string
	Servers         []struct {
		Name  string
		Tests []struct {
			Flag     string
			Verdict  struct{ Answer, Saw string }
			Untested []string
		}
	}
	Databases []struct {
		Copy    string
		Verdict struct{ Answer, Saw string }
		Dump    float64 `json:"dump_s"`
		Restore float64 `json:"restore_s"`
		Migrate float64 `json:"migrate_s"`
		Verify  float64 `json:"verify_s"`
	}
	Groups []struct {
		Outage float64 `json:"outage_estimate_s"`
	}
	Left []string
}

func readRehearsed(t *testing.T, out product.Output) (r rehearsed) {
	t.Helper()
	if err := json.Unmarshal([]byte(out.Stdout), &r); err != nil || r.Format != "kea-lockstep.rehearsal/1" {
		t.Fatalf("no rehearsal: %v\n%s", err, out)
	}
	return r
}

// TestRehearse rehearses on three servers that share a MariaDB, while they serve: the target passes, and says why it does not where a staged
// configuration is wrong; a rehearsal that is killed amid the migration of its copy is cleared away by the next. Nothing but scratch is
// changed by any of them.
func TestRehearse(t *testing.T) { rehearse(t, lab.Spec{Servers: 3, Engine: lab.MySQL}) }

// TestRehearseOnPostgreSQL is the same on one.
func TestRehearseOnPostgreSQL(t *testing.T) {
	rehearse(t, lab.Spec{Servers: 2, Engine: lab.PostgreSQL})
}

// TestRehearseFromSource is the same where trees stand for packages.
func TestRehearseFromSource(t *testing.T) {
	rehearse(t, lab.Spec{Servers: 2, Engine: lab.MySQL, Origin: lab.Source})
}

// TestRehearseByKeactrl is the same where keactrl starts Kea.
func TestRehearseByKeactrl(t *testing.T) {
	rehearse(t, lab.Spec{Servers: 2, Engine: lab.MySQL, Origin: lab.Keactrl})
}

func rehearse(t *testing.T, spec lab.Spec) {
	f := labtest.Up(t, spec)
	p := tool(t, f)
	sampler := product.Sample(t.Context())
	var all []product.Output
	report := watched(t, f, func() {
		before := beyondScratch(t, f)
		unchanged := func(after string) {
			t.Helper()
			if now := beyondScratch(t, f); now != before {
				t.Errorf("%s changed something:\n%s", after, changes(before, now))
			}
		}
		all = append(all, run(t, p, 3, "rehearse", "--to", "3.0.3")) // nobody could answer
		out := run(t, p, 0, "rehearse", "--to", "3.0.3", "--yes", "-o", "json")
		all = append(all, out)
		passes(t, readRehearsed(t, out), len(f.Servers))
		unchanged("a rehearsal that passes")
		all = append(all, run(t, p, 0, "rehearse", "--to", "3.0.3", "--yes", "-v"))
		t.Log(all[len(all)-1])
		if plan := run(t, p, 0, "plan", "--to", "3.0.3"); !plan.Says("databases as rehearsed") {
			t.Errorf("the plan knows nothing of the rehearsal\n%s", plan)
		}
		all = append(all, killedRehearsal(t, f, p)...)
		unchanged("a rehearsal that was killed, and the next")
		all = append(all, wrongConfiguration(t, f, p))
		unchanged("a rehearsal that fails")
	})
	for _, line := range sampler.Stop() {
		t.Errorf("a password on a command line: %q", line)
	}
	undisturbed(t, f, report)
	atRest(t, f, "2.6.3", witness.Expects(spec.Engine, "2.6.3"))
	for _, out := range all {
		if product.HasSecret(out.String()) {
			t.Errorf("a password was shown:\n%s", out)
		}
	}
	leaks(t, f, p)
	// What was rehearsed goes through.
	watched(t, f, func() { run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes") })
	atRest(t, f, "3.0.3", witness.Expects(spec.Engine, "3.0.3"))
}

// beyondScratch is the state of a fleet but for the directory that rooms are made in, and its lock.
func beyondScratch(t *testing.T, f *lab.Fleet) string {
	t.Helper()
	var kept strings.Builder
	for line := range strings.Lines(state(t, f)) {
		path, _, _ := strings.Cut(line[strings.LastIndex(line, " /")+1:], " ")
		switch strings.TrimSpace(path) {
		case "/var/lib/kea-lockstep", "/var/lib/kea-lockstep/runs", "/var/lib/kea-lockstep/lock":
		default:
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func passes(t *testing.T, r rehearsed, servers int) {
	t.Helper()
	if r.Verdict != "passed" || len(r.Servers) != servers || len(r.Databases) != 1 || len(r.Left) > 0 {
		t.Fatalf("%+v", r)
	}
	for _, s := range r.Servers {
		if len(s.Tests) != 2 || s.Tests[0].Flag != "-t" || s.Tests[1].Flag != "-T" {
			t.Errorf("%s was tested by %+v", s.Name, s.Tests)
		}
	}
	d := r.Databases[0]
	if !strings.HasPrefix(d.Copy, "kea_lockstep_rehearsal_") || d.Dump <= 0 || d.Restore <= 0 || d.Migrate <= 0 || d.Verify <= 0 || r.Groups[0].Outage <= 0 {
		t.Errorf("%+v %+v", d, r.Groups)
	}
}

// killedRehearsal kills a rehearsal while kea-admin migrates its copy; unlock names what it left, and the next rehearsal removes it.
func killedRehearsal(t *testing.T, f *lab.Fleet, p product.Tool) []product.Output {
	t.Helper()
	cmd := p.Command(t.Context(), "rehearse", "--to", "3.0.3", "--yes", "-v")
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(said.String(), "before upgrade: ") {
		n, err := talk.Read(buffer)
		said.Write(buffer[:n])
		if err != nil {
			t.Fatalf("it ended before it migrated: %v\n%s", err, said.String())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	locked := run(t, p, 3, "unlock")
	if !locked.Says("left by a dead one") || !locked.Says("kea_lockstep_rehearsal_") {
		t.Errorf("unlock does not name what is left\n%s", locked)
	}
	next := run(t, p, 0, "rehearse", "--to", "3.0.3", "--yes")
	if !next.Says("removed the room of rehearsal-") || !next.Says("removed the database kea_lockstep_rehearsal_") {
		t.Errorf("the next does not say what it removed\n%s", next)
	}
	for _, s := range f.Servers {
		if units := labtest.Must(t, f, s.Name, "systemctl list-units --all --plain --no-legend 'kea-lockstep-*'"); units != "" {
			t.Errorf("%s still runs %s", s.Name, units)
		}
	}
	return []product.Output{{Stderr: said.String()}, locked, next}
}

// restage changes a server's staged configuration; the function that is returned puts it back.
func restage(t *testing.T, f *lab.Fleet, server, known, instead string) (back func()) {
	t.Helper()
	staged := filepath.Join(f.Dir, "configs", server, "kea-dhcp4.conf")
	text, err := os.ReadFile(staged)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), known) {
		t.Fatalf("the staged configuration is another than was thought:\n%s", text)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(staged, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(string(text), known, instead, 1))
	return func() { write(string(text)) }
}

// wrongConfiguration stages a configuration with a word that the target does not know, for one server.
func wrongConfiguration(t *testing.T, f *lab.Fleet, p product.Tool) product.Output {
	t.Helper()
	const known = `"valid-lifetime": 4000`
	defer restage(t, f, "k2", known, known+`, "valid-for-ever": true`)()
	out := run(t, p, 8, "rehearse", "--to", "3.0.3", "--yes", "-o", "json")
	r := readRehearsed(t, out)
	if r.Verdict != "failed" || len(r.Left) > 0 {
		t.Errorf("%+v", r)
	}
	for _, s := range r.Servers {
		last := s.Tests[len(s.Tests)-1].Verdict
		if s.Name != "k2" && last.Answer != "yes" || s.Name == "k2" && (last.Answer != "no" || !strings.Contains(last.Saw, "valid-for-ever")) {
			t.Errorf("%s: %+v", s.Name, s.Tests)
		}
	}
	shown := run(t, p, 8, "rehearse", "--to", "3.0.3", "--yes")
	if !shown.Says("FAILS:") || !shown.Says("the rehearsal failed") {
		t.Errorf("it does not say so\n%s", shown)
	}
	return out
}

// TestRehearseHooks stages a configuration with High Availability for one server, whose hook would listen: it is tested without, and that is
// said; and for the other one with a hook that lacks its parameters, which -T alone finds. Nothing listens that did not before.
func TestRehearseHooks(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2, Engine: lab.MySQL})
	p := tool(t, f)
	const first = `{ "library": "libdhcp_mysql.so" }`
	const ha = `, { "library": "libdhcp_lease_cmds.so" }, { "library": "libdhcp_ha.so", "parameters": { "high-availability": [ {
		"this-server-name": "k1", "mode": "hot-standby", "send-lease-updates": false, "sync-leases": false, "peers": [
			{ "name": "k1", "url": "http://127.0.0.1:8001/", "role": "primary" }, { "name": "k2", "url": "http://127.0.0.1:8002/", "role": "standby" } ] } ] } }`
	restage(t, f, "k1", first, first+ha)
	restage(t, f, "k2", first, first+`, { "library": "libdhcp_flex_id.so" }`)
	report := watched(t, f, func() {
		before := beyondScratch(t, f)
		r := readRehearsed(t, run(t, p, 8, "rehearse", "--to", "3.0.3", "--yes", "-o", "json"))
		if len(r.Servers) != 2 || len(r.Left) > 0 || r.Databases[0].Verdict.Answer != "yes" {
			t.Fatalf("%+v", r)
		}
		one, two := r.Servers[0].Tests, r.Servers[1].Tests
		if len(one) != 2 || one[1].Verdict.Answer != "yes" || !strings.Contains(strings.Join(one[1].Untested, ", "), "libdhcp_ha.so") {
			t.Errorf("k1: %+v", one)
		}
		if len(two) != 2 || two[0].Verdict.Answer != "yes" || two[1].Verdict.Answer != "no" || !strings.Contains(two[1].Verdict.Saw, "FLEX_ID") {
			t.Errorf("k2: %+v", two)
		}
		t.Logf("k1: %+v\nk2: %+v", one, two)
		if now := beyondScratch(t, f); now != before {
			t.Errorf("something was changed:\n%s", changes(before, now))
		}
	})
	undisturbed(t, f, report)
	atRest(t, f, "2.6.3", witness.Expects(lab.MySQL, "2.6.3"))
}
