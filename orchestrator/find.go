package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// find takes the servers of a group that was taken over in hand, and asks them and its databases how far it got: what the journal of
// its earlier drives would have told. What cannot be told ends the drive where it is.
func (g *groupDrive) find(ctx context.Context) error {
	if err := g.lanes(ctx, Phase{Name: Stop}, lanes(g.group.Names(), one(KindClaim))); err != nil {
		return err
	}
	f := &finder{g: g, w: g.scene(), left: map[string]fleet.Remains{}, pulses: map[string]fleet.Pulse{}, free: map[string]bool{}}
	if v := g.until(ctx, patience, func() fleet.Verdict { return f.look(ctx) }); !v.OK() {
		return fmt.Errorf("it cannot be told how far the run got, so nothing more is done: %s", v.Saw)
	}
	if g.back {
		f.tell(journal.Event{Type: journal.RollingBack}.With("by the markers"))
	}
	f.servers(ctx)
	f.jobs()
	f.phases(ctx)
	return g.record(ctx, journal.Event{Type: journal.Found}.With(journal.Finding{Past: f.past, Events: f.events}))
}

// finder makes of what servers and databases tell the events that led there.
type finder struct {
	g        *groupDrive
	w        scene
	left     map[string]fleet.Remains
	pulses   map[string]fleet.Pulse
	migrated bool            // every database that moves is at the target's schema
	past     bool            // the point of no return
	back     bool            // the group is on its way back
	free     map[string]bool // servers whose fence was lifted past the gates that lead there: the target may run
	events   []journal.Event
}

// look asks every server and database.
func (f *finder) look(ctx context.Context) fleet.Verdict {
	var mu sync.Mutex
	v := f.w.onAll(f.g.group.Names(), func(name string) fleet.Verdict {
		left, err := f.w.Remains(ctx, name)
		pulse, noPulse := f.w.Pulse(ctx, name)
		if err := errors.Join(err, noPulse); err != nil {
			return fleet.Doubt("%s: %v", name, err)
		}
		mu.Lock()
		f.left[name], f.pulses[name] = left, pulse
		mu.Unlock()
		return fleet.Affirm("")
	})
	if !v.OK() {
		return v
	}
	f.migrated, f.past = true, f.migrates() || f.restores()
	for _, d := range f.g.group.Databases {
		if !d.Moves() {
			continue
		}
		m, err := f.w.Migration(ctx, d.At, d.Before, d.Target)
		if err != nil {
			return fleet.Doubt("%s: %v", d.At, err)
		}
		f.migrated = f.migrated && m.State == fleet.Migrated
		f.past = f.past || m.State != fleet.Untouched
	}
	return fleet.Affirm("")
}

// migrates reports whether a migration runs on any server. One that has ended and left every schema untouched takes the point of no
// return back.
func (f *finder) migrates() bool {
	for _, left := range f.left {
		for _, j := range left.Jobs {
			if strings.HasPrefix(j.Step, string(KindMigrate)+"-") && j.State == fleet.JobRunning {
				return true
			}
		}
	}
	return false
}

// restores reports whether a restore was begun on any server: of one that was cut off the structure may be whole, and rows missing.
func (f *finder) restores() bool {
	for _, left := range f.left {
		for _, j := range left.Jobs {
			if strings.HasPrefix(strings.TrimPrefix(j.Step, wayBack), string(KindRestore)+"-") {
				return true
			}
		}
	}
	return false
}

// servers tells which servers are held and which were let run, and whether the group goes back. Before the point of no return a
// group that moves in lockstep is held as a whole: where it is not, it was on its way back, or was not stopped yet.
func (f *finder) servers(ctx context.Context) {
	var loose []string
	for _, name := range f.g.group.Names() {
		if !f.w.fenceHolds(f.pulses[name]).OK() {
			loose = append(loose, name)
		}
	}
	for _, name := range f.g.group.Names() {
		switch {
		case !slices.Contains(loose, name):
			f.held(name, len(loose) == 0)
		case f.migrated && (f.past || f.g.group.Mode == Rolling) && f.w.noFence(f.pulses[name]).OK() && f.w.matches(ctx, []string{name}).OK():
			f.free[name] = true
			f.tell(begun(step(KindUnfence, name), 1))
			f.did(step(KindTest, name)) // a configuration is tested over stopped daemons only
		}
	}
	if f.g.group.Mode == Lockstep && !f.past && len(loose) > 0 {
		f.goBack("before the point of no return, and no fence of the run stands on %s", join(loose))
	}
}

// held tells that a server was fenced and stopped. How long its clients wait is known where no other server was let run.
func (f *finder) held(name string, known bool) {
	f.did(step(KindFence, name))
	if known {
		e := begun(step(KindStop, name), 1)
		e.Time = f.left[name].Since
		f.tell(e)
	}
	f.did(step(KindStop, name))
}

func (f *finder) goBack(format string, args ...any) {
	if !f.back {
		f.tell(journal.Event{Type: journal.BackingOut}.With(fmt.Sprintf(format, args...)))
	}
	f.back = true
}

