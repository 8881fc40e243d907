package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// rollBack takes a group back to its old state by the operator's word, from wherever it stands: over the restored backup where
// the schema moved. Once the word is given the group goes nowhere else, in whichever drive.
func (g *groupDrive) rollBack(ctx context.Context) (journal.State, error) {
	if !g.touched() {
		return g.ended(ctx, journal.Refused, &journal.Problem{What: "nothing of this group was begun, so there is nothing to roll back"})
	}
	g.turn()
	if !g.status().RollingBack {
		if err := g.agreed(ctx); err != nil {
			return g.heldBack(ctx, err, nil)
		}
		if err := g.record(ctx, journal.Event{Type: journal.RollingBack}.With("the operator's word")); err != nil {
			return "", err
		}
	}
	g.plan.Back = true // for the markers: whoever goes on by them goes back
	moved, err := g.inHand(ctx)
	if err == nil {
		err = g.backedUp(moved)
	}
	if err == nil {
		err = g.goBack(ctx, moved)
	}
	if err != nil {
		return g.heldBack(ctx, fmt.Errorf("rolling back: %w", err), nil)
	}
	return g.ended(ctx, journal.RolledBack, nil)
}

// agreed asks whether to roll back, and says first what would be lost. It is asked before anything is touched.
func (g *groupDrive) agreed(ctx context.Context) error {
	moved, err := g.moved(ctx)
	if err != nil && !g.status().PastReturn {
		return fmt.Errorf("rolling back: %w", err)
	}
	if err != nil { // a migration may be under way: what it moves has to be restored
		moved = g.group.moving()
	}
	if err := g.backedUp(moved); err != nil {
		return err
	}
	q := g.question(AskOld)
	if g.status().Served && len(moved) > 0 {
		q.Word, q.Typed = "rollback", true
		q.Saw = append(q.Saw, fmt.Sprintf("a Kea %s has served since the migration: what it promised to clients goes with the restore", g.plan.Target))
	}
	var all []journal.Loss
	for _, id := range moved {
		d, _ := g.group.Database(id)
		loss := g.lost(ctx, d)
		all, q.Saw = append(all, loss), append(q.Saw, loss.Saw...)
	}
	if len(all) > 0 {
		if err := g.record(ctx, journal.Event{Type: journal.Counted}.With(all)); err != nil {
			return err
		}
	}
	if len(moved) == 0 {
		q.Saw = append(q.Saw, "every database is at its old schema: nothing of it is restored")
	}
	yes, err := g.atGate(ctx, "", q)
	if err != nil {
		return err
	}
	if !yes {
		return &declined{AskOld}
	}
	return nil
}

// inHand takes every server for this drive, waits for what an earlier one began in the databases and still runs, and gives the
// databases that have to be restored.
func (g *groupDrive) inHand(ctx context.Context) ([]fleet.DatabaseID, error) {
	if err := g.lanes(ctx, Phase{Name: BackStop}, lanes(g.group.Names(), one(KindClaim))); err != nil {
		return nil, err
	}
	for _, d := range g.group.Databases {
		if err := g.found(ctx, d); err != nil {
			return nil, err
		}
	}
	if v := g.until(ctx, patience, func() fleet.Verdict { return g.scene().noAdmins(ctx) }); !v.OK() {
		return nil, errors.New(v.Saw)
	}
	return g.moved(ctx)
}

// moved gives the databases that are not as before the run: the world is asked, and a restore that was begun and not verified
// counts as none.
func (g *groupDrive) moved(ctx context.Context) ([]fleet.DatabaseID, error) {
	var moved []fleet.DatabaseID
	for _, id := range g.group.moving() {
		d, _ := g.group.Database(id)
		m, err := g.classify(ctx, Step{Server: d.At.Server, Database: d.ID, At: d.At})
		if err != nil {
			return nil, err
		}
		if m.State != fleet.Untouched || g.halfRestored(d) {
			moved = append(moved, d.ID)
		}
	}
	return moved, nil
}

// halfRestored reports whether a restore of the database was begun whose end nobody has looked at.
func (g *groupDrive) halfRestored(d DatabasePlan) bool {
	var restored, verified journal.StepStatus
	for id, s := range g.status().Steps {
		id, back := strings.CutPrefix(id, wayBack)
		switch {
		case isOf(id, KindRestore, d):
			if !back && s.Attempt > 0 && !s.Done {
				return true
			}
			if back && s.Began.After(restored.Began) {
				restored = s
			}
		case back && isOf(id, KindVerify, d):
			if s.Done && s.Ended.After(verified.Ended) {
				verified = s
			}
		}
	}
	return restored.Attempt > 0 && !verified.Ended.After(restored.Began)
}

// backedUp says whether each of the databases has a backup that a living server holds, and has it restored from there.
func (g *groupDrive) backedUp(moved []fleet.DatabaseID) error {
	for _, id := range moved {
		d, _ := g.group.Database(id)
		at, ok := g.keeper(d)
		switch {
		case ok && at != d.Backup():
			g.restoreFrom(id, at)
		case ok:
		case g.plan.Options.Backup == string(fleet.BackupNone):
			return fmt.Errorf("%s was migrated and this run took no backup (%s is accepted): %w", d.At, NoBackup, errNoBackup)
		case d.Aside():
			return fmt.Errorf("%s was migrated, and no server that is left has it that it was backed up: %w", d.At, errNoBackup)
		default:
			return fmt.Errorf("%s was migrated, and no server that is left holds a backup of it: %w", d.At, errNoBackup)
		}
	}
	return nil
}

