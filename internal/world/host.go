package world

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
)

// Host is a server as the programs on it see and change it: what sim/ puts a shell before. Its effects take their time, and what
// they do to the fleet is what a driver's orders do.
type Host struct {
	w *World
	s *server
}

// Host gives the server of that name.
func (w *World) Host(name string) Host { return Host{w, w.server(name)} }

// Daemon is a running Kea.
type Daemon struct {
	PID     int
	Kind    kea.DaemonKind
	Unit    string // empty: by hand
	Version kea.Version
	Expects kea.Schema
	Started time.Time
	Port    int // of its connections to its databases
}

// Unit is one of its units. Problem is why it failed.
type Unit struct {
	Name, Active, Problem string
	Enabled               bool
}

// Address is the server's own.
func (h Host) Address() string { return h.s.address }

// BootID changes with every boot.
func (h Host) BootID() string {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	return fmt.Sprintf("%s-%d", h.s.name, h.s.boots)
}

// Away reports whether nobody can reach it.
func (h Host) Away() bool {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	return h.s.away
}

// Daemons lists what runs.
func (h Host) Daemons() []Daemon {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	var all []Daemon
	for _, p := range h.s.processes {
		all = append(all, Daemon{p.pid, p.daemon, p.unit, p.version, p.expects(h.s.uses[0].engine), p.started, portOf(p)})
	}
	return all
}

// Unit gives one unit; false where the server has none of that name.
func (h Host) Unit(name string) (Unit, bool) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	u := h.s.unit(name)
	if u == nil {
		return Unit{}, false
	}
	return Unit{u.name, u.active, u.problem, u.enabled}, true
}

// Mask keeps a unit from starting, or no longer; Enable has it started at boot, or not.
func (h Host) Mask(name string, masked bool) { h.set(name, func(u *unit) { u.masked = masked }) }

// Enable has a unit started at boot, or not.
func (h Host) Enable(name string, on bool) { h.set(name, func(u *unit) { u.enabled = on }) }

func (h Host) set(name string, do func(*unit)) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	if u := h.s.unit(name); u != nil {
		do(u)
	}
}

// Start starts a unit with the configuration as it is now, as a driver's order would. The error is why it does not serve.
func (h Host) Start(name, config string) error {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	u := h.s.unit(name)
	if u == nil {
		return fmt.Errorf("Unit %s not found.", name) //nolint:staticcheck // systemd's own words
	}
	h.s.config = config
	h.w.start(h.s, u, byUs)
	h.w.pass(nil, h.w.speed.Start)
	if u.problem != "" {
		return errors.New(u.problem)
	}
	return nil
}

// Stop stops a unit.
func (h Host) Stop(name string) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	u := h.s.unit(name)
	if u == nil || u.active != "active" {
		return
	}
	h.w.pass(nil, h.w.speed.Stop)
	h.s.stop(u)
}

// Kill ends a daemon by its number; false where there is none.
func (h Host) Kill(pid int) bool {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	i := slices.IndexFunc(h.s.processes, func(p process) bool { return p.pid == pid })
	if i < 0 {
		return false
	}
	if u := h.s.unit(h.s.processes[i].unit); u != nil {
		u.active = "failed"
	}
	h.s.processes = slices.Delete(h.s.processes, i, i+1)
	return true
}

// Installed is the Kea that is installed: its version, its package's, and the schema that it expects.
func (h Host) Installed() (kea.Version, string, kea.Schema) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	expects, _ := kea.Expected(h.s.installed.version, h.s.uses[0].engine)
	return h.s.installed.version, h.s.installed.pkg, expects
}

// Half reports whether a package run was cut off.
func (h Host) Half() bool {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	return h.s.half
}

// Available lists the package versions that there are, oldest first.
func (h Host) Available() []string {
	var all []string
	for _, r := range h.w.releases {
		all = append(all, r.pkg)
	}
	return all
}

// Install puts a release's packages in place, as a driver's order would. It is cut off where ctx ends.
func (h Host) Install(ctx context.Context, pkg string) error {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	i := slices.IndexFunc(h.w.releases, func(r release) bool { return r.pkg == pkg })
	if i < 0 {
		return fmt.Errorf("there is no version %s", pkg)
	}
	j := &job{lost: ctx.Err() != nil}
	defer context.AfterFunc(ctx, func() { h.w.locked(func() { j.lost = true }) })()
	_, err := h.w.install(h.s, h.w.releases[i])(j)
	return err
}

// Test says why the installed Kea would refuse a configuration; empty where it would not.
func (h Host) Test(config string) string {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	was := h.s.config
	h.s.config = config
	defer func() { h.s.config = was }()
	return h.w.refuses(h.s)
}

// Migrate lets the installed kea-admin migrate a database, by its name, until it is done or alive says no, and says which step begins.
func (h Host) Migrate(name string, alive func() bool, begins func(from, to kea.Schema)) error {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	d := h.w.named(name)
	if d == nil {
		return fmt.Errorf("Unknown database '%s'", name) //nolint:staticcheck // the server's own words
	}
	target, _ := kea.Expected(h.s.installed.version, d.engine)
	if h.w.pass(nil, h.w.speed.Admin); !alive() {
		return errJob
	}
	if d.torn {
		return errors.New("ERROR 1060 (42S21) at line 1: Duplicate column name 'pool_id'")
	}
	if d.schema.Compare(target) >= 0 {
		return nil
	}
	return h.w.climb(d, append(steps(d.schema, target), target), alive, func(p journal.Progress) {
		h.w.mu.Unlock() // who hears it may ask the world, or wait for somebody who does
		defer h.w.mu.Lock()
		begins(p.At, p.Next)
	})
}

func (w *World) named(name string) *database {
	i := slices.IndexFunc(w.databases, func(d *database) bool { return strings.EqualFold(d.name, name) })
	if i < 0 {
		return nil
	}
	return w.databases[i]
}
