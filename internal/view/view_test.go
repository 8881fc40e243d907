package view_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kea-lockstep/internal/audit"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/view"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

var update = flag.Bool("update", false, "write the golden files")

// golden holds a document against its golden files, as text and as JSON.
func golden(t *testing.T, name string, d view.Document) {
	t.Helper()
	page := view.NewPage(view.Paper{})
	d.Text(page)
	same(t, name+".txt.golden", page.String())
	var text bytes.Buffer
	if err := view.JSON(&text, d); err != nil {
		t.Fatal(err)
	}
	same(t, name+".json.golden", text.String())
}

func same(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// facts surveys a model fleet.
func facts(t *testing.T, spec world.Spec, disturb func(*world.World)) (facts fleet.Facts) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := world.New(spec)
		if disturb != nil {
			disturb(w)
		}
		var err error
		if facts, err = fleet.Survey(context.Background(), w.Drive("test", &world.Log{}), w.Names(), 4); err != nil {
			t.Fatal(err)
		}
	})
	return facts
}

func three() world.Spec {
	return world.Spec{Servers: 3, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3", Speed: world.AsSeen()}
}

func version(t *testing.T, text string) kea.Version {
	t.Helper()
	v, err := kea.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func plan(t *testing.T, f fleet.Facts, accept ...orchestrator.Risk) orchestrator.Plan {
	t.Helper()
	p := orchestrator.Make(f, version(t, "3.0.3"), orchestrator.Options{
		Backup: "dump", Parallel: 20, Settle: 2 * time.Second, Dir: "/var/backups/kea-lockstep", Accept: accept,
		Scripts: func(s orchestrator.Step) []string { return []string{"model " + s.ID} },
	})
	p.Made, p.Fleet = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC), "/etc/fleet.yaml"
	return p
}

func TestSurvey(t *testing.T) {
	golden(t, "survey", view.NewSurvey(facts(t, three(), nil), kea.Version{}, ""))
	apart := three()
	apart.Separate = true
	golden(t, "survey-apart", view.NewSurvey(facts(t, apart, nil), version(t, "3.0.3"), ""))
	doubtful := facts(t, apart, nil)
	doubtful.Databases[0].Primary = fleet.Deny("kea on 192.0.2.7 from k1 is a replica: SHOW REPLICA STATUS names its source: 192.0.2.5:3306")
	doubtful.Databases[1].Same = fleet.Deny("kea on 192.0.2.5 from k3 and kea on localhost from k2: a lock taken through one way is not held through the other")
	doubtful.Databases[2].Same = fleet.Doubt("connection reset by peer")
	golden(t, "survey-doubtful", view.NewSurvey(doubtful, version(t, "3.0.3"), ""))
}

// TestAServerThatIsNotReached says what to do about it.
func TestAServerThatIsNotReached(t *testing.T) {
	f := facts(t, three(), nil)
	f.Servers[1].Reach = fleet.Deny("jump host bastion: host key is not known: 192.0.2.1 offers ssh-ed25519 SHA256:abc")
	f.Servers[1].Mend, f.Servers[1].Units = `compare with "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" on the console of 192.0.2.1`, nil
	golden(t, "survey-unreached", view.NewSurvey(f, kea.Version{}, ""))
}

func TestPlan(t *testing.T) {
	p := plan(t, facts(t, three(), nil), orchestrator.UnprovedBackup)
	golden(t, "plan", view.NewPlan(p, false))
	page := view.NewPage(view.Paper{})
	view.NewPlan(p, true).Text(page)
	same(t, "plan-verbose.txt.golden", page.String())
	same(t, "plan.md.golden", view.NewPlan(p, false).Markdown())
	verbose := view.NewPlan(p, true).Markdown()
	for _, g := range p.Groups {
		for _, phase := range append(slices.Clone(g.Phases), g.Back...) {
			for _, s := range phase.Steps() {
				for _, command := range s.Commands {
					if !strings.Contains(verbose, "\n"+command+"\n") {
						t.Errorf("%s is missing of %s", command, s.ID)
					}
				}
			}
		}
	}
}

// TestPlanOfSeveralDaemons names the one whose evidence is missing, where a server runs more than one.
func TestPlanOfSeveralDaemons(t *testing.T) {
	p := plan(t, facts(t, three(), nil), orchestrator.UnprovedBackup)
	k1, k2 := &p.Groups[0].Servers[0], &p.Groups[0].Servers[1]
	k1.Units = append(slices.Clone(k1.Units), orchestrator.UnitPlan{Name: "kea-dhcp6-server.service", Daemon: kea.DHCP6, Ran: true})
	k1.Drops, k2.Drops = []string{"kea-dhcp6-server.service: offer"}, []string{"kea-dhcp4-server.service: sockets"}
	page := view.NewPage(view.Paper{})
	view.NewPlan(p, false).Text(page)
	if want := "either: offer of kea-dhcp6 (k1), sockets (k2), offer (k3)\n"; !strings.Contains(page.String(), want) {
		t.Errorf("%q is missing in\n%s", want, page.String())
	}
}

// TestPlanOfTwoPlatforms: one release of Kea is another version of packages on each.
func TestPlanOfTwoPlatforms(t *testing.T) {
	p := plan(t, facts(t, three(), nil), orchestrator.UnprovedBackup)
	k3 := &p.Groups[0].Servers[2]
	k3.Playbook, k3.Packages = "isc-deb", []orchestrator.PackageMove{{Name: "isc-kea-dhcp4", From: "2.6.3-isc1", To: "3.0.3-isc2"}}
	page := view.NewPage(view.Paper{})
	view.NewPlan(p, false).Text(page)
	for _, want := range []string{"k1 (canary), k2  model, 3.0.3-1 available\n", "k3               isc-deb, 3.0.3-isc2 available\n"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("%q is missing in\n%s", want, page.String())
		}
	}
}

