package orchestrator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// patience is how long a gate may take to become yes: a stopped daemon's session takes a moment to end.
const patience = 5 * time.Second

// absence is how long there may be no answer unless the drive says otherwise: a server that was restarted comes back, a cable is
// plugged in again, a database is there again. To halt for it would cost clients more than to wait.
const absence = 40 * time.Second

// gate puts a gate's question until it is yes or patience ends, and writes the answer down.
func (g *groupDrive) gate(ctx context.Context, name GateName, phase string) error {
	v := g.until(ctx, patience, func() fleet.Verdict {
		if err := g.mayBegin(phase); err != nil {
			return fleet.Deny("%v", err)
		}
		return g.answer(ctx, name, phase)
	})
	err := g.record(ctx, journal.Event{Type: journal.GateAsked, Phase: phase}.With(journal.Asking{Gate: string(name), Verdict: v}))
	if err != nil || v.OK() {
		return err
	}
	if err := g.mayBegin(phase); err != nil {
		return err
	}
	return &gateError{name, phase, v}
}

// gateError is a gate that did not answer yes.
type gateError struct {
	gate    GateName
	phase   string
	verdict fleet.Verdict
}

func (e *gateError) Error() string {
	return fmt.Sprintf("gate %q before %s: %s", e.gate, e.phase, e.verdict)
}

func (g *groupDrive) answer(ctx context.Context, name GateName, phase string) fleet.Verdict {
	w := g.scene()
	switch name {
	case GateGo:
		return g.asPlanned(ctx)
	case GateQuiet, GateStill:
		if phase == BackUp {
			return g.mayDump(ctx)
		}
		return g.othersQuiet(ctx)
	case GateRestore:
		return together(func() fleet.Verdict { return g.othersQuiet(ctx) }, g.atHand)
	case GateReturn:
		return g.mayMigrate(ctx)
	case GateSchema:
		return together(
			func() fleet.Verdict { return w.atTarget(ctx) },
			func() fleet.Verdict { return g.othersQuiet(ctx) },
			func() fleet.Verdict { return w.matches(ctx, []string{g.group.Canary}) },
		)
	case GateCanary:
		return g.mayStart(ctx, g.group.Rest())
	case GateRoll:
		return g.restServes(ctx)
	case GateDone:
		return w.serving(ctx, false)
	case GateOld:
		return w.theOld(ctx)
	case GateOldDone:
		return w.serving(ctx, true)
	default:
		return fleet.Doubt("nobody knows the gate %q", name)
	}
}

// mayStart says whether servers of the rest may be started: the canary serves, they match, and those that are still stopped are held.
func (g *groupDrive) mayStart(ctx context.Context, servers []string) fleet.Verdict {
	w := g.scene()
	return together(
		func() fleet.Verdict { return w.atTarget(ctx) },
		func() fleet.Verdict { return g.othersQuiet(ctx) },
		func() fleet.Verdict { return w.matches(ctx, servers) },
		func() fleet.Verdict { return g.serves(ctx, g.group.Canary) },
	)
}

// lately is how long a confirmation says that a server serves, while the same processes run.
const lately = 30 * time.Second

// serves says whether a server serves: it was confirmed by this drive just now and its daemons are the same processes, or by all
// its evidence once more. Clients wait meanwhile, and all of it takes as long as a start.
func (g *groupDrive) serves(ctx context.Context, server string) fleet.Verdict {
	g.mu.Lock()
	last := g.confirmed[server]
	g.mu.Unlock()
	if age := time.Since(last.at); 0 <= age && age < lately {
		if p, err := g.World.Pulse(ctx, server); err == nil && daemonsOf(p) == last.daemons {
			return fleet.Affirm("%s: confirmed, and the same processes run", server)
		}
	}
	return confirmed(ctx, g.scene(), step(KindConfirm, server))
}

