package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// Rehearsing tries what an upgrade would do, without one: the target's binaries test the configurations that they are to have, and
// its kea-admin migrates a copy of each database that is to move. It holds no more than a Scratch, so Kea serves all the while.
type Rehearsing struct {
	ID     RehearsalID
	Driver string // who drives, for people
	World  Scratch
	Plan   Plan
	// Hinders are what an upgrade would be refused for now, though it can be rehearsed.
	Hinders []Finding
	Told    func(line string) // hears how it goes; nil: nobody does
}

// Run rehearses group by group, removes what it made whatever happened, and says what it found. An end of ctx is the operator's
// interrupt: what was not tried by then cannot be told. The second context bounds the removal alone.
func (r *Rehearsing) Run(ctx, removing context.Context) Rehearsed {
	out := Rehearsed{
		ID: r.ID, Fleet: r.Plan.Fleet, Target: r.Plan.Target, Began: time.Now().UTC(), Warnings: r.Plan.Warnings,
		Hinders: append([]Finding{}, r.Hinders...), Groups: []RehearsedGroup{}, Servers: []RehearsedServer{}, Databases: []RehearsedDatabase{}, Left: []string{},
	}
	for i := range r.Plan.Groups {
		g := &r.Plan.Groups[i]
		if g.Mode == Current {
			continue
		}
		t := newTrial(r, g)
		t.run(ctx)
		out.Left = append(out.Left, t.clear(removing)...)
		out.Groups = append(out.Groups, RehearsedGroup{ID: g.ID, Mode: g.Mode, Outage: g.Outage, Last: g.Last})
		out.Servers, out.Databases = append(out.Servers, t.servers...), append(out.Databases, t.databases...)
	}
	out.Ended = time.Now().UTC()
	out.judge()
	return out
}

// trial is the rehearsal of one group.
type trial struct {
	*Rehearsing
	rehearsal Rehearsal
	group     *GroupPlan
	moving    []DatabasePlan
	servers   []RehearsedServer
	databases []RehearsedDatabase // of those that move

	mu    sync.Mutex
	leave map[string]func() // of the rooms that were taken, by servers; nil where it is not known
	made  []DatabasePlan    // whose copies may be there
}

func newTrial(r *Rehearsing, g *GroupPlan) *trial {
	t := &trial{Rehearsing: r, rehearsal: Rehearsal{ID: r.ID, Driver: r.Driver, Plan: &r.Plan, Group: g}, group: g, leave: map[string]func(){}}
	for _, s := range g.Servers {
		t.servers = append(t.servers, RehearsedServer{Name: s.Name, Group: g.ID, Unpacked: fleet.Doubt("not reached"), Tests: []Tried{}})
	}
	for _, d := range g.Databases {
		if !d.Moves() {
			continue
		}
		t.moving = append(t.moving, d)
		t.databases = append(t.databases, RehearsedDatabase{
			ID: d.ID, Group: g.ID, Name: d.Name, At: d.At.String(), Copy: r.ID.CopyName(d.ID), Before: d.Before, Target: d.Target, Rows: d.Rows,
			Verdict: fleet.Doubt("not reached"),
		})
	}
	return t
}

func (t *trial) tell(format string, args ...any) {
	if t.Told != nil {
		t.Told(fmt.Sprintf(format, args...))
	}
}

// each does something for each of so many, side by side.
func (t *trial) each(n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(max(t.Plan.Options.Parallel, 1))
	for i := range n {
		g.Go(func() error {
			do(i)
			return nil
		})
	}
	_ = g.Wait() // none fails: what was found is kept
}

func (t *trial) run(ctx context.Context) {
	t.each(len(t.servers), func(i int) { t.take(ctx, &t.servers[i]) })
	var wait sync.WaitGroup
	wait.Go(func() { t.each(len(t.servers), func(i int) { t.unpack(ctx, &t.servers[i]) }) })
	wait.Go(func() { t.each(len(t.moving), func(i int) { t.copy(ctx, t.moving[i], &t.databases[i]) }) })
	wait.Wait()
	t.each(len(t.moving), func(i int) { t.migrate(ctx, t.moving[i], &t.databases[i]) })
	t.each(len(t.servers), func(i int) { t.test(ctx, t.group.Servers[i], &t.servers[i]) })
}

// take makes the rehearsal's room on a server. What follows needs it.
func (t *trial) take(ctx context.Context, s *RehearsedServer) {
	t.mu.Lock()
	t.leave[s.Name] = nil // from here it may be there
	t.mu.Unlock()
	leave, err := t.World.Take(ctx, t.rehearsal, s.Name)
	if err != nil {
		s.Unpacked = fleet.Doubt("%v", err)
		return
	}
	t.mu.Lock()
	t.leave[s.Name] = leave
	t.mu.Unlock()
}

func (t *trial) taken(server string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.leave[server] != nil
}

