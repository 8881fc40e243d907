package world

import (
	"testing"
	"time"

	"kea-lockstep/internal/kea"
)

// TestWhoHearsOfAMigrationMayAskTheWorld: a simulated kea-admin writes each step to a disk, whose other readers ask the world.
func TestWhoHearsOfAMigrationMayAskTheWorld(t *testing.T) {
	w := New(Spec{Servers: 1, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"})
	h := w.Host("k1")
	for _, u := range h.s.units {
		h.Stop(u.name)
		h.Mask(u.name, true)
	}
	if err := h.Install(t.Context(), "3.0.3-1"); err != nil {
		t.Fatal(err)
	}
	heard := make(chan int)
	go func() {
		n := 0
		err := h.Migrate("kea1", func() bool { return true }, func(from, to kea.Schema) {
			if h.BootID() != "" && from.Compare(to) < 0 {
				n++
			}
		})
		if err != nil {
			t.Error(err)
		}
		heard <- n
	}()
	select {
	case n := <-heard:
		if n < 2 {
			t.Errorf("%d steps were heard of", n)
		}
	case <-time.After(time.Minute):
		t.Fatal("a migration waits for who hears of it, who waits for the migration")
	}
}
