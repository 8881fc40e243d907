package live

import (
	"context"
	"errors"
	"fmt"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
)

// Lock takes an advisory lock of the database server on a connection of its own. The lock carries no text: the marker on each
// server names its holder.
func (f *Fleet) Lock(ctx context.Context, at fleet.Place, name, _ string) (orchestrator.Lock, error) {
	dial, target, err := f.way(ctx, at, asAdmin)
	if err != nil {
		return nil, err
	}
	lock, err := dbcheck.AcquireLock(ctx, dial, target, name)
	var held *dbcheck.LockHeldError
	switch {
	case errors.As(err, &held):
		return nil, fmt.Errorf("%w: %s", orchestrator.ErrLocked, f.whose(ctx, at, held.Holder))
	case errors.Is(err, dbcheck.ErrLockUnsupported):
		return nil, fmt.Errorf("%w: %w", orchestrator.ErrNoLocks, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", at.Server, err)
	}
	return lock, nil
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
	return fmt.Sprintf("session %s of %s", sessions[0].ID, sessions[0])
}