// TestPlanThatRemovesAPackage names it where the versions stand.
func TestPlanThatRemovesAPackage(t *testing.T) {
	p := plan(t, facts(t, three(), nil), orchestrator.UnprovedBackup)
	k2 := &p.Groups[0].Servers[1]
	k2.Packages = append(slices.Clone(k2.Packages), orchestrator.PackageMove{Name: "kea-ctrl-agent", From: "2.6.3-1", Gone: true})
	page := view.NewPage(view.Paper{})
	view.NewPlan(p, false).Text(page)
	if want := "model, 3.0.3-1 available, without kea-ctrl-agent\n"; !strings.Contains(page.String(), want) {
		t.Errorf("%q is missing in\n%s", want, page.String())
	}
}

func TestPlanThatIsRefused(t *testing.T) {
	f := facts(t, three(), nil)
	f.Servers[1].Reach = fleet.Deny("dial tcp 192.0.2.12:22: connection refused")
	f.Servers[2].Claim = fleet.Claim{Run: "20261122T020311Z-7q2d", Epoch: 2, Driver: "root@bastion process 812"}
	page := view.NewPage(view.Paper{})
	view.NewPlan(plan(t, f), false).Text(page)
	same(t, "plan-refused.txt.golden", page.String())
	same(t, "plan-refused.md.golden", view.NewPlan(plan(t, f), false).Markdown())
}

