package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// locks are the advisory locks of one group's databases.
type locks struct {
	cancel  context.CancelFunc
	keepers sync.WaitGroup
	mu      sync.Mutex
	held    map[fleet.DatabaseID]Lock
}

// errUnlocked is a lock that this drive does not have: who has it may be at work right now.
var errUnlocked = errors.New("the run is not locked")

// lock takes the advisory lock of every database of the group, which names this driver to others. Markers are what keeps two
// drives apart; the lock says so early, and by name.
func (g *groupDrive) lock(ctx context.Context) (*locks, error) {
	watch, cancel := context.WithCancel(ctx)
	l := &locks{cancel: cancel, held: map[fleet.DatabaseID]Lock{}}
	if g.Locker == nil {
		return l, nil
	}
	for _, d := range g.group.Databases {
		held, err := g.take(ctx, d, g.former(d.ID), func(err error) bool { return errors.Is(err, ErrLocked) })
		if errors.Is(err, ErrNoLocks) {
			continue
		}
		if err != nil {
			l.release()
			return nil, err
		}
		l.put(d.ID, held)
		if err := g.holding(ctx, d, held); err != nil {
			l.release()
			return nil, err
		}
		l.keepers.Go(func() { g.keep(watch, l, d, held) })
	}
	return l, nil
}

// holding writes down what holds a lock, for the next drive: this one may be gone and that not.
func (g *groupDrive) holding(ctx context.Context, d DatabasePlan, held Lock) error {
	return g.record(ctx, journal.Event{Type: journal.Locked}.With(journal.Hold{Database: d.ID, Holder: held.Holder(), Home: g.Log.Home(g.Run)}))
}

// former is what held a lock for the drive before. Two drives never write the same journal, so where it is the same that one is dead; a
// copy of it says nothing.
func (g *groupDrive) former(id fleet.DatabaseID) string {
	before := g.status().Holders[id]
	if before.Home == "" || before.Home != g.Log.Home(g.Run) {
		return ""
	}
	return before.Holder
}

// take takes the lock of a database, and tries again as long as it may be away, unless the error is final or the operator wants to hold.
func (g *groupDrive) take(ctx context.Context, d DatabasePlan, former string, final func(error) bool) (held Lock, err error) {
	g.until(ctx, patience, func() fleet.Verdict {
		held, err = g.Locker.Lock(ctx, d.At, LockName(d.ID), former)
		switch {
		case err == nil, errors.Is(err, ErrNoLocks), final(err), g.holds(g.mayAct()):
			return fleet.Affirm("") // that is the answer
		case errors.Is(err, ErrLocked):
			return fleet.Deny("%v", err)
		default:
			return fleet.Doubt("%v", err)
		}
	})
	if asked := g.mayAct(); err != nil && g.holds(asked) {
		return nil, fmt.Errorf("%w: locking %s: %w", asked, d.At, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: locking %s: %w", errUnlocked, d.At, err)
	}
	return held, nil
}

// keep takes a lost lock again: the database may have been restarted. Where it stays away, or another has taken it meanwhile and
// keeps it, nothing new begins.
func (g *groupDrive) keep(ctx context.Context, l *locks, d DatabasePlan, held Lock) {
	for {
		select {
		case <-held.Lost():
		case <-ctx.Done():
			return
		}
		again, err := g.take(ctx, d, held.Holder(), func(error) bool { return false })
		if err == nil {
			held = again
			l.put(d.ID, held)
			err = g.holding(ctx, d, held)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			g.mu.Lock()
			g.unlocked = err
			g.mu.Unlock()
			return
		}
	}
}

func (l *locks) put(id fleet.DatabaseID, held Lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[id] = held
}

// release lets go of every lock.
func (l *locks) release() {
	l.cancel()
	l.keepers.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, held := range l.held {
		letGo(held)
	}
}

// letGo releases a lock. One that cannot be ends with its connection.
func letGo(held Lock) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = held.Release(ctx)
}

// LockName names the lock of a database: at most 64 characters, MySQL's limit.
func LockName(id fleet.DatabaseID) string {
	return "kea-lockstep:" + Digest([]byte(id))[:32]
}
