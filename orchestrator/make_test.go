package orchestrator_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
)

var update = flag.Bool("update", false, "write golden plans and generated documents anew")

// golden holds a text against the file that keeps it.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not current; go test ./orchestrator -update writes it anew. Now it is\n%s", path, got)
	}
}

// outline is the order of a plan's phases and steps: what an operator would have to approve again if it changed.
func outline(p orchestrator.Plan) []byte {
	var b strings.Builder
	for _, g := range p.Groups {
		fmt.Fprintf(&b, "group %s: %s, canary %s, point of no return before %q, outage %.1f s, last %.1f s\n", g.ID, g.Mode, g.Canary, g.Return, g.Outage, g.Last)
		for _, phase := range g.Phases {
			outlinePhase(&b, phase)
		}
		fmt.Fprintln(&b, "way back")
		for _, phase := range g.Back {
			outlinePhase(&b, phase)
		}
	}
	return []byte(b.String())
}

func outlinePhase(b *strings.Builder, p orchestrator.Phase) {
	fmt.Fprintf(b, "  %s [gate %q, ask %q, outage %t, after %q]\n", p.Name, p.Gate, p.Ask, p.Outage, p.After)
	for _, lanes := range [][][]orchestrator.Step{p.First, p.Lanes} {
		for _, lane := range lanes {
			ids := make([]string, len(lane))
			for i, s := range lane {
				ids[i] = s.ID
			}
			fmt.Fprintf(b, "    %s\n", strings.Join(ids, ", "))
		}
	}
}

func TestPlansAreAsAgreed(t *testing.T) {
	for _, s := range planned() {
		t.Run(s.name, func(t *testing.T) {
			s.spec.Speed = world.Speed{}
			p := orchestrator.Make(surveyed(t, s.spec), version(t, s.spec.To), s.opts)
			golden(t, filepath.Join("testdata", "plans", strings.NewReplacer(" ", "-", ",", "").Replace(s.name)+".txt"), outline(p))
		})
	}
}

// TestPlanInJSON holds the whole plan of the usual fleet as scripts read it.
func TestPlanInJSON(t *testing.T) {
	p := orchestrator.Make(surveyed(t, three()), version(t, "3.0.3"), usual())
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join("testdata", "plans", "three.json"), append(text, '\n'))
	if strings.Contains(string(text), "\"password\": \"model\"") {
		t.Error("the plan holds a password")
	}
}