// asPlanned surveys the fleet again and asks whether the same plan would be made. A stop that has begun is past this gate.
func (g *groupDrive) asPlanned(ctx context.Context) fleet.Verdict {
	if g.touched() {
		return fleet.Affirm("the stop has begun")
	}
	now, err := g.Again(ctx, g.group.ID)
	if err != nil {
		return fleet.Doubt("%v", err)
	}
	if len(now.Refusals) > 0 {
		return fleet.Deny("%s", now.Refusals[0].Message)
	}
	if len(now.Groups) != 1 {
		return fleet.Deny("the fleet is no longer as planned: of %s there are %d groups now", g.group.ID, len(now.Groups))
	}
	if again := now.Groups[0].like(*g.group); again.digest() != g.group.digest() {
		return fleet.Deny("the fleet is no longer as planned: %s", again.differs(*g.group))
	}
	return fleet.Affirm("%d checks, the fleet is as planned", now.Checks)
}

// mayDump says whether nobody writes and every schema is the old one still: a dump of another is no way back. Past the point of no
// return nothing is dumped any more.
func (g *groupDrive) mayDump(ctx context.Context) fleet.Verdict {
	if g.status().PastReturn {
		return g.othersQuiet(ctx)
	}
	return together(
		func() fleet.Verdict { return g.othersQuiet(ctx) },
		func() fleet.Verdict { return g.scene().unmigrated(ctx) },
	)
}

// mayMigrate is the gate of the point of no return. A migration that was begun is past it: quiet is all that can still be asked.
func (g *groupDrive) mayMigrate(ctx context.Context) fleet.Verdict {
	w := g.scene()
	if g.status().PastReturn {
		return g.othersQuiet(ctx)
	}
	return together(
		func() fleet.Verdict { return g.othersQuiet(ctx) },
		func() fleet.Verdict { return w.unmigrated(ctx) },
		g.backed,
		func() fleet.Verdict { return g.contents(ctx, g.written) },
		func() fleet.Verdict { return w.matches(ctx, []string{g.group.Canary}) },
	)
}

// backed says whether every database that moves has its dump, proved where the plan could promise that.
func (g *groupDrive) backed() fleet.Verdict {
	for _, p := range g.group.Phases {
		for _, s := range p.Steps() {
			if (s.Kind == KindDump || s.Kind == KindProve) && !g.had(s) {
				return fleet.Deny("%s: %s: not done", s.Server, s.Title)
			}
		}
	}
	return fleet.Affirm("backed up")
}

// unwritten says whether the contents of every database are still what they were at its dump: whoever came and went
// meanwhile, the dump is a dump of this.
func (g *groupDrive) unwritten(ctx context.Context) fleet.Verdict {
	return g.contents(ctx, func(at fleet.Place) fleet.Verdict { return fleet.Deny("%s was written to since its dump", at) })
}

// written is what the gate of the point of no return makes of a database that is no longer what its dump is: no, unless clients
// may stay connected and that they write was accepted for this run.
func (g *groupDrive) written(at fleet.Place) fleet.Verdict {
	allow := g.plan.Options.Allow
	switch {
	case len(allow) == 0:
		return fleet.Deny("%s was written to since its dump", at)
	case slices.Contains(g.plan.Accepted, AllowedWriters):
		return fleet.Affirm("%s was written to since its dump, as %s may: that is not in the backup (%s is accepted)", at, join(allow), AllowedWriters)
	default:
		return fleet.Deny("%s was written to since its dump, most likely by %s, which may stay connected: stop it for the run, or begin the run with --accept %s",
			at, join(allow), AllowedWriters)
	}
}

// contents asks of every database whether its contents are what they were at its dump, and leaves the verdict on one that
// changed to the caller.
func (g *groupDrive) contents(ctx context.Context, changed func(fleet.Place) fleet.Verdict) fleet.Verdict {
	var other []fleet.Verdict
	for _, d := range g.plan.dumped(g.group) {
		taken := g.fingerprints(d)
		if len(taken) == 0 {
			other = append(other, fleet.Deny("nobody knows what %s held at its dump", d.At))
			continue
		}
		now, err := g.World.Contents(ctx, d.At)
		switch {
		case err != nil:
			other = append(other, fleet.Doubt("%s: %v", d.At, err))
		case now != g.recorded(taken[0]).Result.Facts[FactContents]:
			other = append(other, changed(d.At))
		}
	}
	if len(other) > 0 {
		return fleet.All(other...)
	}
	return fleet.Affirm("nothing was written since the dump")
}

