package cli

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/user"
	"time"

	"golang.org/x/term"

	"kea-lockstep/internal/fleet"
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

// program is one call of the command line: its streams and its ways out of the process.
type program struct {
	Streams
	connect func(fleet.File) (acting, error)
	random  io.Reader
	driver  string        // who drives, for others to read
	absence time.Duration // how long a drive waits for no answer; 0: as the engine does
	getenv  func(string) string
	signals func() (<-chan os.Signal, func()) // begins to listen; the function ends it
}

func newProgram(streams Streams) *program {
	return &program{
		Streams: streams, connect: connectLive, random: rand.Reader, driver: driverName(), getenv: os.Getenv, signals: osSignals,
	}
}

// look connects for a command that only looks.
func (p *program) look(file fleet.File) (looking, error) { return p.connect(file) }

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

// colour says whether words on the stream may be coloured.
func (p *program) colour(stream any, refused bool) bool {
	_, is := terminal(stream)
	return is && !refused && p.getenv("NO_COLOR") == "" && p.getenv("TERM") != "dumb"
}
