package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
)

// clearing is how long it may take to remove what a rehearsal made, on one server or database.
const clearing = 3 * time.Minute

// clear removes what the trial made: first the rooms, with what still runs from them, then the copies. It says what is left, and why.
func (t *trial) clear(ctx context.Context) (left []string) {
	t.mu.Lock()
	rooms, made := t.leave, t.made
	t.mu.Unlock()
	var failed []string
	remove := func(what string, do func(context.Context) error) {
		ctx, cancel := context.WithTimeout(ctx, clearing)
		defer cancel()
		err := do(ctx)
		if err != nil {
			err = do(ctx) // once more: whoever was away for a moment keeps nothing
		}
		if err != nil {
			t.mu.Lock()
			failed = append(failed, fmt.Sprintf("%s: %v", what, err))
			t.mu.Unlock()
		}
	}
	names := t.group.Names()
	t.each(len(names), func(i int) {
		leave, taken := rooms[names[i]]
		if !taken {
			return
		}
		if leave != nil {
			leave()
		}
		remove(fmt.Sprintf("%s on %s", t.ID, names[i]), func(ctx context.Context) error { return t.clearRoom(ctx, names[i]) })
	})
	t.each(len(made), func(i int) {
		name := t.ID.CopyName(made[i].ID)
		remove(fmt.Sprintf("database %s, beside %s", name, made[i].At), func(ctx context.Context) error {
			return t.dropCopy(ctx, made[i].Backup(), name)
		})
	})
	slices.Sort(failed)
	return failed
}

// clearRoom removes a room and looks whether it is gone.
func (t *trial) clearRoom(ctx context.Context, server string) error {
	err := t.World.Clear(ctx, t.ID, server, true)
	rooms, asked := t.World.Rooms(ctx, server)
	switch {
	case asked != nil:
		return errors.Join(err, asked)
	case slices.ContainsFunc(rooms, func(r Room) bool { return r.ID == t.ID }):
		return errors.Join(err, errStays)
	}
	return nil
}

// dropCopy removes a scratch database and looks whether it is gone.
func (t *trial) dropCopy(ctx context.Context, at fleet.Place, name string) error {
	err := t.World.DropCopy(ctx, at, name)
	names, asked := t.World.Copies(ctx, at)
	switch {
	case asked != nil:
		return errors.Join(err, asked)
	case slices.Contains(names, name):
		return errors.Join(err, errStays)
	}
	return nil
}

var errStays = errors.New("it is still there")

// Leftover is what a rehearsal that ended without removing it left, or what one that is alive has.
type Leftover struct {
	Rehearsal string      `json:"rehearsal"`        // in small letters where only a database tells
	Server    string      `json:"server,omitempty"` // that has its room
	Database  string      `json:"database,omitempty"`
	Alive     bool        `json:"alive"` // its driver lives, or it cannot be told
	Driver    string      `json:"driver,omitempty"`
	id        RehearsalID // of a room
	at        fleet.Place // of a database
}

// String names it for people.
func (l Leftover) String() string {
	if l.Server != "" {
		return fmt.Sprintf("the room of %s on %s", l.Rehearsal, l.Server)
	}
	return fmt.Sprintf("the database %s, beside %s", l.Database, l.at)
}

// Leftovers finds what rehearsals left on the servers of a fleet and beside its databases. A database whose rehearsal has no room
// on any server belongs to nobody any more; where a server cannot be asked, that is not known, and it counts as alive.
func Leftovers(ctx context.Context, w Scratch, facts fleet.Facts) (all []Leftover, unasked []string) {
	for _, s := range facts.Servers {
		if !s.Reach.OK() || s.Platform.Playbook == "" {
			unasked = append(unasked, s.Name+": "+s.Reach.Saw)
			continue
		}
		rooms, err := w.Rooms(ctx, s.Name)
		if err != nil {
			unasked = append(unasked, err.Error())
		}
		for _, r := range rooms {
			all = append(all, Leftover{Rehearsal: string(r.ID), Server: s.Name, Alive: r.Alive, Driver: r.Driver, id: r.ID})
		}
	}
	rooms, sure := slices.Clone(all), len(unasked) == 0
	for _, d := range facts.Databases {
		i := slices.IndexFunc(d.Endpoints, func(e fleet.Endpoint) bool { return e.Scratch.OK() })
		if !d.Reach.OK() || i < 0 {
			continue // where none may be made, none is left
		}
		at := d.Endpoints[i].Place
		names, err := w.Copies(ctx, at)
		if err != nil {
			unasked = append(unasked, err.Error())
		}
		for _, name := range names {
			small, ours := CopyOf(name, d.ID)
			if !ours {
				continue
			}
			alive := !sure || slices.ContainsFunc(rooms, func(l Leftover) bool { return l.Alive && strings.ToLower(l.Rehearsal) == small })
			all = append(all, Leftover{Rehearsal: small, Database: name, Alive: alive, at: at})
		}
	}
	return all, unasked
}

// Remove removes what a rehearsal left that is dead.
func (l Leftover) Remove(ctx context.Context, w Scratch) error {
	switch {
	case l.Alive:
		return fmt.Errorf("%s: its driver may live", l)
	case l.Server != "":
		return w.Clear(ctx, l.id, l.Server, false)
	}
	return w.DropCopy(ctx, l.at, l.Database)
}
