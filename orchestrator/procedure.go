package orchestrator

import (
	"slices"

	"kea-lockstep/internal/fleet"
)

// lockstep lays the steps into the phases of the procedure. Phases without steps, as those of the rest in a group of one, are
// left out; preflight and finish stay.
func (p *Plan) lockstep(g *GroupPlan) {
	rest := g.Rest()
	for _, r := range lockstep {
		phase := r.phase()
		switch r.name {
		case Prefetch:
			phase.Lanes = lanes(g.Names(), p.prefetchLane(g))
		case Stop:
			phase.First = lanes(g.Names(), one(KindClaim))
			phase.Lanes = lanes(g.Names(), kindsOf(KindFence, KindStop))
		case BackUp:
			phase.Lanes = p.dumps(g)
		case UpgradeCanary:
			phase.Lanes = lanes([]string{g.Canary}, upgradeLane(g))
		case Migrate:
			phase.Lanes = moving(g, KindMigrate)
		case VerifySchema:
			phase.Lanes = append(moving(g, KindVerify), lanes([]string{g.Canary}, one(KindTest))...)
		case StartCanary:
			phase.Lanes = lanes([]string{g.Canary}, kindsOf(KindUnfence, KindStart))
		case ConfirmCanary:
			phase.Lanes = lanes([]string{g.Canary}, one(KindConfirm))
		case UpgradeRest:
			phase.Lanes = p.upgradeRest(g, rest)
			if p.Options.Early {
				phase.After, phase.Gate = []string{Stop}, GateQuiet
			}
		case StartRest:
			phase.Lanes = p.startRest(g, rest)
		case ConfirmRest:
			phase.Lanes = lanes(rest, one(KindConfirm))
		case Finish:
			phase.Lanes = lanes(g.Names(), one(KindRelease))
		}
		if len(phase.Lanes) > 0 || r.name == Preflight {
			g.Phases = append(g.Phases, phase)
		}
	}
	relink(g.Phases)
}

// relink takes phases that were left out from the lists of what others wait for.
func relink(phases []Phase) {
	for i := range phases {
		phases[i].After = slices.DeleteFunc(slices.Clone(phases[i].After), func(name string) bool {
			return !slices.ContainsFunc(phases, func(q Phase) bool { return q.Name == name })
		})
	}
}

// rolling takes one server after the other through the whole way; the schema stays.
func (p *Plan) rolling(g *GroupPlan) {
	g.Phases = append(g.Phases, row{name: Preflight}.phase())
	prefetch := row{name: Prefetch}.phase()
	prefetch.Lanes = lanes(g.Names(), p.prefetchLane(g))
	g.Phases = append(g.Phases, prefetch)
	for i, name := range g.Names() {
		phase := row{name: "roll " + name, outage: true, gate: GateRoll}.phase()
		if i == 0 {
			phase.Gate, phase.Ask = GateGo, AskGo
			phase.First = lanes(g.Names(), one(KindClaim))
		}
		steps := kindsOf(KindFence, KindStop)(name)
		steps = append(steps, upgradeLane(g)(name)...)
		steps = append(steps, kindsOf(KindTest, KindUnfence, KindStart, KindConfirm)(name)...)
		phase.Lanes = [][]Step{steps}
		g.Phases = append(g.Phases, phase)
	}
	finish := row{name: Finish, gate: GateDone}.phase()
	finish.Lanes = lanes(g.Names(), one(KindRelease))
	g.Phases = append(g.Phases, finish)
}

// backOut lays the way back to the old state. Every step of it probes first, so that it undoes what was done and no more. Where
// there is no backup, or none is needed because no schema moves, the phases of databases are left out.
func (p *Plan) backOut(g *GroupPlan) {
	restores := len(p.dumped(g)) > 0
	for _, r := range back {
		phase := r.phase()
		switch {
		case slices.Contains(ofMoved, r.name) && !restores:
		case r.name == BackStop:
			phase.Lanes = lanes(g.Names(), kindsOf(KindFence, KindStop))
		case r.name == BackKeep:
			phase.Lanes = moving(g, KindKeep)
		case r.name == BackRestore:
			phase.Lanes = moving(g, KindRestore)
		case r.name == BackVerify:
			phase.Lanes = moving(g, KindVerify)
		case r.name == BackSoftware:
			phase.First = lanes(g.Names(), one(KindClaim))
			phase.Lanes = lanes(g.Names(), kindsOf(KindInstall, KindConfigure))
		case r.name == BackStart:
			phase.Lanes = lanes(g.Names(), kindsOf(KindUnfence, KindStart))
		case r.name == BackConfirm:
			phase.Lanes = lanes(g.Names(), one(KindConfirm))
		case r.name == BackFinish:
			phase.Lanes = lanes(g.Names(), one(KindRelease))
		}
		for _, list := range [][][]Step{phase.First, phase.Lanes} {
			for _, lane := range list {
				for i := range lane {
					lane[i] = backwards(lane[i])
				}
			}
		}
		if len(phase.Lanes) > 0 {
			g.Back = append(g.Back, phase)
		}
	}
	relink(g.Back)
}

