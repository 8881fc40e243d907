package orchestrator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// PlanFormat names the JSON format of a plan.
const PlanFormat = "kea-lockstep.plan/1"

// Make makes a plan of facts: which group moves how, by which steps, and everything that preflight found. It asks nothing and
// reads no clock; equal facts and options make equal plans. A plan with refusals is whole all the same, for people to read.
func Make(facts fleet.Facts, target kea.Version, opts Options) Plan {
	p := Plan{
		Format: PlanFormat, Target: target, Options: opts,
		Accepted: append([]Risk{}, slices.Compact(slices.Sorted(slices.Values(opts.Accept)))...), Warnings: []Finding{},
	}
	facts.Databases = named(facts.Databases)
	p.preflight(facts)
	for _, g := range fleet.Groups(facts) {
		if opts.Group != "" && g.ID != opts.Group {
			continue
		}
		p.Groups = append(p.Groups, p.group(facts, g))
	}
	p.Hash = p.hash()
	return p
}

func (p *Plan) group(facts fleet.Facts, g fleet.Group) GroupPlan {
	plan := GroupPlan{ID: g.ID, Canary: canary(g, p.Options.Canary)}
	for _, name := range g.Servers {
		s, _ := facts.Server(name)
		plan.Servers = append(plan.Servers, p.server(s))
	}
	for i, id := range g.Databases {
		d, _ := facts.Database(id)
		plan.Databases = append(plan.Databases, p.database(d, plan.Canary, i))
	}
	plan.Mode = mode(plan, p.Target)
	switch plan.Mode {
	case Lockstep:
		plan.Return = Migrate
		p.lockstep(&plan)
		p.backOut(&plan)
	case Rolling:
		p.rolling(&plan)
		p.backOut(&plan)
	case Current:
		plan.Phases = []Phase{}
	}
	p.script(&plan)
	sized(&plan)
	if p.measured(&plan) {
		p.Rehearsed = p.Options.Measured.When
	}
	plan.estimate()
	return plan
}

// canary is the operator's choice, or the group's first server.
func canary(g fleet.Group, wanted []string) string {
	for _, name := range wanted {
		if slices.Contains(g.Servers, name) {
			return name
		}
	}
	return g.Servers[0]
}

// mode follows from what changes: nothing, software alone, or a schema that others share or that must be migrated.
func mode(g GroupPlan, target kea.Version) Mode {
	if slices.ContainsFunc(g.Databases, DatabasePlan.Moves) {
		return Lockstep
	}
	if slices.ContainsFunc(g.Servers, func(s ServerPlan) bool { return s.Before != target }) {
		return Rolling
	}
	return Current
}

func (p *Plan) server(s fleet.Server) ServerPlan {
	plan := ServerPlan{Name: s.Name, Playbook: s.Platform.Playbook, Before: s.Software.Kea}
	for _, pkg := range p.packages(s) {
		to, _ := candidate(pkg, p.Target)
		plan.Packages = append(plan.Packages, PackageMove{Name: pkg.Name, From: pkg.Installed, To: to, Gone: p.goes(pkg)})
	}
	for _, u := range s.Units {
		plan.Units = append(plan.Units, UnitPlan{
			Name: u.Name, Daemon: u.Daemon, Enabled: u.Enabled, Masked: u.Masked && u.Fence == "", Ran: u.Active == "active",
			Gone: p.ends(s, u.Daemon),
		})
	}
	for _, c := range s.Configs {
		if move, ok := p.fileMove(s, c); ok {
			plan.Files = append(plan.Files, move)
		}
	}
	for _, v := range s.Service {
		for _, e := range evidence(v) {
			if !e.verdict.OK() {
				plan.Drops = append(plan.Drops, dropped(v.Unit, e.name))
			}
		}
	}
	return plan
}

// packages are those that a server has, and those that the target needs besides for its databases.
func (p *Plan) packages(s fleet.Server) []fleet.Package {
	uses := map[kea.Engine]bool{}
	for _, c := range s.Configs {
		parsed := c.Parsed
		if c.Staged != nil {
			parsed = c.Staged.Parsed
		}
		for _, ref := range parsed.Databases {
			uses[ref.Engine] = kea.SQLInHooks(p.Target)
		}
	}
	return slices.DeleteFunc(slices.Clone(s.Packages), func(pkg fleet.Package) bool { return pkg.Installed == "" && !uses[pkg.For] })
}

