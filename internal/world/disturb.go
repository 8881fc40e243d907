package world

import (
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// Disturbance is something that happens to the fleet and that no driver did.
type Disturbance struct {
	Name string
	Do   func(w *World, seed int)
}

// Disturbances lists what can happen. The seed picks the server or database. None of them but a stranger's Kea breaks the
// invariant by itself; what a stranger starts is no act of ours.
func Disturbances() []Disturbance {
	return []Disturbance{
		{"a reboot", onServer(func(w *World, s *server) { w.boot(s) })},
		{"a reboot that takes its time", onServer(func(w *World, s *server) { w.powerCut(s, 40*time.Second) })},
		{"a Kea started by hand", onServer(func(w *World, s *server) { w.byHand(s) })},
		{"a Kea started by hand that has not connected yet", onServer(func(w *World, s *server) { w.unconnected(s) })},
		{"a fence removed and Kea started", onServer(func(w *World, s *server) { w.unmask(s) })},
		{"a kea-admin by hand", onServer(func(w *World, s *server) { w.adminByHand(s) })},
		{"a migration killed", func(w *World, _ int) { w.locked(w.killMigrations) }},
		{"the network of a server cut for 15 s", onServer(func(w *World, s *server) { w.cut(s, 15*time.Second) })},
		{"the database away for 5 s", onDatabase(func(w *World, d *database) { w.dbAway(d, 5*time.Second) })},
		{"a write to the database", onDatabase(func(_ *World, d *database) {
			d.write()
		})},
		{"a short session of a stranger", onDatabase(func(w *World, d *database) { w.session(d, 3*time.Second) })},
		{"a lost lock connection", onDatabase(func(_ *World, d *database) { d.locked = "" })},
		{"a package moved by hand", onServer(func(w *World, s *server) { w.movePackage(s) })},
		{"the database restored by hand", onDatabase(func(w *World, d *database) { w.restoreByHand(d) })},
	}
}

func (w *World) locked(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

func onServer(do func(*World, *server)) func(*World, int) {
	return func(w *World, seed int) { w.locked(func() { do(w, w.servers[seed%len(w.servers)]) }) }
}

func onDatabase(do func(*World, *database)) func(*World, int) {
	return func(w *World, seed int) { w.locked(func() { do(w, w.databases[seed%len(w.databases)]) }) }
}

// later does something after a while, under the lock.
func (w *World) later(d time.Duration, do func()) {
	w.pending++
	go func() {
		time.Sleep(d)
		w.locked(func() {
			w.pending--
			do()
		})
	}()
}

func (w *World) powerCut(s *server, d time.Duration) {
	s.away, s.processes, s.admins = true, nil, nil
	for _, j := range s.jobs {
		j.lose()
	}
	w.later(d, func() { w.boot(s) })
}

// Die takes a server away for good: no process of it is left, and nobody reaches it.
func (w *World) Die(number int) {
	w.locked(func() {
		s := w.servers[number%len(w.servers)]
		s.away, s.processes, s.admins = true, nil, nil
		for _, j := range s.jobs {
			j.lose()
		}
	})
}

// Return switches a server that died on again. What starts then is started at boot.
func (w *World) Return(number int) {
	w.locked(func() { w.boot(w.servers[number%len(w.servers)]) })
}

func (w *World) cut(s *server, d time.Duration) {
	s.away = true
	w.later(d, func() { s.away = false })
}

func (w *World) dbAway(d *database, long time.Duration) {
	d.away = true
	w.later(long, func() { d.away = false })
}

// byHand starts the installed binary past every unit, once, unless it would not serve anyway.
func (w *World) byHand(s *server) {
	if len(s.processes) == 0 && w.refuses(s) == "" {
		w.run(s, "", s.units[0].daemon)
	}
}

// unconnected starts the installed binary past every unit, with a configuration by which it tries for as long as it takes to reach its
// databases: its process is there, and no session tells of it.
func (w *World) unconnected(s *server) {
	if len(s.processes) == 0 && w.refuses(s) == "" {
		w.pids++
		s.processes = append(s.processes, process{
			pid: w.pids, daemon: s.units[0].daemon, version: s.installed.version, started: time.Now(), late: w.changing(), alone: true,
		})
	}
}

// lateComers are daemons that were started without a session after the last look before a migration or a restore was begun: as the watch
// cannot be asked in no time, that moment is the stranger's.
func (w *World) lateComers(begun time.Time) {
	for _, s := range w.servers {
		for i, p := range s.processes {
			if p.alone && begun.Sub(p.started) < justNow {
				s.processes[i].late = true
			}
		}
	}
}

// KeaAdminTakes says how long kea-admin takes until it changes something.
func (w *World) KeaAdminTakes(long time.Duration) {
	w.locked(func() { w.speed.Admin = long })
}

// DumpsTake says how long a dump or a restore takes.
func (w *World) DumpsTake(long time.Duration) {
	w.locked(func() { w.speed.Dump = long })
}

// adminByHand runs the installed kea-admin past us. It goes the way that ours would, and knows nothing of ours; a power cut ends it.
func (w *World) adminByHand(s *server) {
	w.pids++
	pid, d := w.pids, s.uses[0]
	target, _ := kea.Expected(s.installed.version, d.engine)
	s.admins = append(s.admins, pid)
	alive := func() bool { return slices.Contains(s.admins, pid) }
	var goOn func()
	goOn = func() {
		switch {
		case !alive() || d.away || d.torn || d.schema.Compare(target) >= 0:
			s.admins = slices.DeleteFunc(s.admins, func(p int) bool { return p == pid })
		default:
			d.torn, d.contents = true, d.contents+1
			way := append(steps(d.schema, target), target)
			w.later(w.speed.Migrate/8, func() {
				if alive() && d.torn {
					d.schema, d.torn = way[0], false
				}
				goOn()
			})
		}
	}
	w.later(w.speed.Admin, goOn)
}

// unmask does what a configuration management does that wants Kea to run.
func (w *World) unmask(s *server) {
	u := s.units[0]
	u.masked, u.fence = false, ""
	if u.active != "active" && len(s.processes) == 0 {
		w.start(s, u, byStranger)
	}
}

// justNow is how long ago a look that was right may have been. What somebody moves between the last look and the start is theirs.
const justNow = 5 * time.Second

// justMoved reports whether a server's packages, or what its databases hold, are other than a look a moment ago could say.
func (s *server) justMoved() bool {
	return time.Since(s.moved) < justNow || slices.ContainsFunc(s.uses, func(d *database) bool { return time.Since(d.moved) < justNow })
}

// movePackage puts the other release in place of the one that is installed, behind the run's fence.
func (w *World) movePackage(s *server) {
	if s.away || s.half || s.units[0].fence == "" || len(s.processes) > 0 || s.installing() {
		return
	}
	to := w.releases[0]
	if s.installed == to {
		to = w.releases[len(w.releases)-1]
	}
	s.installed, s.moved = to, time.Now()
}

func (s *server) installing() bool {
	for key, j := range s.jobs {
		if j.state == fleet.JobRunning && strings.Contains(key, "install-") {
			return true
		}
	}
	return false
}

// restoreByHand puts back what the database held before the run, while a run holds its servers and nobody is connected.
func (w *World) restoreByHand(d *database) {
	for _, s := range w.servers {
		uses := slices.Contains(s.uses, d)
		if uses && (s.units[0].fence == "" || len(s.processes) > 0 || len(s.admins) > 0) || w.changing() || d.away {
			return
		}
	}
	d.schema, _ = kea.Expected(w.releases[0].version, d.engine)
	d.torn, d.contents, d.leases, d.floor, d.moved = false, d.contents+1, leases, 0, time.Now()
}

// changing reports whether a migration or a restore runs anywhere.
func (w *World) changing() bool {
	for _, s := range w.servers {
		for key, j := range s.jobs {
			if j.state == fleet.JobRunning && (containsMigrate(key) || containsRestore(key)) {
				return true
			}
		}
	}
	return false
}

// killMigrations kills kea-admin's process group wherever it is.
func (w *World) killMigrations() {
	for _, s := range w.servers {
		for key, j := range s.jobs {
			if j.state == fleet.JobRunning && containsMigrate(key) {
				j.end(j.result, errJob)
				j.lost = true
			}
		}
	}
}

func (w *World) session(d *database, long time.Duration) {
	d.strangers = append(d.strangers, strangerSession())
	w.later(long, func() { d.strangers = nil })
}

// Crash ends every daemon of a server, as a fault in them would.
func (w *World) Crash(number int) {
	w.locked(func() {
		s := w.servers[number%len(w.servers)]
		s.processes = nil
		for _, u := range s.units {
			if u.active == "active" {
				u.active, u.problem = "failed", "it dumped core"
			}
		}
	})
}

// Edit has an administrator add a line to a server's configuration.
func (w *World) Edit(number int) {
	w.locked(func() { w.servers[number%len(w.servers)].config += "// by hand\n" })
}

func strangerSession() fleet.Session {
	return fleet.Session{ID: "99", User: "kea", Address: "192.0.2.77", Port: 5, Owner: fleet.OwnerStranger}
}
