package journal

import (
	"iter"
	"maps"
	"slices"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// The kinds of steps whose results a status shows. The orchestrator's table of kinds uses these very names.
const (
	KindFence   = "fence"
	KindUnfence = "unfence"
	KindStop    = "stop"
	KindStart   = "start"
	KindInstall = "install"
	KindConfirm = "confirm"
	KindDump    = "dump"
	KindKeep    = "keep"
	KindProve   = "prove"
	KindMigrate = "migrate"
	KindVerify  = "verify"
)

// Facts that steps report in their results, by name.
const (
	FactVersion  = "version"  // install: the Kea version now installed
	FactSchema   = "schema"   // migrate, verify: the schema that the database is at
	FactPath     = "path"     // dump, keep: where it is
	FactBytes    = "bytes"    // dump, keep
	FactDigest   = "sha256"   // dump, keep
	FactBackup   = "backup"   // dump, by the operator's command: the name that the command was given for it
	FactSaid     = "said"     // and the last line that it put out
	FactCopy     = "copy"     // dump, by a copy: its name within the database's own server
	FactDrop     = "drop"     // and the statement that drops it
	FactRows     = "rows"     // dump, keep: how many rows Kea's larger tables had, a JSON object
	FactDatabase = "database" // dump, keep, prove, verify: the database's identity
	FactProof    = "proof"    // prove: how
	FactAnswered = "answered" // confirm: when every daemon was first found serving (RFC 3339)
)

// Fold makes a run's status of its events, in order. At an event that cannot be had it gives the status up to there with the error.
func Fold(events iter.Seq2[Event, error]) (Status, error) {
	var f Folding
	for e, err := range events {
		if err != nil {
			return f.Status(), err
		}
		if err := f.Add(e); err != nil {
			return f.Status(), err
		}
	}
	return f.Status(), nil
}

// Folding is a status in the making: what Fold is for events that are still to come. The zero value has seen none.
type Folding struct {
	now   Status
	alive bool // a drive has begun and not ended
	past  chronicle
}

// Add takes the next event in.
func (f *Folding) Add(e Event) error {
	if err := f.add(e); err != nil {
		return err
	}
	return f.past.add(e, f.overall())
}

func (f *Folding) add(e Event) error {
	f.now.Run, f.now.Epoch, f.now.Seq = e.Run, max(f.now.Epoch, e.Epoch), e.Seq
	switch e.Type {
	case RunBegun, DriveBegun:
		var b Begun
		if err := e.Read(&b); err != nil {
			return err
		}
		f.drive(e, b)
		return nil
	case DriveEnded:
		f.alive, f.now.Ended = false, e.Time
		return nil
	case PlanMade:
		var o outline
		if err := e.Read(&o); err != nil {
			return err
		}
		f.plan(o)
		return nil
	case TakenOver:
		return f.takenOver(e)
	}
	g := f.group(e.Group)
	if g == nil {
		return nil
	}
	return f.grouped(g, e)
}

func (f *Folding) drive(e Event, b Begun) {
	f.alive, f.now.Ended = true, time.Time{}
	f.now.Command, f.now.Driver = b.Command, b.Driver
	if e.Type == RunBegun {
		f.now.Began, f.now.Fleet, f.now.Target = e.Time, b.Fleet, b.Target
	}
	for i := range f.now.Groups {
		if g := &f.now.Groups[i]; !g.State.Over() && g.State != Waiting {
			g.State, g.Problem = Running, nil
		}
	}
}

func (f *Folding) grouped(g *GroupStatus, e Event) error {
	switch e.Type {
	case PhaseBegun:
		g.State, g.Phase = Running, e.Phase
		g.phase(e.Phase, func(p *PhaseStatus) { p.State, p.Began = Running, e.Time })
	case PhaseDone:
		g.phase(e.Phase, func(p *PhaseStatus) { p.State, p.Ended = Done, e.Time })
	case PhaseVoid:
		var undone []string
		if err := e.Read(&undone); err != nil {
			return err
		}
		g.phase(e.Phase, func(p *PhaseStatus) { p.State = Waiting })
		for _, id := range undone {
			s := g.Steps[id]
			s.Done = false
			g.Steps[id] = s
		}
	case StepBegun, StepDone, StepFailed, StepProgress:
		return f.step(g, e)
	case Stranger:
		var who string
		if err := e.Read(&who); err != nil {
			return err
		}
		g.Strangers = append(g.Strangers, who)
	case Untouched:
		g.PastReturn = false
		for i := range f.now.Bases {
			if b := &f.now.Bases[i]; b.Group == g.ID {
				b.After = b.Before
			}
		}
	case Moved:
		return f.moved(g, e)
	case Counted:
		g.Lost = nil // what an earlier drive counted
		return e.Read(&g.Lost)
	case Locked:
		var h Hold
		if err := e.Read(&h); err != nil {
			return err
		}
		g.Holders[h.Database] = h
	case BackingOut:
		g.BackingOut = true
	case RollingBack:
		g.BackingOut, g.RollingBack = true, true
	case DeclaredDead:
		f.server(e.Server, func(s *ServerStatus) { s.Dead, s.Doing = true, "" })
	case Found:
		return f.found(g, e)
	case GroupEnded:
		var end Ended
		if err := e.Read(&end); err != nil {
			return err
		}
		g.State, g.Problem = end.State, end.Problem
		if e.Phase != "" {
			g.Phase = e.Phase
		}
	}
	return nil
}

// moved takes in that somebody else moved schemas.
func (f *Folding) moved(g *GroupStatus, e Event) error {
	var seen []Sighting
	if err := e.Read(&seen); err != nil {
		return err
	}
	g.PastReturn = true
	for _, s := range seen {
		f.base(s.Database, s.Schema)
	}
	return nil
}

func (f *Folding) step(g *GroupStatus, e Event) error {
	s := g.Steps[e.Step]
	switch e.Type {
	case StepBegun:
		var a Attempt
		if err := e.Read(&a); err != nil {
			return err
		}
		s = StepStatus{Phase: e.Phase, Attempt: a.Number, Flight: true, Began: e.Time}
		f.begun(g, e, a)
	case StepDone:
		s.Result = Result{} // what an earlier attempt reported is no part of this one
		if err := e.Read(&s.Result); err != nil {
			return err
		}
		s.Phase, s.Flight, s.Done, s.Ended, s.Failed = e.Phase, false, true, e.Time, ""
		f.done(g, e, s.Result)
	case StepProgress:
		s.Progress, s.Moved = new(Progress), e.Time
		if err := e.Read(s.Progress); err != nil {
			return err
		}
	case StepFailed:
		if err := e.Read(&s.Failed); err != nil {
			return err
		}
		s.Flight, s.Done, s.Ended = false, false, e.Time
		f.doing(e.Server, "")
	}
	g.Steps[e.Step] = s
	return nil
}

func (f *Folding) begun(g *GroupStatus, e Event, a Attempt) {
	f.doing(e.Server, a.Title)
	switch a.Kind {
	case KindFence:
		f.server(e.Server, func(s *ServerStatus) { s.Fenced = true })
	case KindStop:
		g.Outage.stopped(e.Server, e.Time)
	case KindMigrate:
		g.PastReturn = true
	case KindUnfence, KindStart:
		g.Served = g.Served || g.PastReturn && !g.BackingOut
	}
}

func (f *Folding) done(g *GroupStatus, e Event, r Result) {
	f.doing(e.Server, "")
	switch r.Kind {
	case KindFence:
		f.server(e.Server, func(s *ServerStatus) { s.Fenced = true })
	case KindUnfence:
		f.server(e.Server, func(s *ServerStatus) { s.Fenced = false })
	case KindInstall:
		if v, err := kea.ParseVersion(r.Facts[FactVersion]); err == nil {
			f.server(e.Server, func(s *ServerStatus) { s.After = v })
		}
	case KindConfirm:
		g.Outage.back(e.Server, answered(r, e.Time))
	case KindDump:
		f.now.Backups = append(f.now.Backups, dumped(e, r))
	case KindKeep:
		f.now.Kept = append(f.now.Kept, dumped(e, r))
	case KindProve:
		for i, b := range slices.Backward(f.now.Backups) {
			if b.Server == e.Server && string(b.Database) == r.Facts[FactDatabase] {
				f.now.Backups[i].Proved, f.now.Backups[i].ProvedAt = r.Facts[FactProof], when(e, r)
				break // a dump that this one took the place of was not what was restored
			}
		}
	case KindMigrate, KindVerify:
		f.schema(r)
	}
}

func dumped(e Event, r Result) Backup {
	return Backup{
		Database: fleet.DatabaseID(r.Facts[FactDatabase]), Server: e.Server, Path: r.Facts[FactPath],
		Bytes: r.Facts[FactBytes], Digest: r.Facts[FactDigest], Taken: when(e, r), Name: r.Facts[FactBackup], Said: r.Facts[FactSaid],
		Copy: r.Facts[FactCopy], Drop: r.Facts[FactDrop],
	}
}

// when is the time of a step's work. Of what was found done nobody knows it.
func when(e Event, r Result) time.Time {
	if r.Probed {
		return time.Time{}
	}
	return e.Time
}

func (f *Folding) schema(r Result) {
	at, err := kea.ParseSchema(r.Facts[FactSchema])
	if err != nil {
		return
	}
	f.base(fleet.DatabaseID(r.Facts[FactDatabase]), at)
}

func (f *Folding) base(id fleet.DatabaseID, at kea.Schema) {
	for i := range f.now.Bases {
		if f.now.Bases[i].ID == id {
			f.now.Bases[i].After = at
		}
	}
}

func (f *Folding) doing(server, title string) {
	f.server(server, func(s *ServerStatus) { s.Doing = title })
}

func (f *Folding) server(name string, change func(*ServerStatus)) {
	for i := range f.now.Servers {
		if f.now.Servers[i].Name == name {
			change(&f.now.Servers[i])
		}
	}
}

func (f *Folding) group(id string) *GroupStatus {
	for i := range f.now.Groups {
		if f.now.Groups[i].ID == id {
			return &f.now.Groups[i]
		}
	}
	return nil
}

func (g *GroupStatus) phase(name string, change func(*PhaseStatus)) {
	for i := range g.Phases {
		if g.Phases[i].Name == name {
			change(&g.Phases[i])
		}
	}
}

// worst orders the states of groups for the state of the whole run.
var worst = []State{Halted, Interrupted, Paused, Running, RolledBack, BackedOut, Refused, Waiting, Done}

// Status gives the status after the events so far. It is the caller's: no later event changes it.
func (f *Folding) Status() Status {
	now := f.now
	now.State = f.overall()
	now.Groups = append([]GroupStatus{}, f.now.Groups...)
	for i := range now.Groups {
		g := &now.Groups[i]
		g.Phases, g.Steps, g.Outage.Server = slices.Clone(g.Phases), maps.Clone(g.Steps), maps.Clone(g.Outage.Server)
		g.Holders = maps.Clone(g.Holders)
		g.Outage.total()
	}
	now.Servers = append([]ServerStatus{}, f.now.Servers...)
	now.Bases = withMigrations(f.now.Bases, now.Groups)
	now.Backups = append([]Backup{}, f.now.Backups...)
	now.Kept = append([]Backup{}, f.now.Kept...)
	now.Drives, now.UnderWay = slices.Clone(f.past.drives), f.past.underWay()
	now.Timeline = f.past.ended[:len(f.past.ended):len(f.past.ended)]
	return now
}

// Seq is the number of the newest event, without the rest of the status.
func (f *Folding) Seq() int { return f.now.Seq }

// Step gives where one step of a group stands, without the rest of the status; its zero value for one that was never begun.
func (f *Folding) Step(group, step string) StepStatus {
	if g := f.group(group); g != nil {
		return g.Steps[step]
	}
	return StepStatus{}
}

func (f *Folding) overall() State {
	if len(f.now.Groups) == 0 {
		if f.alive {
			return Running
		}
		return Refused
	}
	return slices.MinFunc(f.now.Groups, func(a, b GroupStatus) int {
		return slices.Index(worst, a.State) - slices.Index(worst, b.State)
	}).State
}

// Interrupt says interrupted where the events say running. A drive that was killed wrote no end: only a look at its process
// tells, which the caller has taken.
func (s *Status) Interrupt() {
	for i := range s.Groups {
		if s.Groups[i].State == Running {
			s.Groups[i].State = Interrupted
		}
	}
	if s.State == Running {
		s.State = Interrupted
	}
	for i := range s.UnderWay {
		s.UnderWay[i].Outcome = CutOff
	}
	if n := len(s.Drives); n > 0 && s.Drives[n-1].Ended.IsZero() && s.Drives[n-1].State == Running {
		s.Drives[n-1].State = Interrupted
	}
}
