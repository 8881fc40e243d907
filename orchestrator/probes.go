package orchestrator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// scene is what a probe or gate may ask: the world as it is now, and the plan that it is held against.
type scene struct {
	fleet.Observer
	plan  *Plan
	group *GroupPlan
	run   string
	epoch int
	// results is what a step that is done reported.
	results func(step string) journal.Result
}

// serverPlan gives the plan of a server that is in the group by construction.
func (w scene) serverPlan(name string) ServerPlan {
	s, _ := w.group.Server(name)
	return s
}

// version gives the Kea version that a step leads to.
func (w scene) version(s Step) kea.Version {
	if s.Back() {
		return w.serverPlan(s.Server).Before
	}
	return w.plan.Target
}

func (w scene) pulse(ctx context.Context, server string, rule func(fleet.Pulse) fleet.Verdict) fleet.Verdict {
	p, err := w.Pulse(ctx, server)
	if err != nil {
		return fleet.Doubt("%s: %v", server, err)
	}
	return rule(p)
}

func claimed(ctx context.Context, w scene, s Step) fleet.Verdict {
	return w.pulse(ctx, s.Server, func(p fleet.Pulse) fleet.Verdict {
		if p.Claim.Run == w.run && p.Claim.Epoch == w.epoch {
			return fleet.Affirm("%s: marker of epoch %d", s.Server, w.epoch)
		}
		return fleet.Deny("%s: %s", s.Server, describeClaim(p.Claim))
	})
}

func released(ctx context.Context, w scene, s Step) fleet.Verdict {
	return w.pulse(ctx, s.Server, func(p fleet.Pulse) fleet.Verdict {
		if p.Claim.Run != w.run {
			return fleet.Affirm("%s: %s", s.Server, describeClaim(p.Claim))
		}
		return fleet.Deny("%s: %s", s.Server, describeClaim(p.Claim))
	})
}

func describeClaim(c fleet.Claim) string {
	if c.Run == "" {
		return "no marker"
	}
	return fmt.Sprintf("marker of run %s, epoch %d, by %s", c.Run, c.Epoch, c.Driver)
}

func fenced(ctx context.Context, w scene, s Step) fleet.Verdict {
	return w.pulse(ctx, s.Server, func(p fleet.Pulse) fleet.Verdict { return w.fenceHolds(p) })
}

// fenceHolds says whether every unit that the plan names is masked and carries this run's drop-in.
func (w scene) fenceHolds(p fleet.Pulse) fleet.Verdict {
	for _, u := range w.serverPlan(p.Name).Units {
		now, ok := p.Unit(u.Name)
		switch {
		case !ok:
			return fleet.Deny("%s: nothing is known of %s", p.Name, u.Name)
		case !now.Masked:
			return fleet.Deny("%s: %s is not masked", p.Name, u.Name)
		case now.Fence != w.run:
			return fleet.Deny("%s: the fence of this run does not stand on %s", p.Name, u.Name)
		}
	}
	return fleet.Affirm("%s: fenced", p.Name)
}

func unfenced(ctx context.Context, w scene, s Step) fleet.Verdict {
	return w.pulse(ctx, s.Server, func(p fleet.Pulse) fleet.Verdict { return w.noFence(p) })
}

// noFence says whether nothing of the fence is left and each unit may start or not as before.
func (w scene) noFence(p fleet.Pulse) fleet.Verdict {
	for _, u := range w.serverPlan(p.Name).Units {
		now, ok := p.Unit(u.Name)
		switch {
		case ok && now.Fence != "":
			return fleet.Deny("%s: the fence of run %s stands on %s", p.Name, now.Fence, u.Name)
		case ok && now.Masked && !u.Masked:
			return fleet.Deny("%s: %s is masked and was not before", p.Name, u.Name)
		}
	}
	return fleet.Affirm("%s: no fence", p.Name)
}

func stopped(ctx context.Context, w scene, s Step) fleet.Verdict {
	return w.pulse(ctx, s.Server, noDaemon)
}

// noDaemon says whether no Kea daemon is there, by a unit or by hand.
func noDaemon(p fleet.Pulse) fleet.Verdict {
	if len(p.Processes) > 0 {
		d, how := p.Processes[0], "started by hand"
		if d.Unit != "" {
			how = d.Unit
		}
		return fleet.Deny("%s: %s runs (pid %d, %s)", p.Name, d.Daemon, d.PID, how)
	}
	for _, u := range p.Units {
		if u.Running() {
			return fleet.Deny("%s: %s is %s", p.Name, u.Name, u.Active)
		}
	}
	return fleet.Affirm("%s: no Kea daemon", p.Name)
}

// noneByHand says whether every Kea daemon there is one of its unit.
func noneByHand(p fleet.Pulse) fleet.Verdict {
	for _, d := range p.Processes {
		if d.Unit == "" {
			return fleet.Deny("%s: %s (pid %d) was started by hand: %s", p.Name, d.Daemon, d.PID, d.Command)
		}
	}
	return fleet.Affirm("")
}

