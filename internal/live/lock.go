package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
)

// grip is a lock of the database server.
type grip struct{ *dbcheck.Lock }

func (g grip) Holder() string { return named(g.Session()) }

// named stands for one connection to a database server, and no other that it ever had or will have. Empty where that is not told.
func named(s dbcheck.Session) string {
	if s.Key == "" || s.Port == 0 {
		return ""
	}
	return fmt.Sprintf("session %d of %s:%d, %s", s.ID, s.Host, s.Port, s.Key)
}

// Lock takes an advisory lock of the database server on a connection of its own. The lock carries no text: the marker on each
// server names its driver.
func (f *Fleet) Lock(ctx context.Context, at fleet.Place, name, former string) (orchestrator.Lock, error) {
	dial, target, err := f.way(ctx, at, asAdmin)
	if err != nil {
		return nil, err
	}
	lock, err := dbcheck.AcquireLock(ctx, dial, target, name)
	var other *dbcheck.LockHeldError
	if errors.As(err, &other) && f.letGo(ctx, at, other.Holder, former) {
		lock, err = dbcheck.AcquireLock(ctx, dial, target, name)
	}
	switch {
	case errors.As(err, &other):
		return nil, fmt.Errorf("%w: %s", orchestrator.ErrLocked, f.whose(ctx, at, other.Holder))
	case errors.Is(err, dbcheck.ErrLockUnsupported):
		return nil, fmt.Errorf("%w: %w", orchestrator.ErrNoLocks, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", at.Server, err)
	}
	return grip{lock}, nil
}

// unheld is how long a session that was ended may keep its lock.
const unheld = 2 * time.Second

// letGo ends the session that holds a lock if one of our own lost connections left it behind, or a dead drive of the run. It says whether
// the lock is worth asking for again.
func (f *Fleet) letGo(ctx context.Context, at fleet.Place, holder dbcheck.Session, former string) bool {
	if (former == "" || named(holder) != former) && !f.leftByUs(ctx, at, holder) {
		return false
	}
	db, err := f.database(ctx, at, asAdmin, toWatch)
	if err != nil {
		return false
	}
	there := func() bool { // this connection may be with another server behind the same address, where the number is somebody else's
		all, _, err := db.Sessions(ctx)
		return err == nil && slices.ContainsFunc(all, func(s dbcheck.Session) bool { return s.ID == holder.ID && s.Key == holder.Key })
	}
	if !there() {
		return true
	}
	if err := db.EndSession(ctx, holder.ID); err != nil {
		return !there() // it has ended by itself
	}
	for end := time.Now().Add(unheld); time.Now().Before(end) && there(); {
	}
	return true
}

// leftByUs says whether a session is of a connection of this process that was lost.
func (f *Fleet) leftByUs(ctx context.Context, at fleet.Place, holder dbcheck.Session) bool {
	sessions, err := f.attribute(ctx, at, []dbcheck.Session{holder})
	return err == nil && len(sessions) > 0 && sessions[0].Owner == fleet.OwnerOurs && !f.isOurs(holder.ID)
}

// whose says who holds a lock, with the server that its session comes from.
func (f *Fleet) whose(ctx context.Context, at fleet.Place, holder dbcheck.Session) string {
	if holder.User == "" {
		return fmt.Sprintf("session %d of the database server, which this account cannot see", holder.ID)
	}
	sessions, err := f.attribute(ctx, at, []dbcheck.Session{holder})
	if err != nil || len(sessions) == 0 {
		return holder.String()
	}
	text := fmt.Sprintf("session %s of %s", sessions[0].ID, sessions[0])
	if program, pid, ok := strings.Cut(strings.TrimSuffix(sessions[0].Process, "]"), "["); ok && strings.HasPrefix(program, "sshd") {
		text += fmt.Sprintf("; if that is a drive whose machine is gone, end its way in, on %s: kill %s", sessions[0].Server, pid)
	}
	return text
}
