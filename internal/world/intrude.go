package world

import (
	"slices"

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
