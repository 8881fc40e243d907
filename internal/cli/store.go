package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// store is the journals of all runs on this machine.
type store struct {
	*journal.Files
	dir string
}

// store opens the state directory: --state, else below $XDG_STATE_HOME, else below the home directory.
func (p *program) store(c *ufcli.Context) (store, error) { return p.storeIn(c.String("state")) }

func (p *program) storeIn(dir string) (store, error) {
	if dir == "" {
		base := p.getenv("XDG_STATE_HOME")
		if base == "" {
			home := p.getenv("HOME")
			if home == "" {
				return store{}, usage("neither --state, XDG_STATE_HOME nor HOME says where journals are kept")
			}
			base = filepath.Join(home, ".local", "state")
		}
		dir = filepath.Join(base, "kea-lockstep")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return store{}, fmt.Errorf("finding the state directory: %w", err)
	}
	dir = filepath.Join(dir, "runs")
	return store{journal.NewFiles(dir), dir}, nil
}

// kept is one run as its journal has it.
type kept struct {
	status journal.Status
	plan   orchestrator.Plan
	driven bool  // a process drives it now
	events int   // of its journal
	broken error // why its journal cannot be read to its end
}

// read reads one run. What drives no more and did not end was interrupted.
func (s store) read(ctx context.Context, run string) (kept, error) {
	k := kept{}
	driven, err := s.Driven(run)
	if err != nil {
		return k, noSuchRun(run, err)
	}
	k.driven = driven
	var fold journal.Folding
	var first, taken bool // by the first event it is to be taken over, and was
	for e, err := range s.Read(ctx, run) {
		if err == nil && e.Type == journal.PlanMade {
			err = e.Read(&k.plan)
		}
		if err == nil && e.Type == journal.RunBegun {
			var b journal.Begun
			err = e.Read(&b)
			first = b.Command == takesOver
		}
		taken = taken || e.Type == journal.TakenOver
		if err == nil {
			err = fold.Add(e)
		}
		if err != nil {
			k.broken = err
			break
		}
		k.events++
	}
	if first && !taken && k.broken == nil && !driven {
		k.broken = fmt.Errorf("%w: it ends before run %s was taken over: %s", journal.ErrDamaged, run, s.Path(run))
	}
	k.status = fold.Status()
	k.status.Run = run
	if !driven {
		k.status.Interrupt()
	}
	if errors.Is(k.broken, journal.ErrDamaged) {
		return k, nil
	}
	return k, k.broken
}

// elsewhere names the command for a run whose journal is not here.
const elsewhere = "kea-lockstep resume --from SERVER    carries on a run that began on another machine, by what it left on SERVER"

func noSuchRun(run string, err error) error {
	return exitError{code: codeUsage, err: fmt.Errorf("run %s: %w", run, err), hints: []string{"kea-lockstep runs    lists the runs that are kept here", elsewhere}}
}

// all reads every run, newest first.
func (s store) all(ctx context.Context) ([]kept, error) {
	runs, err := s.Runs()
	if err != nil {
		return nil, err
	}
	var all []kept
	for _, run := range runs {
		k, err := s.read(ctx, run)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	slices.SortStableFunc(all, func(a, b kept) int {
		return cmp.Or(b.status.Began.Compare(a.status.Began), cmp.Compare(b.status.Run, a.status.Run))
	})
	return all, nil
}

// unfinished reports whether something is left to do for the run.
func (k kept) unfinished() bool { return len(k.status.Groups) > 0 && !k.status.State.Over() }

// touched reports whether the run began an effect on a server in a group that is not over.
func (k kept) touched() bool {
	return slices.ContainsFunc(k.status.Groups, func(g journal.GroupStatus) bool { return !g.State.Over() && view.Touched(g) })
}

// backingOut reports whether the run is on its way back already.
func (k kept) backingOut() bool {
	return slices.ContainsFunc(k.status.Groups, func(g journal.GroupStatus) bool { return !g.State.Over() && g.BackingOut })
}

// rollingBack reports whether that is by the operator's word, for good.
func (k kept) rollingBack() bool {
	return slices.ContainsFunc(k.status.Groups, func(g journal.GroupStatus) bool { return !g.State.Over() && g.RollingBack })
}

// acted reports whether the run ever began an effect.
func (k kept) acted() bool { return slices.ContainsFunc(k.status.Groups, view.Touched) }

// inTheWay says which run of the fleet a new one must not pass: one that is driven now, or that left servers stopped or fenced.
func inTheWay(all []kept, fleetPath string, at view.Where) error {
	for _, k := range all {
		if k.status.Fleet != fleetPath {
			continue
		}
		switch {
		case k.driven:
			return exitError{
				code: codeHeld, err: fmt.Errorf("run %s of this fleet is being driven by %s", k.status.Run, k.status.Driver),
				hints: []string{"kea-lockstep status " + k.status.Run + at.State + "    shows where it stands"},
			}
		case k.broken != nil && !k.status.State.Over():
			return exitError{
				code: codeHeld, err: fmt.Errorf("the journal of run %s of this fleet is damaged: %w", k.status.Run, k.broken),
				hints: byMarkers(k.server(), k.status.Run, at),
			}
		case k.unfinished() && k.touched():
			return exitError{
				code: codeHeld, err: fmt.Errorf("run %s of this fleet is %s and stands in the way", k.status.Run, k.status.State),
				hints: append(waysOn(k, at), "kea-lockstep status "+k.status.Run+at.State+"    shows where it stands"),
			}
		}
	}
	return nil
}

// waysOn are the commands that lead on from where a run stands, with what each does.
func waysOn(k kept, at view.Where) []string {
	var all []string
	for _, n := range view.Ways(k.status, at) {
		all = append(all, n.Command+"    "+n.Does)
	}
	return all
}

// pick chooses the run that a command means: the one that is named, else the newest that fits, of this fleet where there is one.
func (s store) pick(ctx context.Context, named, fleetPath string, fits func(kept) bool) (kept, error) {
	if named != "" {
		return s.read(ctx, named)
	}
	all, err := s.all(ctx)
	if err != nil {
		return kept{}, err
	}
	all = slices.DeleteFunc(all, func(k kept) bool { return !fits(k) })
	for _, k := range all {
		if k.status.Fleet == fleetPath {
			return k, nil
		}
	}
	switch len(all) {
	case 0:
		return kept{}, exitError{code: codeUsage, err: fmt.Errorf("there is no such run in %s", s.dir), hints: []string{elsewhere}}
	case 1:
		return all[0], nil
	}
	failed := exitError{code: codeUsage, err: errors.New("several runs of other fleets fit: name the one that is meant")}
	for _, k := range all {
		failed.hints = append(failed.hints, fmt.Sprintf("%s    %s, %s", k.status.Run, k.status.State, k.status.Fleet))
	}
	return kept{}, failed
}

// newest is the run that is named, else the newest of the fleet, else the newest of all.
func (s store) newest(ctx context.Context, named, fleetPath string) (kept, error) {
	if named != "" {
		return s.read(ctx, named)
	}
	all, err := s.all(ctx)
	if err != nil {
		return kept{}, err
	}
	for _, k := range all {
		if fleetPath == "" || k.status.Fleet == fleetPath {
			return k, nil
		}
	}
	return kept{}, usage("no run is kept in %s", s.dir)
}