func started(ctx context.Context, w scene, s Step) fleet.Verdict {
	return w.pulse(ctx, s.Server, func(p fleet.Pulse) fleet.Verdict {
		for _, u := range w.serverPlan(s.Server).Units {
			now, ok := p.Unit(u.Name)
			if !u.Ran || !u.kept(s) {
				continue
			}
			if !ok || now.Active != "active" || now.PID == 0 {
				return keptOut(p, fleet.Deny("%s: %s is %s", s.Server, u.Name, now.Active))
			}
		}
		return fleet.Affirm("%s: every unit that ran is active", s.Server)
	})
}

// keptOut adds to a unit that does not run what runs in its place.
func keptOut(p fleet.Pulse, no fleet.Verdict) fleet.Verdict {
	if v := noneByHand(p); !v.OK() {
		no.Saw += ", for " + v.Saw
	}
	return no
}

// kept reports whether what a step leads to still has the daemon.
func (u UnitPlan) kept(s Step) bool { return s.Back() || !u.Gone }

func installed(ctx context.Context, w scene, s Step) fleet.Verdict {
	now, err := w.Software(ctx, s.Server)
	if err != nil {
		return fleet.Doubt("%s: %v", s.Server, err)
	}
	return w.softwareIs(now, s)
}

// softwareIs says whether exactly the packages that a step leads to are installed, whole, and say so of themselves.
func (w scene) softwareIs(now fleet.Software, s Step) fleet.Verdict {
	want := w.version(s)
	if !now.Whole.OK() {
		return fleet.Verdict{Answer: now.Whole.Answer, Saw: fmt.Sprintf("%s: packages are not whole: %s", s.Server, now.Whole.Saw)}
	}
	for _, p := range w.serverPlan(s.Server).Packages {
		version := p.To
		if s.Back() {
			version = p.From
		}
		if now.Packages[p.Name] != version {
			return fleet.Deny("%s: %s is %s, not %s", s.Server, p.Name, orNone(now.Packages[p.Name]), version)
		}
	}
	if now.Kea != want {
		return fleet.Deny("%s: the installed Kea says %s, not %s", s.Server, now.Kea, want)
	}
	for _, d := range w.group.Databases {
		expects := d.Leads(s.Back())
		if have, ok := now.Scripts[d.Engine]; ok && have != expects {
			return fleet.Deny("%s: the installed kea-admin leads to schema %s, Kea %s expects %s", s.Server, have, want, expects)
		}
	}
	return fleet.Affirm("%s: Kea %s", s.Server, now.Kea)
}

func orNone(version string) string {
	if version == "" {
		return "not installed"
	}
	return version
}

func configured(ctx context.Context, w scene, s Step) fleet.Verdict {
	now, err := w.Observer.Files(ctx, s.Server)
	if err != nil {
		return fleet.Doubt("%s: %v", s.Server, err)
	}
	for _, f := range w.serverPlan(s.Server).Files {
		want := f.After
		if s.Back() {
			want = f.Before
		}
		if now.Now[f.Path] != want {
			return fleet.Deny("%s: %s is another file (%.12s, not %.12s)", s.Server, f.Path, now.Now[f.Path], want)
		}
	}
	return fleet.Affirm("%s: configuration in place", s.Server)
}

// staged says whether every file that will be put in place lies ready, or is in place already.
func staged(ctx context.Context, w scene, s Step) fleet.Verdict {
	now, err := w.Observer.Files(ctx, s.Server)
	if err != nil {
		return fleet.Doubt("%s: %v", s.Server, err)
	}
	for _, f := range w.serverPlan(s.Server).Files {
		if now.Staged[w.run+":"+f.Path] != f.After && now.Now[f.Path] != f.After {
			return fleet.Deny("%s: %s is not staged", s.Server, f.Path)
		}
	}
	return fleet.Affirm("%s: configuration staged", s.Server)
}

// fetched says whether the packages of both ways lie on the server: neither the upgrade nor the way back needs a network.
func fetched(ctx context.Context, w scene, s Step) fleet.Verdict {
	now, err := w.Software(ctx, s.Server)
	if err != nil {
		return fleet.Doubt("%s: %v", s.Server, err)
	}
	for _, p := range w.serverPlan(s.Server).Packages {
		for _, version := range []string{p.From, p.To} {
			if version != "" && !slices.Contains(now.Fetched, p.Name+"="+version) {
				return fleet.Deny("%s: %s %s is not fetched", s.Server, p.Name, version)
			}
		}
	}
	return fleet.Affirm("%s: packages of both ways fetched", s.Server)
}

func (w scene) migration(ctx context.Context, s Step, state fleet.MigrationState) fleet.Verdict {
	d, _ := w.group.Database(s.Database)
	m, err := w.Migration(ctx, s.At, d.Before, d.Target)
	if err != nil {
		return fleet.Doubt("%s: %v", d.Name, err)
	}
	if m.State == state || !d.Moves() && (m.State == fleet.Migrated || m.State == fleet.Untouched) {
		return fleet.Affirm("%s is at %s, %s", d.Name, m.At, m.State)
	}
	return fleet.Deny("%s is at %s, %s: %s", d.Name, m.At, m.State, m.Saw)
}

