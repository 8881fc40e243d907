package world

import (
	"slices"
	"time"

	"kea-lockstep/internal/fleet"
)

// Intrude opens a session of a Kea that nobody listed, from 192.0.2.77, in a database. It stays until leave is called.
func (w *World) Intrude(database int) (leave func()) {
	d := w.databases[database%len(w.databases)]
	w.locked(func() {
		d.strangers = append(d.strangers, fleet.Session{ID: "98", User: "kea", Address: "192.0.2.77", Port: 5, Owner: fleet.OwnerStranger})
	})
	return func() {
		w.locked(func() {
			d.strangers = slices.DeleteFunc(slices.Clone(d.strangers), func(s fleet.Session) bool { return s.ID == "98" })
		})
	}
}

// TakeLock ends the connection that holds the lock of a database. Somebody else holds it from then on, for a while.
func (w *World) TakeLock(database int, by string, long time.Duration) {
	w.locked(func() {
		d := w.databases[database%len(w.databases)]
		if d.lock != nil {
			d.lock.drop0()
		}
		d.locked = by
		w.later(long, func() {
			if d.locked == by {
				d.locked = ""
			}
		})
	})
}