// candidate is the newest available package version that carries the Kea version.
func candidate(pkg fleet.Package, target kea.Version) (string, bool) {
	for _, v := range pkg.Available {
		if kea.OfPackage(v) == target {
			return v, true
		}
	}
	return "", false
}

// fileMove is the change to one configuration: the operator's staged file, else the edit that the target needs, else none.
func (p *Plan) fileMove(s fleet.Server, c fleet.Config) (FileMove, bool) {
	if c.Staged != nil {
		return FileMove{
			Path: c.Path, Unit: c.Unit, Before: c.Digest, After: c.Staged.Digest, From: c.Staged.Path,
			Diff: kea.Diff(c.Text, c.Staged.Text, c.Path),
		}, c.Digest != c.Staged.Digest
	}
	engines := kea.NeedsHook(c.Parsed, p.Target)
	if len(engines) == 0 || s.Software.HooksDir == "" {
		return FileMove{}, false
	}
	text, changed, err := kea.AddDatabaseHook(c.Text, engines, s.Software.HooksDir)
	if err != nil || !changed {
		return FileMove{}, false
	}
	return FileMove{
		Path: c.Path, Unit: c.Unit, Before: c.Digest, After: Digest(text),
		Edit: fmt.Sprintf("loads the database hook that Kea %s needs", p.Target), Diff: kea.Diff(c.Text, text, c.Path),
	}, true
}

// Digest is the digest by which plans and journals name a file's contents: SHA-256, in hex.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func (p *Plan) database(d fleet.Database, canary string, index int) DatabasePlan {
	target, _ := kea.Expected(p.Target, d.Engine)
	plan := DatabasePlan{
		ID: d.ID, Label: fmt.Sprintf("db%d", index+1), Name: d.Name, Product: d.Product, Engine: d.Engine,
		Before: d.Schema, Target: target, Rows: d.Rows, Bytes: d.Bytes,
		At: migratedAt(d, canary), Backups: keptAt(d, canary),
	}
	for _, e := range d.Endpoints {
		if !slices.Contains(plan.Places, e.Place) {
			plan.Places = append(plan.Places, e.Place)
		}
	}
	plan.ByCommand, plan.ByCopy = p.Options.Backup == string(fleet.BackupCommand), p.Options.Backup == string(fleet.BackupCopy)
	if plan.Aside() {
		plan.Backups = []fleet.Place{plan.At}
	}
	plan.Proof = !plan.ByCommand && d.ScratchFrom(plan.Backup().Server).OK()
	return plan
}

// keptAt gives two servers' places from which a database is dumped, or the only one; the first proves the dump and restores it.
// Those come first whose dump can be proved, and of those rather not the canary, which has enough to do meanwhile, but sooner the
// canary than one with accounts of its own: what another account has defined it may not be able to restore.
func keptAt(d fleet.Database, canary string) []fleet.Place {
	migrates := migratedAt(d, canary).Server
	worse := func(server string) (rank int) {
		switch {
		case server == migrates:
			rank = 1
		case d.AccountFrom(server) != d.AccountFrom(migrates):
			rank = 2
		}
		if !d.ScratchFrom(server).OK() {
			rank += 3
		}
		return rank
	}
	servers := d.Servers()
	slices.SortStableFunc(servers, func(a, b string) int { return worse(a) - worse(b) })
	var places []fleet.Place
	for _, server := range servers[:min(2, len(servers))] {
		if at, ok := d.PlaceFrom(server); ok {
			places = append(places, at)
		}
	}
	return places
}

// migratedAt is the place from which a database is migrated: the canary's, or, where the canary does not use it, its first user's.
func migratedAt(d fleet.Database, canary string) fleet.Place {
	if at, ok := d.PlaceFrom(canary); ok {
		return at
	}
	return d.Endpoints[0].Place
}

