package world

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

var _ orchestrator.Scratch = (*Driver)(nil)

// room is what a rehearsal has on a server.
type room struct {
	driver   *Driver
	left     bool // it was let go of
	unpacked bool
	dumps    map[fleet.DatabaseID]snapshot
	jobs     []*job
}

func (r *room) alive() bool { return !r.left && !r.driver.Dead() }

// copied is a rehearsal's scratch database.
type copied struct {
	schema kea.Schema
	torn   bool
}

// Reject lets the target's binary refuse the configuration of a server.
func (w *World) Reject(server, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.server(server).rejects = why
}

// Scratch names everything that rehearsals have in the world: rooms by their servers, and scratch databases.
func (w *World) Scratch() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Collect(maps.Keys(w.copies))
	for _, s := range w.servers {
		for id := range s.rooms {
			all = append(all, s.name+": "+string(id))
		}
	}
	slices.Sort(all)
	return all
}

// effect wraps one effect of a rehearsal that is over with its command, with the fault of its point.
func (d *Driver) effect(ctx context.Context, what string, do func() error) error {
	f, err := d.point("do", "%s", what)
	if err != nil {
		return err
	}
	switch f {
	case Hangs:
		return errors.Join(d.hang(ctx), orchestrator.ErrFateUnknown)
	case Fails:
		return errFault
	case FalseDone:
		return nil
	}
	d.w.mu.Lock()
	d.w.pass(nil, d.w.speed.Command)
	err = do()
	d.w.mu.Unlock()
	if dead := d.after(f); dead != nil {
		return dead
	}
	switch f {
	case FalseFailed:
		return errFault
	case Lost, Parts, KillAmid:
		return orchestrator.ErrFateUnknown
	}
	return err
}

// started runs a job from a rehearsal's room, which lives on without its driver until the room is cleared.
func (d *Driver) started(ctx context.Context, r orchestrator.Rehearsal, server, what string, body func(*room, *job) error) error {
	var j *job
	err := d.effect(ctx, what, func() error {
		s, err := d.w.reach(server)
		if err != nil {
			return err
		}
		at, ok := s.rooms[r.ID]
		if !ok {
			return fmt.Errorf("%s: %s has no room", server, r.ID)
		}
		j = newJob()
		at.jobs = append(at.jobs, j)
		begun := j
		go func() {
			d.w.mu.Lock()
			defer d.w.mu.Unlock()
			err := errJob
			if !begun.lost {
				err = body(at, begun)
			}
			begun.end(journal.Result{}, err)
		}()
		return nil
	})
	if err != nil || j == nil {
		return err
	}
	select {
	case <-j.ended:
		d.w.mu.Lock()
		defer d.w.mu.Unlock()
		if j.lost {
			return orchestrator.ErrFateUnknown
		}
		return j.err
	case <-ctx.Done():
		return orchestrator.ErrFateUnknown
	case <-d.gone:
		return errKilled
	}
}