func lanes(servers []string, lane func(server string) []Step) [][]Step {
	all := make([][]Step, 0, len(servers))
	for _, name := range servers {
		if steps := lane(name); len(steps) > 0 {
			all = append(all, steps)
		}
	}
	return all
}

func one(k Kind) func(string) []Step { return kindsOf(k) }

func kindsOf(kinds ...Kind) func(string) []Step {
	return func(server string) []Step {
		steps := make([]Step, len(kinds))
		for i, k := range kinds {
			steps[i] = step(k, server)
		}
		return steps
	}
}

func (p *Plan) prefetchLane(g *GroupPlan) func(string) []Step {
	return func(server string) []Step {
		steps := []Step{step(KindPrefetch, server)}
		if s, _ := g.Server(server); len(s.Files) > 0 {
			steps = append(steps, step(KindStage, server))
		}
		return steps
	}
}

func upgradeLane(g *GroupPlan) func(string) []Step {
	return func(server string) []Step {
		steps := []Step{step(KindInstall, server)}
		if s, _ := g.Server(server); len(s.Files) > 0 {
			steps = append(steps, step(KindConfigure, server))
		}
		return steps
	}
}

// dumps takes each database that moves on two of its servers side by side, so that one lost machine loses no backup. The dump
// of the first is restored once, to prove it; a fingerprint tells later whether anything was written since. The operator's own command
// backs up once.
func (p *Plan) dumps(g *GroupPlan) [][]Step {
	var all [][]Step
	for _, d := range p.dumped(g) {
		all = append(all, []Step{databaseStep(KindContents, d.At.Server, d, d.At)})
		for i, at := range d.Backups {
			lane := []Step{databaseStep(KindDump, at.Server, d, at)}
			if i == 0 && d.Proof {
				lane = append(lane, databaseStep(KindProve, at.Server, d, at))
			}
			all = append(all, lane)
		}
	}
	return all
}

// dumped gives the databases that are backed up: those whose schema changes.
func (p *Plan) dumped(g *GroupPlan) []DatabasePlan {
	if p.Options.Backup == string(fleet.BackupNone) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(g.Databases), func(d DatabasePlan) bool { return !d.Moves() })
}

// moving gives a lane with one step for each database whose schema changes, one lane a server: kea-admin runs once at a time there.
func moving(g *GroupPlan, k Kind) [][]Step {
	var all [][]Step
	at := map[string]int{}
	for _, d := range g.Databases {
		if !d.Moves() {
			continue
		}
		place := d.place(k)
		i, ok := at[place.Server]
		if !ok {
			i = len(all)
			at[place.Server] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], databaseStep(k, place.Server, d, place))
	}
	return all
}

// upgradeRest upgrades in parallel, or in one lane with --serial. The new binary tests its configuration at the end, unless the
// schema may not be there yet: then it does just before its start.
func (p *Plan) upgradeRest(g *GroupPlan, rest []string) [][]Step {
	all := lanes(rest, func(server string) []Step {
		steps := upgradeLane(g)(server)
		if !p.Options.Early {
			steps = append(steps, step(KindTest, server))
		}
		return steps
	})
	return p.serial(all)
}

func (p *Plan) startRest(g *GroupPlan, rest []string) [][]Step {
	return p.serial(lanes(rest, func(server string) []Step {
		steps := kindsOf(KindUnfence, KindStart)(server)
		if p.Options.Early {
			steps = slices.Insert(steps, 0, step(KindTest, server))
		}
		return steps
	}))
}

func (p *Plan) serial(all [][]Step) [][]Step {
	if !p.Options.Serial || len(all) == 0 {
		return all
	}
	return [][]Step{slices.Concat(all...)}
}