// script gives every step its exact commands, for people to read and for the hash.
func (p *Plan) script(g *GroupPlan) {
	if p.Options.Scripts == nil {
		return
	}
	for _, phases := range [][]Phase{g.Phases, g.Back} {
		for _, phase := range phases {
			for _, lanes := range [][][]Step{phase.First, phase.Lanes} {
				for _, lane := range lanes {
					for i := range lane {
						lane[i].Commands = p.Options.Scripts(lane[i])
					}
				}
			}
		}
	}
}

// hash is over topology, versions, schemas, digests, scripts, options and accepted risks; not over what is only measured.
func (p Plan) hash() string {
	bare := p
	bare.Hash, bare.Made, bare.Rehearsed, bare.Warnings, bare.Groups = "", time.Time{}, time.Time{}, nil, nil
	bare.Checks = 0 // one for each session, among others: those come and go
	for _, g := range p.Groups {
		bare.Groups = append(bare.Groups, g.unmeasured())
	}
	return "sha256:" + digestOf(bare)
}

// like takes over what another plan of the group does without as evidence, for each server that shows no less now: one that shows
// more, because a probe was answered that time, is as planned.
func (g GroupPlan) like(planned GroupPlan) GroupPlan {
	g.Servers = slices.Clone(g.Servers)
	for i, s := range g.Servers {
		before, _ := planned.Server(s.Name)
		if !slices.ContainsFunc(s.Drops, func(d string) bool { return !slices.Contains(before.Drops, d) }) {
			g.Servers[i].Drops = before.Drops
		}
	}
	return g
}

// digest is over one group's plan, as hash is over the whole.
func (g GroupPlan) digest() string { return digestOf(g.unmeasured()) }

func digestOf(plan any) string {
	text, err := json.Marshal(plan)
	if err != nil {
		panic(fmt.Sprintf("a plan that cannot be written: %v", err))
	}
	return Digest(text)
}

func (g GroupPlan) unmeasured() GroupPlan {
	g.Outage, g.Last = 0, 0
	g.Databases = slices.Clone(g.Databases)
	for i := range g.Databases {
		g.Databases[i].Rows, g.Databases[i].Bytes = nil, 0
	}
	g.Phases, g.Back = unmeasured(g.Phases), unmeasured(g.Back)
	return g
}

func unmeasured(phases []Phase) []Phase {
	bare := slices.Clone(phases)
	for i := range bare {
		bare[i].First, bare[i].Lanes = timeless(bare[i].First), timeless(bare[i].Lanes)
	}
	return bare
}

func timeless(lanes [][]Step) [][]Step {
	bare := make([][]Step, len(lanes))
	for i, lane := range lanes {
		bare[i] = slices.Clone(lane)
		for j := range bare[i] {
			bare[i][j].Estimate = 0
		}
	}
	return bare
}

// estimate adds up the phases in which clients wait. Phases that run beside others count as long as they outlast them.
func (g *GroupPlan) estimate() {
	done := map[string]float64{}
	last := 0.0
	for i, phase := range g.Phases {
		began := 0.0
		after := phase.After
		if len(after) == 0 && i > 0 {
			after = []string{g.Phases[i-1].Name}
		}
		for _, name := range after {
			began = max(began, done[name])
		}
		done[phase.Name] = began
		if slices.Index(outages, phase.Name) >= 0 {
			done[phase.Name] += longest(phase.First) + longest(phase.Lanes)
		}
		last = max(last, done[phase.Name])
	}
	g.Outage = done[cmp.Or(firstOf(done, StartCanary), "")]
	g.Last = last
}

// outages are the phases that a server's clients wait for, confirmation aside: a server answers before it is confirmed.
var outages = []string{Stop, BackUp, UpgradeCanary, Migrate, VerifySchema, StartCanary, UpgradeRest, StartRest}

func firstOf(done map[string]float64, name string) string {
	if _, ok := done[name]; ok {
		return name
	}
	return ""
}

func longest(lanes [][]Step) float64 {
	most := 0.0
	for _, lane := range lanes {
		sum := 0.0
		for _, s := range lane {
			sum += s.Estimate
		}
		most = max(most, sum)
	}
	return most
}
