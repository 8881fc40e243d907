//go:build lab

package lab

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Crowd keeps the database's server full.
type Crowd struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// ExhaustConnections opens sessions of the witness's account until the server takes no more, and returns; whatever place
// becomes free later is taken, too, until Disperse. MariaDB keeps one place more for accounts with CONNECTION ADMIN,
// PostgreSQL three for superusers: SQL goes on working on either.
func (f *Fleet) ExhaustConnections(ctx context.Context) (*Crowd, error) {
	db, err := f.OpenDatabase(WitnessUser, WitnessPassword, f.Witness)
	if err != nil {
		return nil, err
	}
	// The context is for the filling; Disperse ends the crowd.
	stay, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &Crowd{stop: stop, ended: make(chan struct{})}
	full := make(chan error, 1)
	go func() {
		defer close(c.ended)
		crowd(stay, db, full)
	}()
	select {
	case err = <-full:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		c.Disperse()
		return nil, fmt.Errorf("filling the database's server: %w", err)
	}
	return c, nil
}

// crowd takes every place there is, again and again, and says on full when there was none for the first time.
func crowd(ctx context.Context, db *sql.DB, full chan<- error) {
	defer db.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var sessions []*sql.Conn
	defer func() {
		for _, s := range sessions {
			_ = s.Close()
		}
	}()
	for told := false; ctx.Err() == nil; {
		s, err := db.Conn(ctx)
		if err == nil {
			sessions = append(sessions, s)
			continue
		}
		if !told {
			told = true
			if len(sessions) > 0 {
				err = nil
			}
			full <- err
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// Disperse ends the crowd's sessions.
func (c *Crowd) Disperse() {
	c.stop()
	<-c.ended
}