// A saved plan is read back to what it was, so that comparing it with a fleet that stayed as it is finds nothing.
func TestASavedPlanReadsBack(t *testing.T) {
	f := facts(t, three(), nil)
	now := view.NewPlan(plan(t, f), false)
	var text bytes.Buffer
	if err := view.JSON(&text, now); err != nil {
		t.Fatal(err)
	}
	saved, err := view.ReadPlan(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := view.Differences(saved, now); len(diff) != 0 {
		t.Errorf("differs from itself: %q", diff)
	}
	f.Servers[1].Units[0].Enabled = "disabled"
	f.Databases[0].Schema = kea.Schema{Major: 22, Minor: 1}
	diff := strings.Join(view.Differences(saved, view.NewPlan(plan(t, f), false)), "\n")
	for _, part := range []string{"k2 units: was", "kea1 schema: was 22.2, is 22.1", "refused now:"} {
		if !strings.Contains(diff, part) {
			t.Errorf("the difference does not say %q:\n%s", part, diff)
		}
	}
}

func TestCheck(t *testing.T) {
	f := facts(t, three(), nil)
	address := func(name string) string { return "root@" + name + ".example.net" }
	golden(t, "check-match", view.Check(audit.Check(f, address)))
	f.Databases[0].Schema = kea.Schema{Major: 30}
	f.Servers[0].Software.Kea = version(t, "3.0.3")
	f.Servers[0].Service[0].Version, f.Servers[0].Service[0].Backends = version(t, "3.0.3"), nil
	f.Servers[2].Reach = fleet.Doubt("ssh: handshake failed")
	f.Servers[1].Units[0].Fence = "20261122T020311Z-7q2d"
	golden(t, "check-mismatch", view.Check(audit.Check(f, address)))
}

func TestAudit(t *testing.T) {
	address := func(name string) string { return "root@" + name + ".example.net" }
	f := facts(t, three(), nil)
	golden(t, "audit-clean", view.Audit(audit.Audit(f, audit.Known{Address: address})))
	// Fifty servers, of which most do the same; one does not answer, one knows a subnet by another's identifier.
	many := three()
	many.Servers = 50
	f = facts(t, many, nil)
	subnet := kea.Subnet{ID: 7, At: kea.Position{File: "/etc/kea/kea-dhcp4.conf", Line: 31, Column: 9}, Prefix: netip.MustParsePrefix("10.1.0.0/16"), Allocator: "flq", Pools: []kea.Pool{{First: netip.MustParseAddr("10.1.0.10"), Last: netip.MustParseAddr("10.1.0.99")}}}
	for i := range f.Servers {
		f.Servers[i].Configs[0].Parsed.Serving.Subnets = []kea.Subnet{subnet}
	}
	other := subnet
	other.Prefix, other.Allocator, other.Pools = netip.MustParsePrefix("10.2.0.0/16"), "random", nil
	f.Servers[20].Configs[0].Parsed.Serving.Subnets = []kea.Subnet{other}
	f.Servers[49] = fleet.Server{Pulse: fleet.Pulse{Name: "k50"}, Reach: fleet.Deny("dial tcp 192.0.2.60:22: connection refused")}
	found := view.Audit(audit.Audit(f, audit.Known{Address: address}))
	if got, want := found.Sentence(), "2 errors and 1 that cannot be told"; got != want {
		t.Errorf("it ends with %q, want %q", got, want)
	}
	page := view.NewPage(view.Paper{Columns: 100})
	found.Text(page)
	same(t, "audit-findings.txt.golden", page.String())
	same(t, "audit-findings.md.golden", found.Markdown())
}

// What a server said is in a table of Markdown and no markup of it.
func TestMarkdownOfWhatAServerSaid(t *testing.T) {
	got := view.Audit{Findings: []audit.Finding{{Code: "unreachable", Message: "a|b\n<script>\x1b[31m"}}}.Markdown()
	if !strings.Contains(got, `| a\|b<br>&lt;script>␛\[31m |`) {
		t.Errorf("it writes\n%s", got)
	}
}

// events is a run that halted after the point of no return.
func events(p orchestrator.Plan) []journal.Event {
	at := time.Date(2026, 11, 22, 2, 3, 0, 0, time.UTC)
	var all []journal.Event
	add := func(after time.Duration, e journal.Event) {
		at = at.Add(after)
		e.Time, e.Seq, e.Run, e.Epoch = at, len(all)+1, "20261122T020300Z-7q2d", 1
		if e.Type != journal.RunBegun && e.Type != journal.PlanMade && e.Type != journal.DriveEnded {
			e.Group = p.Groups[0].ID
		}
		all = append(all, e)
	}
	begin := func(phase, step, server, kind, title string) {
		add(100*time.Millisecond, journal.Event{Type: journal.StepBegun, Phase: phase, Step: step, Server: server}.With(journal.Attempt{Number: 1, Title: title, Kind: kind}))
	}
	done := func(phase, step, server string, r journal.Result) {
		add(400*time.Millisecond, journal.Event{Type: journal.StepDone, Phase: phase, Step: step, Server: server}.With(r))
	}
	add(0, journal.Event{Type: journal.RunBegun}.With(journal.Begun{Command: "upgrade", Driver: "root@bastion process 812", Fleet: "/etc/fleet.yaml", Target: p.Target}))
	add(0, journal.Event{Type: journal.PlanMade}.With(p))
	add(time.Second, journal.Event{Type: journal.PhaseBegun, Phase: "stop"})
	for _, name := range []string{"k1", "k2", "k3"} {
		for _, kind := range []string{"claim", "fence", "stop"} {
			begin("stop", kind+"-"+name, name, kind, kind)
			done("stop", kind+"-"+name, name, journal.Result{Kind: kind})
		}
	}
	add(0, journal.Event{Type: journal.PhaseDone, Phase: "stop"})
	add(0, journal.Event{Type: journal.GateAsked, Phase: "migrate"}.With(journal.Asking{Gate: "quiet", Verdict: fleet.Deny("k2: kea-dhcp4 runs (pid 812, started by hand)")}))
	add(0, journal.Event{Type: journal.PhaseBegun, Phase: "migrate"})
	begin("migrate", "migrate-k1-db1", "k1", "migrate", "kea-admin db-upgrade of kea1")
	way := []kea.Schema{{Major: 22, Minor: 2}, {Major: 23}, {Major: 24}, {Major: 25}, {Major: 26}, {Major: 27}, {Major: 28}, {Major: 29}, {Major: 30}}
	for _, number := range []int{1, 7} {
		add(time.Second, journal.Event{Type: journal.StepProgress, Phase: "migrate", Step: "migrate-k1-db1", Server: "k1"}.With(journal.Along(way, number)))
	}
	add(3*time.Second, journal.Event{Type: journal.StepFailed, Phase: "migrate", Step: "migrate-k1-db1", Server: "k1"}.With("k1: the schema is at 28.0, torn"))
	add(0, journal.Event{Type: journal.GroupEnded}.With(journal.Ended{State: journal.Halted, Problem: &journal.Problem{
		What: "kea-admin db-upgrade of kea1 on k1 failed",
		Why:  "the schema is at 28.0, torn: table lease6_stat lacks a column\nERROR 1062 (23000) at line 5: Duplicate entry '4' for key '\x1b[31mPRIMARY'",
	}}))
	add(0, journal.Event{Type: journal.DriveEnded})
	return all
}

func TestStatusAndEnding(t *testing.T) {
	var fold journal.Folding
	var lines strings.Builder
	progress := view.NewProgress(view.Paper{})
	for _, e := range events(plan(t, facts(t, three(), nil))) {
		if err := fold.Add(e); err != nil {
			t.Fatal(err)
		}
		lines.WriteString(progress.Line(e, fold.Status()))
	}
	same(t, "progress.txt.golden", lines.String())
	now := time.Date(2026, 11, 22, 2, 4, 0, 0, time.UTC)
	golden(t, "status", view.NewStatus(fold.Status(), now, view.Where{Fleet: " -f other.yaml"}))
	page := view.NewPage(view.Paper{})
	view.NewEnding(fold.Status(), view.Where{}).Text(page)
	same(t, "ending.txt.golden", page.String())
	golden(t, "runs", view.Runs{view.Complete(fold.Status(), view.Where{})})
}

// TestATakenOverRunThatIsLocked tells nothing of servers that it did not ask.
func TestATakenOverRunThatIsLocked(t *testing.T) {
	status := journal.Status{Run: "R1", State: journal.Halted, Servers: []journal.ServerStatus{{Name: "k1", Group: "g"}, {Name: "k2", Group: "g"}},
		Groups: []journal.GroupStatus{{ID: "g", State: journal.Halted, PastReturn: true, Untold: true, Problem: &journal.Problem{What: "somebody else holds the lock"}}}}
	page := view.NewPage(view.Paper{})
	view.NewEnding(status, view.Where{}).Text(page)
	for _, text := range []string{"halted: how far it got was not asked yet", "k1 and k2: held by this run; this drive did nothing there"} {
		if !strings.Contains(page.String(), text) {
			t.Errorf("it does not say %q:\n%s", text, page)
		}
	}
	if strings.Contains(page.String(), "not touched") || strings.Contains(page.String(), "point of no return") {
		t.Errorf("it tells what nobody knows:\n%s", page)
	}
}

// What is done on many servers is counted; what fails is told of the one that it failed on.
func TestALargeGroupIsToldTogether(t *testing.T) {
	var servers []orchestrator.ServerPlan
	for i := range 200 {
		servers = append(servers, orchestrator.ServerPlan{Name: fmt.Sprint("k", i+1)})
	}
	var fold journal.Folding
	var lines strings.Builder
	progress := view.NewProgress(view.Paper{})
	seq := 0
	at := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	add := func(e journal.Event) {
		seq++
		e.Seq, e.Time, e.Run, e.Epoch, e.Group = seq, at.Add(time.Duration(seq)*10*time.Millisecond), "R", 1, "g"
		if err := fold.Add(e); err != nil {
			t.Fatal(err)
		}
		lines.WriteString(progress.Line(e, fold.Status()))
	}
	add(journal.Event{Type: journal.RunBegun}.With(journal.Begun{}))
	add(journal.Event{Type: journal.PlanMade}.With(orchestrator.Plan{Groups: []orchestrator.GroupPlan{{ID: "g", Canary: "k1", Servers: servers}}}))
	one := func(phase, kind, title string, server int) {
		step := fmt.Sprintf("%s-k%d", kind, server)
		on := journal.Event{Phase: phase, Step: step, Server: fmt.Sprint("k", server)}
		begun, done := on, on
		begun.Type, done.Type = journal.StepBegun, journal.StepDone
		add(begun.With(journal.Attempt{Number: 1, Kind: kind, Title: title}))
		if server == 77 {
			failed := on
			failed.Type = journal.StepFailed
			add(failed.With("no room"))
			return
		}
		add(done.With(journal.Result{Kind: kind}))
	}
	add(journal.Event{Type: journal.PhaseBegun, Phase: "upgrade canary"})
	one("upgrade canary", "install", "upgrade the packages", 1)
	add(journal.Event{Type: journal.PhaseDone, Phase: "upgrade canary"})
	add(journal.Event{Type: journal.PhaseBegun, Phase: "upgrade the rest"})
	for i := 2; i <= 200; i++ {
		one("upgrade the rest", "install", "upgrade the packages", i)
		one("upgrade the rest", "configure", "put the configuration in place", i)
	}
	add(journal.Event{Type: journal.PhaseDone, Phase: "upgrade the rest"})
	same(t, "progress-large.txt.golden", lines.String())
	page := view.NewPage(view.Paper{})
	view.NewStatus(fold.Status(), at, view.Where{}).Text(page)
	same(t, "status-large.txt.golden", page.String())
}

// Whatever a server says, nothing of it reaches a terminal as a command to it.
func FuzzNothingReachesATerminalRaw(f *testing.F) {
	f.Add("\x1b[2Jgone")
	f.Add("\u202egpj.exe")
	f.Add("a\x00b\r\nc\x9b1m\xff")
	f.Fuzz(func(t *testing.T, said string) {
		page := view.NewPage(view.Paper{})
		page.Failure(said, []string{said})
		view.Holders{Unasked: []string{said}}.Text(page)
		for _, r := range page.String() {
			if r < 0x20 && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
				t.Errorf("%q puts %q on the terminal", said, r)
			}
		}
	})
}

