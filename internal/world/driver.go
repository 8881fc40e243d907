package world

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
)

// Fault is what goes wrong at one point of a driver's way to the world.
type Fault string

// The faults. Kill ends the driver: from there it does nothing more, whatever it tries.
const (
	NoFault     Fault = ""
	KillBefore  Fault = "killed before"
	KillAfter   Fault = "killed after"
	KillAmid    Fault = "killed amid"                      // a while after an order was given: its job goes on
	Fails       Fault = "fails"                            // nothing happens, and it says so
	Lost        Fault = "its result is lost"               // it happens, and nobody hears of it
	Hangs       Fault = "hangs"                            // nothing happens until the deadline
	Parts       Fault = "its connection breaks"            // a while after an order was given: its job goes on
	FalseFailed Fault = "succeeds while reporting failure" // kea-admin, apt
	FalseDone   Fault = "fails while reporting success"
)

// Point is one moment at which a fault can happen: a query, an effect or a write of the journal.
type Point struct {
	Number int
	Kind   string // "append", "do", "look"
	What   string
}

// errKilled is what a killed driver gets for everything it tries.
var errKilled = errors.New("the driver is dead")

// errFault is what a fault reports.
var errFault = errors.New("fault injected")

// Driver is one process's way to the world: it implements fleet.Observer, orchestrator.Actor, orchestrator.Locker and
// journal.Log. Every call counts as a point.
type Driver struct {
	w    *World
	log  *Log
	name string
	// At decides what goes wrong at a point. Nil: nothing does. It may disturb the world.
	At func(Point) Fault

	mu     sync.Mutex
	points int
	dead   bool
	gone   chan struct{} // closed at its death
	locks  []*lock
}

// amid is how long after an order KillAmid kills.
const amid = 200 * time.Millisecond

// Drive makes a driver over the world with a journal.
func (w *World) Drive(name string, log *Log) *Driver {
	return &Driver{w: w, log: log, name: name, gone: make(chan struct{})}
}

// Life gives a context that ends with the driver, or when end is called.
func (d *Driver) Life() (ctx context.Context, end context.CancelFunc) {
	ctx, end = context.WithCancel(context.Background())
	go func() {
		select {
		case <-d.gone:
			end()
		case <-ctx.Done():
		}
	}()
	return ctx, end
}

// Points gives how many points the driver has passed.
func (d *Driver) Points() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.points
}

// Dead reports whether the driver was killed.
func (d *Driver) Dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

// point passes one point and says what goes wrong there.
func (d *Driver) point(kind, format string, args ...any) (Fault, error) {
	d.mu.Lock()
	if d.dead {
		d.mu.Unlock()
		return NoFault, errKilled
	}
	d.points++
	at := Point{d.points, kind, fmt.Sprintf(format, args...)}
	d.mu.Unlock()
	if d.At == nil {
		return NoFault, nil
	}
	f := d.At(at)
	if f == KillBefore {
		d.kill()
		return f, errKilled
	}
	return f, nil
}

func (d *Driver) kill() {
	d.mu.Lock()
	locks := d.locks
	if !d.dead {
		close(d.gone)
	}
	d.dead = true
	d.mu.Unlock()
	if d.w.lingers {
		return
	}
	for _, l := range locks {
		l.drop()
	}
}

// after ends a point that was passed: a driver killed there never hears of it.
func (d *Driver) after(f Fault) error {
	if f == KillAfter {
		d.kill()
	}
	if d.Dead() {
		return errKilled
	}
	return nil
}

// look wraps one query: its cost in time, and its faults.
func look[T any](ctx context.Context, d *Driver, what string, ask func() (T, error)) (T, error) {
	var none T
	f, err := d.point("look", "%s", what)
	if err != nil {
		return none, err
	}
	switch f {
	case Hangs:
		return none, d.hang(ctx)
	case Fails, Lost, FalseFailed, FalseDone:
		return none, errFault
	}
	select {
	case <-time.After(d.w.speed.Command):
	case <-ctx.Done():
		return none, ctx.Err()
	}
	d.w.mu.Lock()
	answer, err := ask()
	d.w.mu.Unlock()
	if dead := d.after(f); dead != nil {
		return none, dead
	}
	return answer, err
}

// hang waits as long as a command may.
func (d *Driver) hang(ctx context.Context) error {
	select {
	case <-time.After(20 * time.Second):
		return errFault
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Log is a journal in memory that outlives its drivers.
type Log struct {
	mu     sync.Mutex
	events []journal.Event
}

// Append adds events through this driver, which may be killed before or after they are durable.
func (d *Driver) Append(_ context.Context, events ...journal.Event) error {
	f, err := d.point("append", "%s %s%s", events[0].Type, events[0].Phase, events[0].Step)
	if err != nil {
		return err
	}
	if f == Fails {
		return fmt.Errorf("no space left on device: %w", errFault)
	}
	d.log.mu.Lock()
	for _, e := range events {
		e.Seq = len(d.log.events) + 1
		d.log.events = append(d.log.events, e)
	}
	d.log.mu.Unlock()
	return d.after(f)
}

// Hold implements journal.Log: what keeps a second drive of one run away is the files' own to prove.
func (d *Driver) Hold(string) error {
	if d.Dead() {
		return errKilled
	}
	return nil
}

// Read yields the events.
func (d *Driver) Read(context.Context, string) iter.Seq2[journal.Event, error] { return d.log.Events() }

// Events yields every event of the log.
func (l *Log) Events() iter.Seq2[journal.Event, error] {
	l.mu.Lock()
	events := append([]journal.Event(nil), l.events...)
	l.mu.Unlock()
	return func(yield func(journal.Event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Home implements journal.Log.
func (d *Driver) Home(string) string { return fmt.Sprintf("%p", d.log) }

// After gives the events after a number.
func (l *Log) After(seq int) []journal.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]journal.Event(nil), l.events[seq:]...)
}

// lock is one advisory lock held by a driver.
type lock struct {
	w      *World
	d      *database
	holder string
	lost   chan struct{}
	once   sync.Once
}

// Lock takes the advisory lock of a database for this driver.
func (d *Driver) Lock(ctx context.Context, at fleet.Place, _, former string) (orchestrator.Lock, error) {
	return look(ctx, d, "lock "+at.Name, func() (orchestrator.Lock, error) {
		b := d.w.database(at)
		if b.lock != nil && b.lock.holder == former {
			b.lock.drop0()
		}
		if b.locked != "" {
			return nil, fmt.Errorf("%w: %s", orchestrator.ErrLocked, b.locked)
		}
		d.w.sessions++
		l := &lock{w: d.w, d: b, holder: fmt.Sprintf("session %d", d.w.sessions), lost: make(chan struct{})}
		b.locked, b.lock = d.name, l
		d.mu.Lock()
		d.locks = append(d.locks, l)
		d.mu.Unlock()
		return l, nil
	})
}

func (l *lock) Holder() string { return l.holder }

func (l *lock) Lost() <-chan struct{} { return l.lost }

func (l *lock) Release(context.Context) error {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.drop0()
	return nil
}

// drop ends a lock with its connection.
func (l *lock) drop() {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.drop0()
}

func (l *lock) drop0() {
	l.once.Do(func() {
		if l.d.lock == l {
			l.d.locked, l.d.lock = "", nil
		}
		close(l.lost)
	})
}

var (
	_ fleet.Observer      = (*Driver)(nil)
	_ orchestrator.Actor  = (*Driver)(nil)
	_ orchestrator.Locker = (*Driver)(nil)
	_ journal.Log         = (*Driver)(nil)
)
