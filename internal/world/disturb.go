package world

import (
	"time"

	"kea-lockstep/internal/fleet"
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
		{"a fence removed and Kea started", onServer(func(w *World, s *server) { w.unmask(s) })},
		{"a migration killed", func(w *World, _ int) { w.locked(w.killMigrations) }},
		{"the network of a server cut for 15 s", onServer(func(w *World, s *server) { w.cut(s, 15*time.Second) })},
		{"the database away for 5 s", onDatabase(func(w *World, d *database) { w.dbAway(d, 5*time.Second) })},
		{"a write to the database", onDatabase(func(_ *World, d *database) { d.contents++ })},
		{"a short session of a stranger", onDatabase(func(w *World, d *database) { w.session(d, 3*time.Second) })},
		{"a lost lock connection", onDatabase(func(_ *World, d *database) { d.locked = "" })},
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
	s.away, s.processes = true, nil
	for _, j := range s.jobs {
		j.lose()
	}
	w.later(d, func() { w.boot(s) })
}

// Die takes a server away for good: no process of it is left, and nobody reaches it.
func (w *World) Die(number int) {
	w.locked(func() {
		s := w.servers[number%len(w.servers)]
		s.away, s.processes = true, nil
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

// unmask does what a configuration management does that wants Kea to run.
func (w *World) unmask(s *server) {
	u := s.units[0]
	u.masked, u.fence = false, ""
	if u.active != "active" && len(s.processes) == 0 {
		w.start(s, u, byStranger)
	}
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
	d.strangers = append(d.strangers, fleet.Session{ID: "99", User: "kea", Address: "192.0.2.77", Port: 5, Owner: fleet.OwnerStranger})
	w.later(long, func() { d.strangers = nil })
}