// jobs tells of each step that is a job how often it was begun.
func (f *finder) jobs() {
	for _, phases := range [][]Phase{f.g.group.Phases, f.g.group.Back} {
		for _, p := range phases {
			for _, s := range p.Steps() {
				f.job(s)
			}
		}
	}
	for _, d := range f.g.group.Databases {
		f.job(databaseStep(KindRestore, d.Backup().Server, d, d.Backup()))
	}
}

// job tells of one: what runs is in flight and is found again, what does not is done anew, under a key of its own. Past the point of
// no return the dumps are the backup, and stay it.
func (f *finder) job(s Step) {
	job, any := f.newest(s)
	if !any {
		return
	}
	if s.Back() && !f.past {
		f.goBack("%s: %s was begun", s.Server, s.Title)
	}
	f.tell(begun(s, job.Attempt))
	switch {
	case job.State == fleet.JobRunning:
	case f.past && s.Kind == KindDump && job.Facts[journal.FactDigest]+job.Facts[journal.FactBackup]+job.Facts[journal.FactCopy] != "":
		job.Facts[journal.FactDatabase] = string(s.Database)
		f.tell(done(s, "dumped", job.Facts))
	case f.past && s.Kind == KindProve && job.State == fleet.JobEnded && f.begunTo(KindMigrate, s.Database):
		f.tell(done(s, proved, map[string]string{journal.FactDatabase: string(s.Database), journal.FactProof: proved}))
	default:
		f.tell(told(journal.StepFailed, s).With("the attempt ended: " + string(job.State)))
	}
}

// proved is what is known of a proof once the migration was begun: its gate opens after the proof only.
const proved = "restored into a scratch database before the migration was begun"

// newest gives the newest job of a step, as running if a part of it still runs.
func (f *finder) newest(s Step) (newest fleet.Job, any bool) {
	part := false
	for _, j := range f.left[s.Server].Jobs {
		if j.Step == s.ID {
			newest, any = j, true
		}
		part = part || strings.HasPrefix(j.Step, s.ID+"-") && j.State == fleet.JobRunning
	}
	if part {
		newest.State = fleet.JobRunning
	}
	return newest, any
}

// begunTo reports whether a job of that kind was begun for a database.
func (f *finder) begunTo(k Kind, id fleet.DatabaseID) bool {
	d, _ := f.g.group.Database(id)
	_, any := f.newest(databaseStep(k, d.At.Server, d, d.At))
	return any
}

// phases tells which phases are done. The resume that follows holds each of them against the world again.
func (f *finder) phases(ctx context.Context) {
	for _, p := range f.g.group.Phases {
		if !f.whole(ctx, p) {
			continue
		}
		for _, s := range p.Steps() {
			if f.so(ctx, s) {
				f.did(s)
			}
		}
		f.tell(journal.Event{Type: journal.PhaseBegun, Phase: p.Name}, journal.Event{Type: journal.PhaseDone, Phase: p.Name})
	}
}

func (f *finder) whole(ctx context.Context, p Phase) bool {
	switch p.Name {
	case Preflight, Prefetch:
		return true // a server is claimed after them only
	case Stop:
		return !f.back
	case BackUp:
		return f.past
	case Finish:
		return false
	}
	return !slices.ContainsFunc(p.Steps(), func(s Step) bool { return !f.so(ctx, s) })
}

// so says whether a step's work is there now.
func (f *finder) so(ctx context.Context, s Step) bool {
	switch s.Kind {
	case KindClaim, KindFence, KindStop:
		return true // whoever is not let run is held before anything else
	case KindDump, KindProve, KindContents:
		return false // its job tells
	case KindTest:
		return f.free[s.Server]
	case KindUnfence, KindStart, KindConfirm:
		if !f.free[s.Server] {
			return false
		}
	case KindMigrate:
		if f.migrates() {
			return false
		}
	}
	return kinds[s.Kind].probe(ctx, f.w, s).OK()
}

// did tells that a step's work was found done.
func (f *finder) did(s Step) {
	var facts map[string]string
	switch s.Kind {
	case KindInstall:
		facts = map[string]string{journal.FactVersion: f.w.version(s).String()}
	case KindMigrate, KindVerify:
		d, _ := f.g.group.Database(s.Database)
		facts = schemaOf(d, d.Target)
	}
	f.tell(done(s, "found so", facts))
}

// tell takes events of the group in.
func (f *finder) tell(events ...journal.Event) {
	for _, e := range events {
		e.Run, e.Epoch, e.Group = f.g.Run, f.g.epoch, f.g.group.ID
		if e.Time.IsZero() {
			e.Time = time.Now().UTC()
		}
		f.events = append(f.events, e)
	}
}

// begun, done and told make events of a step as its own drive would have.
func begun(s Step, attempt int) journal.Event {
	return told(journal.StepBegun, s).With(journal.Attempt{Number: attempt, Title: s.Title, Kind: string(s.Kind)})
}

func done(s Step, saw string, facts map[string]string) journal.Event {
	return told(journal.StepDone, s).With(journal.Result{Kind: string(s.Kind), Saw: saw, Probed: true, Facts: facts})
}

func told(t journal.Type, s Step) journal.Event {
	return journal.Event{Type: t, Step: s.ID, Server: s.Server}
}
