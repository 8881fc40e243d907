package database

import (
	"fmt"
	"time"

	"kea-lockstep/internal/kea"
)

// Schema gives the schema that a database is at, Kea's or a scratch one; false where it is empty or not there.
func (s *Server) Schema(name string) (kea.Schema, bool) {
	c, ok := s.holds(name)
	return c.Schema, ok
}

// Climb migrates a scratch database, in about that time. It is torn meanwhile, and gone where somebody drops it.
func (s *Server) Climb(name string, to kea.Schema, takes time.Duration) error {
	move := func(torn bool) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		c := s.scratch[name]
		if c == nil {
			return fmt.Errorf("%s is no scratch database with a schema", name)
		}
		moved := *c
		if moved.Torn = torn; !torn {
			moved.Schema = to
		}
		s.scratch[name] = &moved
		return nil
	}
	if err := move(true); err != nil {
		return err
	}
	time.Sleep(takes)
	return move(false)
}