// What scripts read has a format, and no password.
func TestEveryDocumentNamesItsFormat(t *testing.T) {
	f := facts(t, three(), nil)
	for want, d := range map[string]view.Document{
		"kea-lockstep.survey/1": view.NewSurvey(f, kea.Version{}, ""),
		"kea-lockstep.check/1":  view.Check(audit.Check(f, func(s string) string { return s })),
		"kea-lockstep.audit/1":  view.Audit(audit.Audit(f, audit.Known{Address: func(s string) string { return s }})),
		"kea-lockstep.plan/1":   view.NewPlan(plan(t, f), false),
		"kea-lockstep.status/1": view.NewStatus(journal.Status{}, time.Time{}, view.Where{}),
		"kea-lockstep.runs/1":   view.Runs{},
	} {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var head struct{ Format string }
		if err := json.Unmarshal(text, &head); err != nil || head.Format != want {
			t.Errorf("format %q, want %q (%v)", head.Format, want, err)
		}
		if bytes.Contains(text, []byte(`"password": "model"`)) || bytes.Contains(text, []byte("null,")) && want != "kea-lockstep.survey/1" {
			t.Errorf("%s holds a password or a null list:\n%s", want, text)
		}
	}
}

func TestWhatAJobPutsOutIsNeverShownRaw(t *testing.T) {
	got := view.Output("k1", "Upgrading from 22.2 \x1b[31mnow\x1b[0m", view.Paper{})
	if got != strings.Repeat(" ", 17)+"k1: Upgrading from 22.2 ␛[31mnow␛[0m\n" {
		t.Errorf("%q", got)
	}
}