func migrated(ctx context.Context, w scene, s Step) fleet.Verdict {
	return w.migration(ctx, s, fleet.Migrated)
}

// verified says whether the database is at the schema that the step's way leads to.
func verified(ctx context.Context, w scene, s Step) fleet.Verdict {
	if s.Back() {
		return restored(ctx, w, s)
	}
	return migrated(ctx, w, s)
}

// restored says whether the database is as its backup has it: the old schema, and no lease or reservation less. It is asked while
// no Kea runs.
func restored(ctx context.Context, w scene, s Step) fleet.Verdict {
	v := untouched(ctx, w, s)
	if !v.OK() {
		return v
	}
	d, _ := w.group.Database(s.Database)
	dumped := rowsOf(w.results(DumpID(d.Backup().Server, d)))
	if len(dumped) == 0 {
		return v
	}
	now, err := w.Database(ctx, s.At)
	if err != nil || !now.Reach.OK() {
		return fleet.Doubt("%s: counting rows: %s %v", d.Name, now.Reach.Saw, err)
	}
	for _, table := range slices.Sorted(maps.Keys(dumped)) {
		if now.Rows[table] < dumped[table] {
			return fleet.Deny("%s: %s has %d rows, and %d in the backup", d.Name, table, now.Rows[table], dumped[table])
		}
	}
	return v
}

// rowsOf reads how many rows a dump counted; none where it did not.
func rowsOf(r journal.Result) map[string]int64 {
	var rows map[string]int64
	if json.Unmarshal([]byte(r.Facts[journal.FactRows]), &rows) != nil {
		return nil
	}
	return rows
}

func untouched(ctx context.Context, w scene, s Step) fleet.Verdict {
	return w.migration(ctx, s, fleet.Untouched)
}

func confirmed(ctx context.Context, w scene, s Step) fleet.Verdict {
	services, err := w.Service(ctx, s.Server)
	if err != nil {
		return fleet.Doubt("%s: %v", s.Server, err)
	}
	plan := w.serverPlan(s.Server)
	for _, u := range plan.Units {
		if !u.Ran || !u.kept(s) {
			continue
		}
		i := slices.IndexFunc(services, func(v fleet.Service) bool { return v.Unit == u.Name })
		if i < 0 {
			p, _ := w.Pulse(ctx, s.Server) // it can only say more
			return keptOut(p, fleet.Deny("%s: %s does not run", s.Server, u.Name))
		}
		if v := w.serves(services[i], plan, s); !v.OK() {
			return v
		}
	}
	return fleet.Affirm("%s: confirmed", s.Server)
}

// serves holds one daemon's evidence against what the step leads to. Evidence that today's healthy fleet does not give was
// dropped by the plan, by name; pid, version and database session are the least.
func (w scene) serves(v fleet.Service, plan ServerPlan, s Step) fleet.Verdict {
	where := s.Server + ": " + v.Unit
	if v.Problem != "" {
		return fleet.Deny("%s: %s", where, v.Problem)
	}
	if !v.Active || v.PID == 0 {
		return fleet.Deny("%s is not active", where)
	}
	if v.Version == (kea.Version{}) {
		return fleet.Doubt("%s does not tell its version: %s", where, v.Sockets.Saw)
	}
	if want := w.version(s); v.Version != want {
		return fleet.Deny("%s reports Kea %s, not %s", where, v.Version, want)
	}
	for _, d := range w.group.Databases {
		expects := d.Leads(s.Back())
		if has, ok := v.Backends[d.Engine]; ok && has != expects {
			return fleet.Deny("%s was built for schema %s, %s is to be at %s", where, has, d.Name, expects)
		}
	}
	for _, e := range evidence(v) {
		if e.verdict.OK() || slices.Contains(plan.Drops, dropped(v.Unit, e.name)) {
			continue
		}
		return fleet.Verdict{Answer: e.verdict.Answer, Saw: fmt.Sprintf("%s: %s: %s", where, e.name, e.verdict.Saw)}
	}
	return fleet.Affirm("%s serves", where)
}

type proof struct {
	name    string
	verdict fleet.Verdict
}

// evidence lists what a service shows beyond pid and version. A daemon that uses no database shows no session.
func evidence(v fleet.Service) []proof {
	all := []proof{{"log", v.Log}, {"sockets", v.Sockets}}
	if v.Daemon.UsesDatabase() {
		all = append(all, proof{"database session", v.Session}, proof{"offer", v.Offer})
	}
	return all
}

func dropped(unit, name string) string { return unit + ": " + name }

// FactContents is the name of the fingerprint in the result of a contents step.
const FactContents = "contents"

func contents(ctx context.Context, w scene, s Step) (journal.Result, error) {
	print, err := w.Contents(ctx, s.At)
	if err != nil {
		return journal.Result{}, fmt.Errorf("reading the contents of %s: %w", s.At, err)
	}
	return journal.Result{Saw: "contents " + print, Facts: map[string]string{FactContents: print}}, nil
}