func TestEqualFactsMakeEqualPlans(t *testing.T) {
	text := func() string {
		raw, err := json.Marshal(orchestrator.Make(surveyed(t, three()), version(t, "3.0.3"), usual()))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if a, b := text(), text(); a != b {
		t.Errorf("two plans of the same facts:\n%s\n%s", a, b)
	}
}

func TestHash(t *testing.T) {
	tests := []struct {
		name   string
		change func(f *fleet.Facts, o *orchestrator.Options)
		same   bool
	}{
		{"rows", db(func(d *fleet.Database) { d.Rows = map[string]int64{"lease4": 1 << 30} }), true},
		{"bytes", db(func(d *fleet.Database) { d.Bytes <<= 9 }), true},
		{"free space", k2(func(s *fleet.Server) { s.Disk[0].Free -= 1 << 30 }), true},
		{"clock", k2(func(s *fleet.Server) { s.Clock = new(3 * time.Second) }), true},
		{"a pid", k2(func(s *fleet.Server) { s.Processes[0].PID, s.Units[0].PID = 9, 9 }), true},
		{"boot", k2(func(s *fleet.Server) { s.BootID = "another" }), true},
		{"one more session of Kea", session(fleet.OwnerKea), true},
		{"why a check was passed", k2(func(s *fleet.Server) { s.Reach.Saw = "in 3 ms" }), true},
		{"a newer version that is not taken", k2(func(s *fleet.Server) { s.Packages[0].Available = append(s.Packages[0].Available, "2.4.0-1") }), true},

		{"a server less", func(f *fleet.Facts, _ *orchestrator.Options) { f.Servers = f.Servers[:2] }, false},
		{"order of servers", func(f *fleet.Facts, _ *orchestrator.Options) { slices.Reverse(f.Servers) }, false},
		{"another canary", func(_ *fleet.Facts, o *orchestrator.Options) { o.Canary = []string{"k2"} }, false},
		{"version", k2(func(s *fleet.Server) { s.Software.Kea.Patch-- }), false},
		{"package", k2(func(s *fleet.Server) { s.Packages[0].Installed = "2.6.3-2" }), false},
		{"package to come", k2(func(s *fleet.Server) { s.Packages[0].Available[0] = "3.0.3-2" }), false},
		{"playbook", k2(func(s *fleet.Server) { s.Platform.Playbook = "another" }), false},
		{"unit enabled", k2(func(s *fleet.Server) { s.Units[0].Enabled = "disabled" }), false},
		{"unit that runs", k2(func(s *fleet.Server) { s.Units[0].Active = "inactive" }), false},
		{"configuration", k2(func(s *fleet.Server) { s.Configs[0].Digest = "another" }), false},
		{"staged configuration", func(f *fleet.Facts, _ *orchestrator.Options) { stage(f, "kea1", false) }, false},
		{"evidence", k2(func(s *fleet.Server) { s.Service[0].Log = fleet.Doubt("no log") }), false},
		{"schema", db(func(d *fleet.Database) { d.Schema.Minor-- }), false},
		{"identity", db(func(d *fleet.Database) { d.ID = "another" }), false},
		{"product", db(func(d *fleet.Database) { d.Product = "MariaDB 12" }), false},
		{"place", db(func(d *fleet.Database) {
			d.Endpoints = slices.Clone(d.Endpoints)
			d.Endpoints[1].Place.Host = "192.0.2.6"
		}), false},
		{"proof", func(f *fleet.Facts, o *orchestrator.Options) { f.Databases[0].Endpoints[1].Scratch = fleet.Deny("") }, false},
		{"early", func(_ *fleet.Facts, o *orchestrator.Options) { o.Early = true }, false},
		{"serial", func(_ *fleet.Facts, o *orchestrator.Options) { o.Serial = true }, false},
		{"parallel", func(_ *fleet.Facts, o *orchestrator.Options) { o.Parallel = 3 }, false},
		{"settle", func(_ *fleet.Facts, o *orchestrator.Options) { o.Settle = time.Second }, false},
		{"allow", func(_ *fleet.Facts, o *orchestrator.Options) { o.Allow = []string{"a@b"} }, false},
		{"directory", func(_ *fleet.Facts, o *orchestrator.Options) { o.Dir = "/srv" }, false},
		{"probe", func(_ *fleet.Facts, o *orchestrator.Options) { o.Probe = "192.0.2.1" }, false},
		{"backup", func(_ *fleet.Facts, o *orchestrator.Options) { o.Backup = "none" }, false},
		{"accepted", func(_ *fleet.Facts, o *orchestrator.Options) {
			o.Accept = []orchestrator.Risk{orchestrator.AllowedWriters}
		}, false},
		{"scripts", func(_ *fleet.Facts, o *orchestrator.Options) {
			o.Scripts = func(orchestrator.Step) []string { return []string{"true"} }
		}, false},
	}
	want := orchestrator.Make(surveyed(t, three()), version(t, "3.0.3"), usual()).Hash
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			facts, opts := surveyed(t, three()), usual()
			test.change(&facts, &opts)
			if got := orchestrator.Make(facts, version(t, "3.0.3"), opts).Hash; (got == want) != test.same {
				t.Errorf("the hash is the same: %t, want %t", got == want, test.same)
			}
		})
	}
	if got := orchestrator.Make(surveyed(t, three()), version(t, "3.0.2"), usual()).Hash; got == want {
		t.Error("another target, and the same hash")
	}
}

func TestRisksAreTheSameInAnyOrder(t *testing.T) {
	a, b := usual(), usual()
	a.Accept = []orchestrator.Risk{orchestrator.UnprovedBackup, orchestrator.AllowedWriters}
	b.Accept = []orchestrator.Risk{orchestrator.AllowedWriters, orchestrator.UnprovedBackup, orchestrator.AllowedWriters}
	facts := surveyed(t, three())
	if x, y := orchestrator.Make(facts, version(t, "3.0.3"), a), orchestrator.Make(facts, version(t, "3.0.3"), b); x.Hash != y.Hash {
		t.Errorf("%v and %v make two plans", x.Accepted, y.Accepted)
	}
}

func TestCanaryAndMode(t *testing.T) {
	tests := []struct {
		name   string
		from   string
		chosen []string
		canary string
		mode   orchestrator.Mode
	}{
		{"the first by itself", "2.6.3", nil, "k1", orchestrator.Lockstep},
		{"the one that is chosen", "2.6.3", []string{"k3"}, "k3", orchestrator.Lockstep},
		{"no change of schema", "3.0.0", nil, "k1", orchestrator.Rolling},
		{"nothing to do", "3.0.3", nil, "k1", orchestrator.Current},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec, opts := three(), usual()
			spec.From, opts.Canary = test.from, test.chosen
			g := orchestrator.Make(surveyed(t, spec), version(t, "3.0.3"), opts).Groups[0]
			if g.Canary != test.canary || g.Mode != test.mode {
				t.Errorf("canary %s, mode %s, want %s, %s", g.Canary, g.Mode, test.canary, test.mode)
			}
			if test.mode == orchestrator.Current && len(g.Phases)+len(g.Back) > 0 {
				t.Errorf("nothing to do, and %d phases", len(g.Phases))
			}
			for _, d := range g.Databases {
				if d.At.Server != g.Canary {
					t.Errorf("%s is migrated from %s, not from the canary", d.Name, d.At.Server)
				}
			}
		})
	}
}