func (t *trial) unpack(ctx context.Context, s *RehearsedServer) {
	if !t.taken(s.Name) {
		return
	}
	began := time.Now()
	if err := t.World.Unpack(ctx, t.rehearsal, s.Name); err != nil {
		s.Unpacked = fleet.Doubt("%v", err)
		t.tell("%s: the packages could not be unpacked: %v", s.Name, err)
		return
	}
	s.Unpacked, s.Unpack = fleet.Affirm("unpacked"), since(began)
	t.tell("%s: packages of Kea %s fetched and unpacked", s.Name, t.Plan.Target)
}

// copy makes the scratch copy of a database.
func (t *trial) copy(ctx context.Context, d DatabasePlan, out *RehearsedDatabase) {
	if !t.taken(d.Backup().Server) {
		out.Verdict = fleet.Doubt("%s has no room for the dump", d.Backup().Server)
		return
	}
	began := time.Now()
	dump, err := t.World.DumpCopy(ctx, t.rehearsal, d)
	if err != nil {
		out.Verdict = failing("the dump", err)
		return
	}
	out.Dump, out.Bytes = since(began), dump.Bytes
	t.tell("%s: dumped on %s", d.Name, d.Backup().Server)
	t.mu.Lock()
	t.made = append(t.made, d)
	t.mu.Unlock()
	began = time.Now()
	if err := t.World.MakeCopy(ctx, t.rehearsal, d, dump); err != nil {
		out.Verdict = failing("restoring the dump into "+out.Copy, err)
		return
	}
	out.Restore, out.Verdict = since(began), fleet.Affirm("copied")
	t.tell("%s: restored into %s", d.Name, out.Copy)
}

// migrate migrates the copy and judges it. kea-admin's own word is no proof: version and structure say what became of it.
func (t *trial) migrate(ctx context.Context, d DatabasePlan, out *RehearsedDatabase) {
	if !out.Verdict.OK() {
		return
	}
	if i := slices.IndexFunc(t.servers, func(s RehearsedServer) bool { return s.Name == d.At.Server }); i < 0 || !t.servers[i].Unpacked.OK() {
		out.Verdict = fleet.Doubt("%s has no kea-admin of Kea %s to migrate its copy with", d.At.Server, t.Plan.Target)
		return
	}
	began := time.Now()
	err := t.World.MigrateCopy(ctx, t.rehearsal, d, func(p journal.Progress) {
		t.tell("%s: its copy is migrated, %s, %s", d.Name, p, time.Since(began).Round(time.Second))
	})
	out.Migrate = since(began)
	if errors.Is(err, ErrNotScratch) || doubtful(err) || ctx.Err() != nil {
		out.Verdict = fleet.Doubt("its copy was not migrated: %v", errors.Join(err, ctx.Err()))
		return
	}
	began = time.Now()
	m, jerr := t.World.JudgeCopy(ctx, t.rehearsal, d)
	out.Verify = since(began)
	switch {
	case jerr != nil:
		out.Verdict = fleet.Doubt("what became of its copy cannot be told: %v", errors.Join(jerr, err))
	case m.State != fleet.Migrated:
		out.Verdict = fleet.Deny("its copy is at %s, %s: %s", m.At, m.State, orElse(m.Saw, err))
	default:
		out.Verdict = fleet.Affirm("version and structure are those of %s", m.At)
	}
	t.tell("%s: its copy was migrated: %s", d.Name, out.Verdict.Saw)
}

func orElse(saw string, err error) string {
	switch {
	case err == nil:
		return saw
	case saw == "":
		return err.Error()
	}
	return saw + ": " + err.Error()
}

// test lets the target's binaries of a server test their configurations, over the copies that are at the target's schema.
func (t *trial) test(ctx context.Context, plan ServerPlan, s *RehearsedServer) {
	if !s.Unpacked.OK() {
		return
	}
	var copies []fleet.DatabaseID
	for _, d := range t.databases {
		if d.Verdict.OK() {
			copies = append(copies, d.ID)
		}
	}
	began := time.Now()
	for _, u := range plan.Units {
		if !u.Ran || u.Gone {
			continue
		}
		tried, err := t.World.Try(ctx, t.rehearsal, s.Name, u, copies)
		if err != nil {
			tried = append(tried, Tried{Daemon: u.Daemon, Unit: u.Name, Verdict: fleet.Doubt("%v", err), Untested: []string{}})
		}
		s.Tests = append(s.Tests, tried...)
		for _, one := range tried {
			t.tell("%s: %s %s: %s", s.Name, one.Daemon, one.Flag, passes(one.Verdict))
		}
	}
	s.Test = since(began)
}

func passes(v fleet.Verdict) string {
	if v.OK() {
		return "passes"
	}
	first, _, _ := strings.Cut(v.Saw, "\n")
	return first
}

// since is in seconds, to the millisecond.
func since(began time.Time) float64 { return math.Round(time.Since(began).Seconds()*1000) / 1000 }

// doubtful reports whether an error leaves open what was done.
func doubtful(err error) bool {
	return errors.Is(err, ErrUnreached) || errors.Is(err, ErrFateUnknown) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// failing is the verdict over a step that an upgrade would take too.
func failing(what string, err error) fleet.Verdict {
	if doubtful(err) {
		return fleet.Doubt("%s: %v", what, err)
	}
	return fleet.Deny("%s failed: %v", what, err)
}
