package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/user"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

// looking is what a command may reach of a fleet that changes nothing.
type looking interface {
	fleet.Observer
	// Scripts gives the exact commands of a step.
	Scripts(orchestrator.Step) []string
	Close() error
}

// acting is what a run may reach.
type acting interface {
	looking
	orchestrator.Actor
	orchestrator.Locker
}

// trying is what a rehearsal may reach.
type trying interface {
	looking
	orchestrator.Scratch
}

// everything is all that there is to reach of a fleet. No command is given it: each takes what it may.
type everything interface {
	acting
	orchestrator.Scratch
}

// program is one call of the command line: its streams and its ways out of the process.
type program struct {
	Streams
	connect func(context.Context, fleet.File) (everything, error)
	random  io.Reader
	driver  string        // who drives, for others to read
	absence time.Duration // how long a drive waits for no answer; 0: as the engine does
	getenv  func(string) string
	signals func() (<-chan os.Signal, func())         // begins to listen; the function ends it
	output  atomic.Pointer[func(server, line string)] // hears what jobs put out; nil: nobody wants to
}

// heard passes on a line that a job put out.
func (p *program) heard(server, _, line string) {
	if tell := p.output.Load(); tell != nil {
		(*tell)(server, line)
	}
}

func newProgram(streams Streams) *program {
	p := &program{Streams: streams, random: rand.Reader, driver: driverName(), getenv: os.Getenv, signals: osSignals}
	p.connect = p.connectLive
	return p
}

// look connects for a command that only looks.
func (p *program) look(ctx context.Context, file fleet.File) (looking, error) {
	return p.connect(ctx, file)
}

// try connects for a rehearsal.
func (p *program) try(ctx context.Context, file fleet.File) (trying, error) {
	return p.connect(ctx, file)
}

// driverName is "user@host process 812".
func driverName() string {
	name, host := "somebody", "somewhere"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return fmt.Sprintf("%s@%s process %d", name, host, os.Getpid())
}

// terminal gives the stream's file when it is a terminal.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, false
	}
	return f, true
}

// paper is what a stream leads to: how wide its terminal is now, and whether words may be coloured there.
func (p *program) paper(stream any, plain bool) view.Paper {
	file, is := terminal(stream)
	if !is {
		return view.Paper{}
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		columns = 0 // the terminal breaks lines by itself
	}
	return view.Paper{Colour: !plain && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb", Columns: columns}
}
