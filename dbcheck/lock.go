package dbcheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

var (
	// ErrLockHeld is returned by AcquireLock where another session holds the
	// lock; the error is a *LockHeldError.
	ErrLockHeld = errors.New("the lock is held")
	// ErrLockUnsupported is returned by AcquireLock where there is no lock that
	// every client of the database would see: Galera, group replication, or a
	// pooler, which may hand each question to another session of the server.
	ErrLockUnsupported = errors.New("advisory locks are not supported here")
	// ErrLockLost is what Lock.Err gives once the lock is gone.
	ErrLockLost = errors.New("the lock is lost")
)

// LockHeldError names who holds a lock.
type LockHeldError struct {
	Name   string
	Holder Session // only the ID, where the account may not see the session
}

// Error names the lock and its holder.
func (e *LockHeldError) Error() string {
	if e.Holder.ID == 0 {
		return fmt.Sprintf("lock %q was held, and is free again by now", e.Name)
	}
	if e.Holder.User == "" {
		return fmt.Sprintf("lock %q is held by connection %d (not visible to this account)", e.Name, e.Holder.ID)
	}
	return fmt.Sprintf("lock %q is held by %v", e.Name, e.Holder)
}

// Is makes errors.Is(err, ErrLockHeld) true.
func (e *LockHeldError) Is(target error) bool { return target == ErrLockHeld }

const (
	lockInterval = time.Second     // between two looks at the lock
	lockTimeout  = 5 * time.Second // for one look; longer counts as lost
	lockNameMax  = 64              // MySQL's limit, in characters
)

// Lock is an advisory lock (GET_LOCK, pg_advisory_lock), held by a connection of
// its own for as long as that lives. It keeps cooperating drivers apart and nobody else: Kea
// and kea-admin do not ask for it.
type Lock struct {
	name    string
	words   lockWords
	session Session
	pool    *sql.DB
	conn    *sql.Conn
	lost    chan struct{}
	stop    chan struct{}
	done    chan struct{}

	once sync.Once
	mu   sync.Mutex
	err  error
}

// AcquireLock opens a connection and takes the lock without waiting. The name
// is at most 64 characters. MySQL knows it in the whole server, PostgreSQL in the
// target's database only.
//
// Errors: those of Open, *LockHeldError (ErrLockHeld), ErrLockUnsupported.
func AcquireLock(ctx context.Context, dial Dialer, target Target, name string) (*Lock, error) {
	doing := fmt.Sprintf("taking lock %q on %s", name, target)
	if name == "" || len([]rune(name)) > lockNameMax {
		return nil, fmt.Errorf("%s: the name must have 1 to %d characters", doing, lockNameMax)
	}
	db, err := Open(ctx, dial, target)
	if err != nil {
		return nil, err
	}
	own, err := take(ctx, db, doing, name)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return hold(ctx, db, doing, name, own)
}

func take(ctx context.Context, db *DB, doing, name string) (Session, error) {
	identity, err := db.Identity(ctx)
	if err != nil {
		return Session{}, err
	}
	switch {
	case identity.Galera || identity.Group:
		return Session{}, &Error{Doing: doing, Kind: ErrLockUnsupported, Err: fmt.Errorf("%s is a node of %s", db.target.Addr, identity.Server)}
	case identity.Pooled:
		return Session{}, &Error{Doing: doing, Kind: ErrLockUnsupported, Err: fmt.Errorf("%s is a pooler of connections", db.target.Addr)}
	}
	ctx, cancel := db.limit(ctx)
	defer cancel()
	words := db.dialect.lock(name)
	var id uint64
	var got sql.NullInt64
	err = db.sql.QueryRowContext(ctx, words.take, words.args...).Scan(&id, &got)
	switch {
	case notSupported(err):
		return Session{}, &Error{Doing: doing, Kind: ErrLockUnsupported, Err: err}
	case err != nil:
		return Session{}, fail(doing, err)
	case got.Int64 == 1:
		return session(ctx, db, id)
	}
	return Session{}, heldBy(ctx, db, name)
}

func notSupported(err error) bool { return numbered(err, 1235) }

// heldBy finds the holder's session.
func heldBy(ctx context.Context, db *DB, name string) error {
	held := &LockHeldError{Name: name}
	var id sql.NullInt64
	words := db.dialect.lock(name)
	if err := db.sql.QueryRowContext(ctx, words.holder, words.args...).Scan(&id); err != nil {
		return db.fail("looking for the holder of a lock", err)
	}
	var err error
	if held.Holder, err = session(ctx, db, uint64(id.Int64)); err != nil {
		return err
	}
	return held
}

// session finds a session by its number. One that the account may not see has nothing but that.
func session(ctx context.Context, db *DB, id uint64) (Session, error) {
	sessions, _, err := db.Sessions(ctx)
	if err != nil {
		return Session{}, err
	}
	for _, s := range sessions {
		if s.ID == id {
			return s, nil
		}
	}
	return Session{ID: id}, nil
}

// hold pins the connection that took the lock and watches it.
func hold(ctx context.Context, db *DB, doing, name string, own Session) (*Lock, error) {
	conn, err := db.sql.Conn(ctx)
	if err != nil {
		_ = db.Close()
		return nil, fail(doing, err)
	}
	l := &Lock{name: name, words: db.dialect.lock(name), session: own, pool: db.sql, conn: conn,
		stop: make(chan struct{}), lost: make(chan struct{}), done: make(chan struct{})}
	if err := l.look(ctx); err != nil { // the pool may have dialed again in between
		_ = conn.Close()
		_ = db.Close()
		return nil, fail(doing, err)
	}
	go l.keep()
	return l, nil
}

// keep looks at the lock until it is released or lost. Looking also keeps the
// connection from being idle. A look is never cut short by Release: the driver
// would close the connection with it.
func (l *Lock) keep() {
	defer close(l.done)
	tick := time.NewTicker(lockInterval)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		if err := l.look(context.Background()); err != nil {
			l.mu.Lock()
			l.err = fmt.Errorf("%w: %w", ErrLockLost, err)
			l.mu.Unlock()
			close(l.lost)
			return
		}
	}
}

func (l *Lock) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	var holder sql.NullInt64
	if err := l.conn.QueryRowContext(ctx, l.words.holder, l.words.args...).Scan(&holder); err != nil {
		return err
	}
	if uint64(holder.Int64) != l.session.ID {
		return fmt.Errorf("connection %d took the lock, and connection %d holds it", l.session.ID, holder.Int64)
	}
	return nil
}

// Session is the connection that holds the lock, as the server's list of sessions
// had it when the lock was taken.
func (l *Lock) Session() Session { return l.session }

// Lost is closed when the lock is no longer ours, at most about six seconds
// after the fact. Release does not close it.
func (l *Lock) Lost() <-chan struct{} { return l.lost }

// Err says why the lock was lost; nil while it is held.
func (l *Lock) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Release gives the lock back and closes its connection, which frees the lock
// in any case once the server notices.
func (l *Lock) Release(ctx context.Context) error {
	l.once.Do(func() { close(l.stop) })
	<-l.done
	defer l.pool.Close()
	defer l.conn.Close()
	if err := l.Err(); err != nil {
		return err
	}
	var freed sql.NullInt64
	if err := l.conn.QueryRowContext(ctx, l.words.release, l.words.args...).Scan(&freed); err != nil {
		return fail(fmt.Sprintf("releasing lock %q", l.name), err)
	}
	if freed.Int64 != 1 {
		return fmt.Errorf("releasing lock %q: %w", l.name, ErrLockLost)
	}
	return nil
}