// errNoBackup is the end of a rollback that has nothing to restore from.
var errNoBackup = errors.New("there is nothing to go back to")

// keeper gives the place of a server that is left and holds the database's backup: where it is restored from, if that holds one.
func (g *groupDrive) keeper(d DatabasePlan) (fleet.Place, bool) {
	if d.Aside() {
		return d.Backup(), g.backup(d).Done
	}
	for _, at := range slices.Concat(d.Backups, d.Places) {
		if g.recorded(DumpID(at.Server, d)).Done {
			return at, true
		}
	}
	return d.Backup(), false
}

// backup gives where the step stands that made the backup which is restored: that of the place where it is restored, or, of one that
// lies on none of the servers, the newest from whatever server.
func (g *groupDrive) backup(d DatabasePlan) journal.StepStatus {
	if !d.Aside() {
		at, _ := g.keeper(d)
		return g.recorded(DumpID(at.Server, d))
	}
	var newest journal.StepStatus
	for id, s := range g.status().Steps {
		if s.Done && isOf(id, KindDump, d) && (!newest.Done || s.Ended.After(newest.Ended)) {
			newest = s
		}
	}
	return newest
}

// restoreFrom has a database restored from another of its servers.
func (g *groupDrive) restoreFrom(id fleet.DatabaseID, at fleet.Place) {
	g.group.Databases = slices.Clone(g.group.Databases)
	i := slices.IndexFunc(g.group.Databases, func(d DatabasePlan) bool { return d.ID == id })
	g.group.Databases[i].Backups = []fleet.Place{at}
	g.group.Back = nil
	g.plan.backOut(g.group)
}

// atHand says whether every database has its backup, by the journal; restoring it holds its digest against the file.
func (g *groupDrive) atHand() fleet.Verdict {
	for _, id := range g.group.moving() {
		d, _ := g.group.Database(id)
		if _, ok := g.keeper(d); !ok {
			return fleet.Deny("no backup of %s", d.At)
		}
	}
	return fleet.Affirm("the backups are there")
}

// dispensable reports whether the way back goes on without a step that failed twice: what a torn database holds cannot always be dumped, and
// where no Kea of the target has served nothing is in it that the backup has not.
func (g *groupDrive) dispensable(s Step, cause, failed error) bool {
	unknown := errors.Is(cause, ErrFateUnknown) || errors.Is(cause, ErrUnreached)
	return s.Kind == KindKeep && !g.status().Served && !unknown && !fatal(failed)
}

// DumpID names the step that dumps a database on a server.
func DumpID(server string, d DatabasePlan) string {
	return fmt.Sprintf("%s-%s-%s", KindDump, server, d.Label)
}

// tooLate reports whether the step would back up what is the old state no more, or keep what a restore has begun to replace.
func (g *groupDrive) tooLate(s Step) bool {
	switch s.Kind {
	case KindDump, KindProve, KindContents:
		return g.status().PastReturn
	case KindKeep:
	default:
		return false
	}
	d, _ := g.group.Database(s.Database)
	for id, restore := range g.status().Steps { // on any server: one that has died since, too
		if id, back := strings.CutPrefix(id, wayBack); back && restore.Attempt > 0 && isOf(id, KindRestore, d) {
			return true
		}
	}
	return false
}

// isOf reports whether a step, by its ID without the way, is one of a kind on the database, on whatever server.
func isOf(id string, k Kind, d DatabasePlan) bool {
	return strings.HasPrefix(id, string(k)+"-") && strings.HasSuffix(id, "-"+d.Label)
}

// moving gives the databases whose schema the plan moves.
func (g GroupPlan) moving() []fleet.DatabaseID {
	var all []fleet.DatabaseID
	for _, d := range g.Databases {
		if d.Moves() {
			all = append(all, d.ID)
		}
	}
	return all
}

// backFor gives the phases of the way back for the databases that moved; where none did, without theirs.
func (g GroupPlan) backFor(moved []fleet.DatabaseID) []Phase {
	var phases []Phase
	for _, p := range g.Back {
		if slices.Contains(ofMoved, p.Name) {
			if p.Lanes = only(moved, p.Lanes); len(p.Lanes) == 0 {
				continue
			}
		}
		phases = append(phases, p)
	}
	relink(phases)
	return phases
}

// only gives the steps of some databases, and those of servers if there are any.
func only(databases []fleet.DatabaseID, lanes [][]Step) [][]Step {
	var all [][]Step
	for _, lane := range lanes {
		lane = slices.DeleteFunc(slices.Clone(lane), func(s Step) bool {
			return len(databases) == 0 || s.Database != "" && !slices.Contains(databases, s.Database)
		})
		if len(lane) > 0 {
			all = append(all, lane)
		}
	}
	return all
}