// Take makes a room.
func (d *Driver) Take(ctx context.Context, r orchestrator.Rehearsal, name string) (func(), error) {
	var made *room
	err := d.effect(ctx, "take "+name, func() error {
		s, err := d.w.reach(name)
		if err != nil {
			return err
		}
		made = &room{driver: d, dumps: map[fleet.DatabaseID]snapshot{}}
		s.rooms[r.ID] = made
		return nil
	})
	leave := func() {
		d.w.mu.Lock()
		defer d.w.mu.Unlock()
		if made != nil && !d.Dead() {
			made.left = true
		}
	}
	if err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// Unpack unpacks the target's packages.
func (d *Driver) Unpack(ctx context.Context, r orchestrator.Rehearsal, server string) error {
	return d.started(ctx, r, server, "unpack "+server, func(at *room, j *job) error {
		if !d.w.pass(j, d.w.speed.Install) {
			return errJob
		}
		at.unpacked = true
		return nil
	})
}

// DumpCopy dumps a database.
func (d *Driver) DumpCopy(ctx context.Context, r orchestrator.Rehearsal, plan orchestrator.DatabasePlan) (orchestrator.Dumped, error) {
	err := d.started(ctx, r, plan.Backup().Server, "dump "+plan.Name, func(at *room, j *job) error {
		b, err := d.w.open(plan.Backup())
		if err != nil {
			return err
		}
		taken := snapshot{schema: b.schema}
		if !d.w.pass(j, d.w.speed.Dump) {
			return errJob
		}
		at.dumps[plan.ID] = taken
		return nil
	})
	return orchestrator.Dumped{Path: "/dump", Digest: "model", Bytes: 4096}, err
}

// MakeCopy restores a dump.
func (d *Driver) MakeCopy(ctx context.Context, r orchestrator.Rehearsal, plan orchestrator.DatabasePlan, _ orchestrator.Dumped) error {
	return d.started(ctx, r, plan.Backup().Server, "copy "+plan.Name, func(at *room, j *job) error {
		from, ok := at.dumps[plan.ID]
		if _, err := d.w.open(plan.Backup()); err != nil || !ok {
			return errors.Join(err, errJob)
		}
		made := &copied{torn: true}
		d.w.copies[r.ID.CopyName(plan.ID)] = made
		if !d.w.pass(j, d.w.speed.Dump) {
			return errJob
		}
		made.schema, made.torn = from.schema, false
		return nil
	})
}

// MigrateCopy migrates a scratch database, in one step of which nothing is told.
func (d *Driver) MigrateCopy(ctx context.Context, r orchestrator.Rehearsal, plan orchestrator.DatabasePlan, _ func(journal.Progress)) error {
	return d.started(ctx, r, plan.At.Server, "migrate "+plan.Name, func(at *room, j *job) error {
		c := d.w.copies[r.ID.CopyName(plan.ID)]
		if c == nil || !at.unpacked || c.schema != plan.Before {
			return errJob
		}
		c.torn = true
		if !d.w.pass(j, d.w.speed.Migrate) {
			return errJob
		}
		c.schema, c.torn = plan.Target, false
		return nil
	})
}

// JudgeCopy classifies a scratch database.
func (d *Driver) JudgeCopy(ctx context.Context, r orchestrator.Rehearsal, plan orchestrator.DatabasePlan) (fleet.Migration, error) {
	return look(ctx, d, "judge "+plan.Name, func() (fleet.Migration, error) {
		c := d.w.copies[r.ID.CopyName(plan.ID)]
		switch {
		case c == nil:
			return fleet.Migration{}, errors.New("no such database")
		case c.torn:
			return fleet.Migration{State: fleet.Torn, At: c.schema, Saw: "table lease6_stat lacks a column"}, nil
		case c.schema == plan.Target:
			return fleet.Migration{State: fleet.Migrated, At: c.schema}, nil
		}
		return fleet.Migration{State: fleet.Untouched, At: c.schema}, nil
	})
}

// Try lets the unpacked binary test a configuration.
func (d *Driver) Try(ctx context.Context, r orchestrator.Rehearsal, name string, u orchestrator.UnitPlan, copies []fleet.DatabaseID) ([]orchestrator.Tried, error) {
	tried := orchestrator.Tried{Daemon: u.Daemon, Unit: u.Name, Config: configPath, Flag: "-T", Verdict: fleet.Doubt("nothing was said"), Untested: []string{}}
	err := d.effect(ctx, "try "+name, func() error {
		s, err := d.w.reach(name)
		if err != nil {
			return err
		}
		if at := s.rooms[r.ID]; at == nil || !at.unpacked {
			return fmt.Errorf("%s: nothing is unpacked", name)
		}
		tried.Verdict = fleet.Affirm("passes")
		for _, b := range s.uses {
			expects, _ := kea.Expected(r.Plan.Target, b.engine)
			if c := d.w.copies[r.ID.CopyName(b.id)]; slices.Contains(copies, b.id) && (c == nil || c.torn || c.schema != expects) {
				tried.Verdict = fleet.Deny("schema version mismatch")
			}
		}
		if s.rejects != "" {
			tried.Verdict = fleet.Deny("%s", s.rejects)
		}
		return nil
	})
	return []orchestrator.Tried{tried}, err
}

// Rooms lists what rehearsals have on a server.
func (d *Driver) Rooms(ctx context.Context, name string) ([]orchestrator.Room, error) {
	return look(ctx, d, "rooms "+name, func() ([]orchestrator.Room, error) {
		s, err := d.w.reach(name)
		if err != nil {
			return nil, err
		}
		var all []orchestrator.Room
		for _, id := range slices.Sorted(maps.Keys(s.rooms)) {
			all = append(all, orchestrator.Room{ID: id, Alive: s.rooms[id].alive(), Driver: s.rooms[id].driver.name})
		}
		return all, nil
	})
}

// Copies lists the scratch databases.
func (d *Driver) Copies(ctx context.Context, at fleet.Place) ([]string, error) {
	return look(ctx, d, "copies at "+at.Name, func() ([]string, error) {
		if _, err := d.w.open(at); err != nil {
			return nil, err
		}
		return slices.Sorted(maps.Keys(d.w.copies)), nil
	})
}

// Clear ends a room's jobs and removes it.
func (d *Driver) Clear(ctx context.Context, id orchestrator.RehearsalID, name string, ours bool) error {
	return d.effect(ctx, "clear "+name, func() error {
		s, err := d.w.reach(name)
		if err != nil {
			return err
		}
		at := s.rooms[id]
		switch {
		case at == nil:
			return nil
		case at.alive():
			return fmt.Errorf("%s: the driver of %s lives", name, id)
		}
		for _, j := range at.jobs {
			j.lose()
		}
		delete(s.rooms, id)
		return nil
	})
}

// DropCopy removes a scratch database.
func (d *Driver) DropCopy(ctx context.Context, at fleet.Place, name string) error {
	return d.effect(ctx, "drop "+name, func() error {
		if _, err := d.w.open(at); err != nil {
			return err
		}
		if !strings.HasPrefix(name, "kea_lockstep_") {
			d.w.violate("a rehearsal removes the database %s", name)
		}
		delete(d.w.copies, name)
		return nil
	})
}