// fingerprints gives the steps that fingerprinted a database, the newest first. A server that has died since may have done it.
func (g *groupDrive) fingerprints(d DatabasePlan) []string {
	var ids []string
	steps := g.status().Steps
	for id, s := range steps {
		if s.Done && isOf(id, KindContents, d) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return steps[b].Ended.Compare(steps[a].Ended) })
	return ids
}

// othersQuiet says whether every server whose fence was not lifted is still held (all of them, before the first is), and nobody
// else is in the databases.
func (g *groupDrive) othersQuiet(ctx context.Context) fleet.Verdict {
	w := g.scene()
	return together(
		func() fleet.Verdict { return w.held(ctx, g.fencedNames()) },
		func() fleet.Verdict { return w.noClients(ctx, g.group.Names(), g.mayRun) },
	)
}

func (g *groupDrive) mayRun(server string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.free[server]
}

func (g *groupDrive) fencedNames() []string {
	var names []string
	for _, name := range g.group.Names() {
		if !g.mayRun(name) {
			names = append(names, name)
		}
	}
	return names
}

// restServes is the gate of a rolling group before its next server: those rolled serve the target, the others the old.
func (g *groupDrive) restServes(ctx context.Context) fleet.Verdict {
	w := g.scene()
	steps := g.status().Steps
	return w.onAll(g.group.Names(), func(name string) fleet.Verdict {
		confirm := step(KindConfirm, name)
		switch {
		case steps[confirm.ID].Done:
			return confirmed(ctx, w, confirm)
		case steps[step(KindFence, name).ID].Attempt > 0:
			return fleet.Affirm("") // the one in hand
		default:
			return confirmed(ctx, w, backwards(confirm))
		}
	})
}

// touched reports whether an effect on any server was begun.
func (g *groupDrive) touched() bool {
	for id, s := range g.status().Steps {
		if s.Attempt > 0 && g.kindOf(id) == KindClaim {
			return true
		}
	}
	return false
}

func (g *groupDrive) kindOf(id string) Kind {
	for _, phases := range [][]Phase{g.group.Phases, g.group.Back} {
		for _, p := range phases {
			for _, s := range p.Steps() {
				if s.ID == id {
					return s.Kind
				}
			}
		}
	}
	return ""
}

// question words what is asked, with what the answer should rest on.
func (g *groupDrive) question(a Ask) Question {
	q := Question{Ask: a, Group: g.group.ID}
	switch a {
	case AskGo:
		q.Text = fmt.Sprintf("stop every Kea daemon on %s?", join(g.group.Names()))
		if g.group.Mode == Rolling {
			q.Text = fmt.Sprintf("upgrade %s, one after the other?", join(g.group.Names()))
		}
		for _, e := range Edits(g.group.Servers) {
			q.Saw = append(q.Saw, fmt.Sprintf("%s %s (edited on %s)", e.Path, e.What, join(e.Servers)))
		}
	case AskReturn:
		q.Text, q.Word = "migrate the schema? From here the old Kea runs again only over the backup", "migrate"
		for _, d := range g.group.Databases {
			q.Saw = append(q.Saw, fmt.Sprintf("%s  %s -> %s", d.At, d.Before, d.Target))
		}
		for _, b := range g.Status().Backups {
			proof := b.Proved
			if b.Name != "" {
				proof = "not proved; it said: " + cmp.Or(b.Said, "nothing")
			}
			q.Saw = append(q.Saw, fmt.Sprintf("backup %s  %s", b.Where(), proof))
		}
	case AskRest:
		q.Text = fmt.Sprintf("%s is confirmed; go on with %s?", g.group.Canary, join(g.group.Rest()))
	case AskBack:
		q.Text = "back out to the old state?"
	case AskRestore:
		q.Text, q.Word = "restore the backup over the torn schema, and migrate again?", "restore"
	case AskOld:
		q.Text = fmt.Sprintf("roll back %s to the old software, configuration and schema?", join(g.group.Names()))
	case AskStop:
		q.Text = "stop every Kea that was started behind this run's back, and go on? (somebody's kea-admin is waited for, not stopped)"
	}
	return q
}

func join(names []string) string {
	names = fleet.Short(names)
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	}
	text := names[0]
	for _, n := range names[1 : len(names)-1] {
		text += ", " + n
	}
	return text + " and " + names[len(names)-1]
}
