package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/playbooks"
	"kea-lockstep/ssh"
)

var _ orchestrator.Scratch = (*Fleet)(nil)

// roomOf is where a rehearsal has what it makes on a server.
func roomOf(book playbooks.Playbook, id orchestrator.RehearsalID) string {
	return path.Join(book.State, "runs", string(id))
}

// Take makes the rehearsal's room and holds it for as long as this process lives.
func (f *Fleet) Take(ctx context.Context, r orchestrator.Rehearsal, name string) (func(), error) {
	s, err := f.server(name)
	if err != nil {
		return nil, err
	}
	book, err := f.book(ctx, s)
	if err != nil {
		return nil, err
	}
	script, err := book.Script("take", "")
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // it stays ours while it is cleared
	input, close := io.Pipe()
	heard := &hearing{text: []byte("taken\n"), heard: make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		result, err := s.host.Run(life, ssh.Command{
			Script: script, Params: append(given(book, "", script), ofRehearsal(r.ID), ssh.Param{Name: "driver", Value: r.Driver}),
			Root: true, Stdin: input, Stdout: heard, Title: "take",
		})
		if err == nil {
			err = &scriptError{name, "take", result.Status, tail(ssh.Printable(result.Stderr))}
		}
		ended <- sshError(err)
	}()
	leave := func() {
		_ = close.Close() // the script's input ends, and the script with it
		select {
		case <-ended:
		case <-time.After(leaving):
		}
		end()
	}
	select {
	case <-heard.heard:
		return leave, nil
	case err = <-ended:
		end()
	case <-ctx.Done():
		err = context.Cause(ctx)
		leave()
	}
	return nil, unreached(fmt.Errorf("%s: making room for the rehearsal: %w", name, err))
}

// leaving is how long a room may take to be let go of.
const leaving = 5 * time.Second

// hearing waits for a text in what is written to it.
type hearing struct {
	once  sync.Once
	seen  []byte
	text  []byte
	heard chan struct{}
}

func (h *hearing) Write(p []byte) (int, error) {
	h.seen = append(h.seen, p...)
	if bytes.Contains(h.seen, h.text) {
		h.once.Do(func() { close(h.heard) })
	}
	return len(p), nil
}

func ofRehearsal(id orchestrator.RehearsalID) ssh.Param {
	return ssh.Param{Name: "run", Value: string(id)}
}

// Rooms lists what rehearsals have on a server.
func (f *Fleet) Rooms(ctx context.Context, name string) ([]orchestrator.Room, error) {
	s, err := f.server(name)
	if err != nil {
		return nil, err
	}
	out, err := f.run(ctx, s, call{action: "rooms", look: true, timeout: 30 * time.Second})
	if err != nil {
		return nil, err
	}
	found, err := parseSections(out)
	if err != nil {
		return nil, fmt.Errorf("%s: rooms of rehearsals: %w", name, err)
	}
	return parseRooms(found), nil
}

// parseRooms reads what rooms.sh prints.
func parseRooms(found sections) []orchestrator.Room {
	var all []orchestrator.Room
	for _, row := range found.rows("rooms", 3) {
		all = append(all, orchestrator.Room{ID: orchestrator.RehearsalID(row[0]), Alive: row[1] != "no", Driver: row[2]})
	}
	return all
}

// aliveThere is the status of clear.sh where the rehearsal's driver lives.
const aliveThere = 10

// Clear removes a room, and what still runs from it.
func (f *Fleet) Clear(ctx context.Context, id orchestrator.RehearsalID, name string, ours bool) error {
	s, err := f.server(name)
	if err != nil {
		return err
	}
	patience := "1"
	if ours {
		patience = "20" // its own hold ends with the connection
	}
	_, err = f.run(ctx, s, call{action: "clear", timeout: actLimit, params: []ssh.Param{
		ofRehearsal(id), {Name: "unit", Value: unitPrefix + string(id) + "-"}, {Name: "patience", Value: patience},
	}})
	var said *scriptError
	if errors.As(err, &said) && said.status == aliveThere {
		return fmt.Errorf("%s: the driver of %s lives", name, id)
	}
	return unreached(err)
}

// Unpack fetches the target's packages and unpacks them in the room.
func (f *Fleet) Unpack(ctx context.Context, r orchestrator.Rehearsal, name string) error {
	o, err := f.rehearses(ctx, r, name)
	if err != nil {
		return err
	}
	t, err := f.simulated(ctx, o)
	if err != nil {
		return unreached(err)
	}
	if why := t.harms(o.book.Keep, strings.Fields(o.gone(to))); why != "" {
		return fmt.Errorf("%s: the upgrade would %s", name, why)
	}
	_, err = f.do(ctx, o.on, job{order: o.step("unpack"), action: "unpack", params: []ssh.Param{ofRehearsal(r.ID), {Name: "on", Value: o.pins(to, "=", " ")}, {Name: "gone", Value: o.gone(to)}}})
	return unreached(err)
}

// rehearses gives what a step of a rehearsal on a server is like to the scripts of a run: its name stands for the run's. There is no
// marker that it would have to be guarded by.
func (f *Fleet) rehearses(ctx context.Context, r orchestrator.Rehearsal, name string) (order, error) {
	s, err := f.server(name)
	if err != nil {
		return order{}, err
	}
	book, err := f.book(ctx, s)
	if err != nil {
		return order{}, err
	}
	o := order{on: s, book: book}
	o.Run, o.Server, o.Attempt, o.Plan, o.Group = string(r.ID), name, 1, r.Plan, r.Group
	o.plan, _ = r.Group.Server(name)
	return o, nil
}

// step names a job of a rehearsal.
func (o order) step(id string) orchestrator.Order {
	o.ID = id
	return o.Order
}

// scratchDatabase is the name of a rehearsal's scratch database. Nothing makes one but scratchOf, so that what is given to a trial of
// kea-admin can be no other.
type scratchDatabase struct{ name string }

func scratchOf(r orchestrator.Rehearsal, id fleet.DatabaseID) scratchDatabase {
	return scratchDatabase{r.ID.CopyName(id)}
}

func (s scratchDatabase) param() ssh.Param { return ssh.Param{Name: "scratch", Value: s.name} }
