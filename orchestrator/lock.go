package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
)

// locks are the advisory locks of one group's databases.
type locks struct {
	cancel context.CancelFunc
	mu     sync.Mutex
	held   map[fleet.DatabaseID]Lock
}

// lock takes the advisory lock of every database of the group, which names this driver to others. Markers are what keeps two
// drives apart; the lock says so early, and by name.
func (g *groupDrive) lock(ctx context.Context) (*locks, error) {
	watch, cancel := context.WithCancel(ctx)
	l := &locks{cancel: cancel, held: map[fleet.DatabaseID]Lock{}}
	if g.Locker == nil {
		return l, nil
	}
	for _, d := range g.group.Databases {
		held, err := g.Locker.Lock(ctx, d.At, LockName(d.ID), g.Driver+" run "+g.Run)
		if errors.Is(err, ErrNoLocks) {
			continue
		}
		if err != nil {
			l.release()
			return nil, fmt.Errorf("locking %s: %w", d.At, err)
		}
		l.held[d.ID] = held
		go g.keep(watch, l, d, held)
	}
	return l, nil
}

// keep takes a lost lock again, once: the database may have been restarted. When another has taken it meanwhile, nothing new
// begins.
func (g *groupDrive) keep(ctx context.Context, l *locks, d DatabasePlan, held Lock) {
	select {
	case <-held.Lost():
	case <-ctx.Done():
		return
	}
	again, err := g.Locker.Lock(ctx, d.At, LockName(d.ID), g.Driver+" run "+g.Run)
	if err == nil {
		l.mu.Lock()
		l.held[d.ID] = again
		l.mu.Unlock()
		return
	}
	if errors.Is(err, ErrLocked) {
		g.mu.Lock()
		g.stranger = fleet.Deny("the lock of %s is lost: %v", d.At, err)
		g.mu.Unlock()
	}
}

// release lets go of every lock. One that cannot be released ends with its connection.
func (l *locks) release() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, held := range l.held {
		_ = held.Release(ctx)
	}
}

// LockName names the lock of a database: at most 64 characters, MySQL's limit.
func LockName(id fleet.DatabaseID) string {
	return "kea-lockstep:" + Digest([]byte(id))[:32]
}
