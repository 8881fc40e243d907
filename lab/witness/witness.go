//go:build lab

package witness

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"kea-lockstep/lab"
)

// How often the witness looks.
const (
	askEvery  = 100 * time.Millisecond
	readEvery = 20 * time.Millisecond
	scanEvery = 10 * time.Millisecond
)

// Witness watches one fleet, from Start to Stop.
type Witness struct {
	fleet   *lab.Fleet
	begin   time.Time
	prober  *prober
	schemas []*schemaReader // of the fleet's databases; what they keep is theirs until the workers have ended
	scanner *scanner

	stop    context.CancelFunc
	workers sync.WaitGroup
	scans   []time.Time // the process worker's until it has ended
}

// Start begins to watch. The context is for the start alone; Stop ends the watch.
func Start(ctx context.Context, fleet *lab.Fleet) (*Witness, error) {
	prober, err := newProber(ctx, fleet)
	if err != nil {
		return nil, err
	}
	var schemas []*schemaReader
	for _, engine := range fleet.Engines() {
		reader, err := newSchemaReader(fleet, engine)
		if err != nil {
			return nil, err
		}
		schemas = append(schemas, reader)
	}
	scanner, err := newScanner(fleet)
	if err != nil {
		return nil, err
	}
	w := &Witness{fleet: fleet, begin: time.Now(), prober: prober, schemas: schemas, scanner: scanner}
	watch, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	w.workers.Go(prober.listen)
	var round uint32
	w.every(watch, askEvery, func() { round++; prober.ask(round) })
	for _, s := range schemas {
		w.every(watch, readEvery, func() { s.look(watch) })
	}
	w.workers.Go(func() { w.scan(watch) })
	return w, nil
}

// scan looks for processes, on a thread of its own ahead of what else wants the machine's processors: a daemon that fails at
// its start lives for as little as 30 ms. The thread sleeps by itself, for a ticker would wake it by way of other threads.
//
// More of Go's processors than the machine has: otherwise the thread, back from a system call, waits for one that another
// thread holds while that waits for the machine. The setting stays, for another witness may watch in this process.
func (w *Witness) scan(ctx context.Context) {
	runtime.GOMAXPROCS(max(16, runtime.GOMAXPROCS(0)))
	runtime.LockOSThread() // and never unlocked: the thread ends with its priority
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 10}, 0)
	pause := unix.NsecToTimespec(scanEvery.Nanoseconds())
	for ctx.Err() == nil {
		now := time.Now()
		w.scanner.scan(now)
		w.scans = append(w.scans, now)
		_ = unix.Nanosleep(&pause, nil)
	}
}

func (w *Witness) every(ctx context.Context, interval time.Duration, look func()) {
	w.workers.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			look()
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// AwaitOffers waits until each of the named servers, or every server where none is named, gives an OFFER from now on.
func (w *Witness) AwaitOffers(ctx context.Context, servers ...string) error {
	if len(servers) == 0 {
		for _, s := range w.fleet.Servers {
			servers = append(servers, s.Name)
		}
	}
	now := time.Now()
	for _, server := range servers {
		if err := w.prober.await(ctx, server, now); err != nil {
			return err
		}
	}
	return nil
}

// AwaitSchema waits until the database, of two the one with the leases, tells the witness a version of the schema that is as wanted,
// asked from now on.
func (w *Witness) AwaitSchema(ctx context.Context, wanted func(version string) bool) error {
	now := time.Now()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the schema's version: %w", context.Cause(ctx))
		case s := <-w.schemas[0].told:
			if s.version != "" && s.asked.After(now) && wanted(s.version) {
				return nil
			}
		}
	}
}

// Stop ends the watch and says what was seen.
func (w *Witness) Stop() Report {
	end := time.Now()
	w.stop()
	_ = w.prober.conn.Close()
	w.workers.Wait()
	seen := record{begin: w.begin, end: end, offers: w.prober.offers, scans: w.scans}
	for _, s := range w.schemas {
		_ = s.db.Close()
		seen.schemas = append(seen.schemas, s.seen)
	}
	for _, s := range w.fleet.Servers {
		seen.servers = append(seen.servers, s.Name)
	}
	for _, p := range w.scanner.order {
		p.Ended = len(w.scans) > 0 && p.Last.Before(w.scans[len(w.scans)-1])
		seen.processes = append(seen.processes, *p)
	}
	return judge(seen)
}