// TestPlansHoldTogether: what must be true of every plan, whatever the fleet.
func TestPlansHoldTogether(t *testing.T) {
	for _, s := range planned() {
		t.Run(s.name, func(t *testing.T) {
			s.spec.Speed = world.Speed{}
			p := orchestrator.Make(surveyed(t, s.spec), version(t, s.spec.To), s.opts)
			for _, g := range p.Groups {
				unique(t, g)
				for _, way := range [][]orchestrator.Phase{g.Phases, g.Back} {
					linked(t, way)
				}
				ordered(t, g)
				canGoBack(t, g)
			}
		})
	}
}

// unique: a step's ID names its job's directory.
func unique(t *testing.T, g orchestrator.GroupPlan) {
	t.Helper()
	safe := regexp.MustCompile(`^[a-z][A-Za-z0-9._-]*$`)
	seen := map[string]bool{}
	for _, p := range slices.Concat(g.Phases, g.Back) {
		for _, s := range p.Steps() {
			if seen[s.ID] || !safe.MatchString(s.ID) {
				t.Errorf("step %q is there twice, or is no name for a directory", s.ID)
			}
			seen[s.ID] = true
			if s.Title == "" || strings.Contains(s.Title, "%") || s.Undo == "" {
				t.Errorf("step %s reads %q, undone by %q", s.ID, s.Title, s.Undo)
			}
		}
	}
}

// linked: what a phase waits for stands before it, so that the order has no ring.
func linked(t *testing.T, phases []orchestrator.Phase) {
	t.Helper()
	before := map[string]bool{}
	for _, p := range phases {
		for _, name := range p.After {
			if !before[name] {
				t.Errorf("%s waits for %s, which is not before it", p.Name, name)
			}
		}
		if before[p.Name] {
			t.Errorf("%s is there twice", p.Name)
		}
		before[p.Name] = true
	}
}

// earlier gives every phase that is done for certain before each begins.
func earlier(phases []orchestrator.Phase) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for i, p := range phases {
		after := p.After
		if len(after) == 0 && i > 0 {
			after = []string{phases[i-1].Name}
		}
		all[p.Name] = map[string]bool{}
		for _, name := range after {
			all[p.Name][name] = true
			maps.Copy(all[p.Name], all[name])
		}
	}
	return all
}

// ordered: a migration comes after every dump and proof, and nobody starts before the verified schema and a gate that asks for it.
func ordered(t *testing.T, g orchestrator.GroupPlan) {
	t.Helper()
	if g.Mode != orchestrator.Lockstep {
		return
	}
	at, gates := map[string]string{}, map[string]orchestrator.GateName{}
	for _, p := range g.Phases {
		gates[p.Name] = p.Gate
		for _, s := range p.Steps() {
			at[s.ID] = p.Name
		}
	}
	before := earlier(g.Phases)
	comes := func(first, then string) {
		if !before[at[then]][at[first]] {
			t.Errorf("%s (%s) need not be done before %s (%s)", first, at[first], then, at[then])
		}
	}
	for id := range at {
		kind, _, _ := strings.Cut(id, "-")
		for other := range at {
			switch first, _, _ := strings.Cut(other, "-"); {
			case kind == "migrate" && slices.Contains([]string{"claim", "fence", "stop", "dump", "contents", "prove"}, first):
				comes(other, id)
			case kind == "migrate" && other == "install-"+g.Canary, kind == "verify" && first == "migrate", kind == "unfence" && first == "verify":
				comes(other, id)
			case (id == "unfence-"+strings.TrimPrefix(other, "install-") || id == "start-"+strings.TrimPrefix(other, "install-")) && first == "install":
				comes(other, id)
			case kind == "unfence" && id != "unfence-"+g.Canary && other == "confirm-"+g.Canary:
				comes(other, id)
			}
		}
		want := map[bool]orchestrator.GateName{true: orchestrator.GateSchema, false: orchestrator.GateCanary}[strings.HasSuffix(id, "-"+g.Canary)]
		if (kind == "unfence" || kind == "start") && gates[at[id]] != want {
			t.Errorf("%s stands behind the gate %q, want %q", id, gates[at[id]], want)
		}
		if kind == "migrate" && (gates[at[id]] != orchestrator.GateReturn || g.Return != at[id]) {
			t.Errorf("%s stands behind the gate %q; the plan says the point of no return is before %q", id, gates[at[id]], g.Return)
		}
	}
}

