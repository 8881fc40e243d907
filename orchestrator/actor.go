package orchestrator

import (
	"context"
	"errors"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// Order is a step as it is given to the actor: which drive asks for it, and everything of the plan that it may need.
type Order struct {
	Step
	Run     string
	Epoch   int
	Attempt int    // a job's key is run, step and attempt: the same key is never started twice
	Driver  string // who drives, for people
	Plan    *Plan
	Group   *GroupPlan
	Results func(step string) journal.Result // what a step that is done reported
	// Progress hears how far a migration has come; of what is heard at once, as of a job that is found under way, the newest will do. Nil:
	// nobody listens.
	Progress func(journal.Progress)
}

// Actor changes the fleet. Every order can be given again: an actor that finds its job running waits for it, and one that finds
// it ended reports its end.
//
// Do's nil error says only that the commands reported success; the engine asks the world whether it is so.
type Actor interface {
	Do(ctx context.Context, o Order) (journal.Result, error)
}

// Locker takes advisory locks that name a driver to others.
type Locker interface {
	// Lock takes the lock of a database. The former holder is what Lock.Holder gave a drive of the run that is dead: where it has the
	// lock still, it is made to let go. ErrLocked, wrapped with the holder, when somebody else has it; ErrNoLocks where the engine
	// grants none.
	Lock(ctx context.Context, at fleet.Place, name, former string) (Lock, error)
}

// Lock is one held lock.
type Lock interface {
	// Holder stands for what holds the lock, and for nothing else ever. It may outlive this process, as a connection does whose way is
	// cut. Empty where that cannot be told.
	Holder() string
	// Lost is closed when the lock is no longer held.
	Lost() <-chan struct{}
	Release(ctx context.Context) error
}

// ErrFateUnknown is returned by Actor.Do when the commands may or may not have run, or may still be running: the connection went
// away, or a claimed job is neither running nor ended. Only a probe tells.
var ErrFateUnknown = errors.New("it is not known whether it was done")

// ErrUnreached is returned by Actor.Do when the server, or the database that the order is about, could not be reached: nothing was
// done.
var ErrUnreached = errors.New("no answer")

// ErrSuperseded is returned by Actor.Do when the server's marker names another run or a higher epoch: somebody else drives.
// Nothing more may be done by this drive.
var ErrSuperseded = errors.New("another drive has taken over")

// ErrLocked is returned by Locker.Lock when another session has the lock.
var ErrLocked = errors.New("locked by somebody else")

// ErrNoLocks is returned by Locker.Lock where the engine or a proxy grants no advisory locks.
var ErrNoLocks = errors.New("no advisory locks here")
