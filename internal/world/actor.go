package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// Do gives an order to the world, with the fault of its point.
func (d *Driver) Do(ctx context.Context, o orchestrator.Order) (journal.Result, error) {
	f, err := d.point("do", "%s/%d", o.ID, o.Attempt)
	if err != nil {
		return journal.Result{}, err
	}
	switch f {
	case Hangs:
		return journal.Result{}, errors.Join(d.hang(ctx), orchestrator.ErrFateUnknown)
	case Fails:
		return journal.Result{}, errFault
	case FalseDone:
		d.w.told(o)
		return journal.Result{}, nil
	case KillAmid:
		time.AfterFunc(amid, d.kill)
	case Parts:
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, amid)
		defer cancel()
	}
	d.w.mu.Lock()
	r, err := d.w.do(ctx, o)
	d.w.mu.Unlock()
	if dead := d.after(f); dead != nil {
		return journal.Result{}, dead
	}
	switch {
	case errors.Is(err, orchestrator.ErrSuperseded):
	case f == FalseFailed:
		return r, errFault
	case f == Lost:
		return journal.Result{}, orchestrator.ErrFateUnknown
	}
	return r, err
}

// do carries an order out. It holds the world's lock except while time passes.
func (w *World) do(ctx context.Context, o orchestrator.Order) (journal.Result, error) {
	w.pass(nil, w.speed.Command)
	s, err := w.reach(o.Server)
	if err != nil {
		return journal.Result{}, err
	}
	if err := guard(s, o); err != nil {
		return journal.Result{}, err
	}
	switch o.Kind {
	case orchestrator.KindInstall:
		return w.job(ctx, s, o, w.install(s, w.release(s, o)))
	case orchestrator.KindDump, orchestrator.KindKeep:
		switch {
		case o.ByCommand():
			return w.job(ctx, s, o, w.snapshot(w.database(o.At), o))
		case o.ByCopy():
			return w.job(ctx, s, o, w.copyBeside(w.database(o.At), o))
		}
		return w.job(ctx, s, o, w.dump(s, w.database(o.At), o))
	case orchestrator.KindMigrate:
		return w.job(ctx, s, o, w.migrate(s, w.database(o.At), o))
	case orchestrator.KindRestore:
		return w.job(ctx, s, o, w.restore(w.database(o.At), backupOf(o)))
	case orchestrator.KindProve:
		return w.job(ctx, s, o, w.prove(w.database(o.At), backupOf(o)))
	}
	return journal.Result{}, w.act(s, o)
}

// guard holds an order against the server's marker, as every action script does under the marker's lock. What comes before the
// marker is written changes nothing that matters.
func guard(s *server, o orchestrator.Order) error {
	switch o.Kind {
	case orchestrator.KindPrefetch, orchestrator.KindStage:
		return nil
	case orchestrator.KindClaim:
		if last, ended := s.over[o.Run]; ended && last >= o.Epoch {
			return fmt.Errorf("%s: the run was ended here by epoch %d: %w", s.name, last, orchestrator.ErrSuperseded)
		}
		if s.claim.Run != "" && s.claim.Run != o.Run {
			return fmt.Errorf("%s: run %s holds it", s.name, s.claim.Run)
		}
		if s.claim.Epoch > o.Epoch || s.claim.Epoch == o.Epoch && s.claim.Driver != o.Driver {
			return fmt.Errorf("%s: epoch %d: %w", s.name, s.claim.Epoch, orchestrator.ErrSuperseded)
		}
		return nil
	}
	if s.claim.Run != o.Run || s.claim.Epoch != o.Epoch {
		return fmt.Errorf("%s: marker of run %q, epoch %d: %w", s.name, s.claim.Run, s.claim.Epoch, orchestrator.ErrSuperseded)
	}
	return nil
}