// canGoBack: for whatever is done to a server before the point of no return there is a step that undoes it.
func canGoBack(t *testing.T, g orchestrator.GroupPlan) {
	t.Helper()
	undo := map[orchestrator.Kind]orchestrator.Kind{
		orchestrator.KindClaim: orchestrator.KindRelease, orchestrator.KindFence: orchestrator.KindUnfence, orchestrator.KindStop: orchestrator.KindStart,
		orchestrator.KindInstall: orchestrator.KindInstall, orchestrator.KindConfigure: orchestrator.KindConfigure,
		orchestrator.KindUnfence: orchestrator.KindUnfence, orchestrator.KindStart: orchestrator.KindStart, orchestrator.KindRelease: orchestrator.KindRelease,
	}
	free := []orchestrator.Kind{ // what leaves nothing behind, or only what a run may leave
		orchestrator.KindPrefetch, orchestrator.KindStage, orchestrator.KindDump, orchestrator.KindContents, orchestrator.KindProve,
		orchestrator.KindTest, orchestrator.KindMigrate, orchestrator.KindVerify, orchestrator.KindConfirm,
	}
	back := map[string]bool{}
	for _, p := range g.Back {
		for _, s := range p.Steps() {
			if !s.Back() {
				t.Errorf("%s is on the way back and does not lead there", s.ID)
			}
			back[string(s.Kind)+" "+s.Server] = true
		}
	}
	for _, p := range g.Phases {
		for _, s := range p.Steps() {
			by, known := undo[s.Kind]
			if !known && !slices.Contains(free, s.Kind) {
				t.Errorf("nobody thought of how a %s is undone", s.Kind)
			}
			if known && !back[string(by)+" "+s.Server] {
				t.Errorf("%s is not undone on the way back", s.ID)
			}
		}
	}
}

// TestMixedDatabases: one whose schema stays is neither dumped nor migrated.
func TestMixedDatabases(t *testing.T) {
	spec := three()
	spec.Databases = 2
	facts := surveyed(t, spec)
	facts.Databases[1].Schema = kea.Schema{Major: 30}
	g := orchestrator.Make(facts, version(t, "3.0.3"), usual()).Groups[0]
	for _, p := range g.Phases {
		for _, s := range p.Steps() {
			if s.Database == facts.Databases[1].ID {
				t.Errorf("%s is to be done", s.ID)
			}
		}
	}
	if !g.Databases[0].Moves() || g.Databases[1].Moves() {
		t.Errorf("databases %+v", g.Databases)
	}
}

// TestPackagesThatTheTargetNeedsBesides: a server whose database's hook library is a package of its own from 2.7.4 on.
func TestPackagesThatTheTargetNeedsBesides(t *testing.T) {
	facts, target := surveyed(t, three()), version(t, "3.0.3")
	usually := codes(orchestrator.Make(facts, target, usual()).Warnings)
	for i := range facts.Servers {
		s := &facts.Servers[i]
		s.Packages = append(s.Packages,
			fleet.Package{Name: "isc-kea-mysql", For: kea.MySQL, Available: s.Packages[0].Available},
			fleet.Package{Name: "isc-kea-pgsql", For: kea.PostgreSQL, Available: []string{}})
	}
	plan := orchestrator.Make(facts, target, usual())
	for _, s := range plan.Groups[0].Servers {
		added := s.Packages[len(s.Packages)-1]
		if len(s.Packages) != 2 || added.Name != "isc-kea-mysql" || added.From != "" || added.To != s.Packages[0].To {
			t.Errorf("%s: %+v", s.Name, s.Packages)
		}
	}
	if got := codes(append(plan.Refusals, plan.Warnings...), usually...); len(got) > 0 {
		t.Errorf("refused: %q", got)
	}
	facts.Servers[1].Packages[1].Available = []string{}
	if got := codes(orchestrator.Make(facts, target, usual()).Refusals); !slices.Equal(got, []string{"package-missing"}) {
		t.Errorf("without the package: %q", got)
	}
	before := version(t, "2.6.3")
	if plan := orchestrator.Make(facts, before, usual()); len(plan.Groups[0].Servers[0].Packages) != 1 {
		t.Errorf("a target that has it inside: %+v", plan.Groups[0].Servers[0].Packages)
	}
}