// act does what is over as soon as its command is.
func (w *World) act(s *server, o orchestrator.Order) error {
	switch o.Kind {
	case orchestrator.KindClaim:
		return s.take(o)
	case orchestrator.KindRelease:
		s.over[o.Run] = o.Epoch
		s.claim, s.staged, s.plan = fleet.Claim{}, "", nil
	case orchestrator.KindFence:
		for _, u := range s.units {
			u.fence, u.masked = o.Run, true
		}
	case orchestrator.KindUnfence:
		for _, u := range s.units {
			u.fence, u.masked = "", false
		}
	case orchestrator.KindStop:
		w.partnerServes(s, o)
		w.pass(nil, w.speed.Stop)
		for _, u := range s.units {
			s.stop(u)
		}
		s.processes = nil
	case orchestrator.KindStart:
		w.startPlanned(s, o)
	case orchestrator.KindStage:
		s.staged, s.stagedFor = configText(s.uses, o.Plan.Target), o.Run
	case orchestrator.KindConfigure:
		s.configure(o.Run, o.Back())
	case orchestrator.KindTest:
		for _, d := range s.uses {
			if d.away {
				return fmt.Errorf("%s: %w: %w", s.name, orchestrator.ErrUnreached, errAway)
			}
		}
		if why := w.refuses(s); why != "" {
			return errors.New(why)
		}
	case orchestrator.KindPrefetch:
		for _, r := range w.releases {
			s.fetched = append(s.fetched, "kea-dhcp4-server="+r.pkg)
		}
	default:
		return fmt.Errorf("the model does not know how to %s", o.Kind)
	}
	return nil
}

// take writes the marker.
func (s *server) take(o orchestrator.Order) error {
	plan, err := json.Marshal(o.Plan)
	if err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	if s.claim.Run == "" {
		s.since = time.Now()
	}
	s.claim, s.plan = fleet.Claim{Run: o.Run, Epoch: o.Epoch, Driver: o.Driver}, plan
	return nil
}

func (w *World) startPlanned(s *server, o orchestrator.Order) {
	plan, _ := o.Group.Server(s.name)
	for _, u := range plan.Units {
		if unit := s.unit(u.Name); u.Ran && unit != nil {
			w.start(s, unit, byUs)
		}
	}
	w.pass(nil, w.speed.Start)
}

// configure puts the staged file in place and keeps the old one, once for each run; or puts the kept one back.
func (s *server) configure(run string, back bool) {
	kept, ok := s.kept[run]
	switch {
	case back && ok:
		s.config = kept
	case !back && s.staged != "":
		if !ok {
			s.kept[run] = s.config
		}
		s.config = s.staged
	}
}

func (w *World) release(s *server, o orchestrator.Order) release {
	plan, _ := o.Group.Server(s.name)
	want := plan.Packages[0].To
	if o.Back() {
		want = plan.Packages[0].From
	}
	i := slices.IndexFunc(w.releases, func(r release) bool { return r.pkg == want })
	return w.releases[i]
}

// backupOf is the dump that a database is restored from, by where it is kept.
func backupOf(o orchestrator.Order) string {
	plan, _ := o.Group.Database(o.Database)
	server := plan.Backup().Server
	switch {
	case plan.ByCopy:
		return besideAt(o.Results(orchestrator.DumpID(server, plan)).Facts[journal.FactCopy])
	case plan.ByCommand:
		return snapshotAt(o.Results(orchestrator.DumpID(server, plan)).Facts[journal.FactBackup])
	}
	return server + ":" + o.Results(orchestrator.DumpID(server, plan)).Facts[journal.FactPath]
}

// told takes an order's false report for true where nobody can ask: whoever hears that a dump is proved may build on it.
func (w *World) told(o orchestrator.Order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o.Kind == orchestrator.KindProve {
		w.database(o.At).proven(backupOf(o))
	}
}

// prove restores a dump aside and compares it.
func (w *World) prove(d *database, path string) func(*job) (journal.Result, error) {
	return func(j *job) (journal.Result, error) {
		kept, ok := d.dumps[path]
		if !w.pass(j, w.speed.Dump) {
			return journal.Result{}, errJob
		}
		if !ok || kept.schema != d.schema || kept.contents != d.contents {
			return journal.Result{}, fmt.Errorf("the dump at %s is not the database as it is now", path)
		}
		d.proven(path)
		return journal.Result{Facts: map[string]string{journal.FactDatabase: string(d.id), journal.FactProof: "restored and compared"}}, nil
	}
}

// Settle waits until no job runs and nobody is away any more.
func (w *World) Settle(most time.Duration) {
	for end := time.Now().Add(most); time.Now().Before(end) && w.busy(); {
		time.Sleep(time.Second)
	}
}

func (w *World) busy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending > 0 {
		return true
	}
	for _, s := range w.servers {
		for _, j := range s.jobs {
			if j.state == fleet.JobRunning {
				return true
			}
		}
		for _, r := range s.rooms {
			if slices.ContainsFunc(r.jobs, func(j *job) bool { return j.state == fleet.JobRunning }) {
				return true
			}
		}
	}
	return false
}
