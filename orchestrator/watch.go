package orchestrator

import (
	"context"
	"sync"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// look is how often the watch looks.
const look = time.Second

// watcher looks at the servers that are not started and at the databases, all the time from the stop to the end.
type watcher struct {
	start chan struct{}
	once  sync.Once
	ended chan struct{}
}

func (w *watcher) begin() { w.once.Do(func() { close(w.start) }) }
func (w *watcher) wait()  { <-w.ended }

// watch looks once the fleet is quiet, until ctx ends. It changes nothing: what it sees keeps new effects from beginning.
func (g *groupDrive) watch(ctx context.Context) *watcher {
	w := &watcher{start: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		select {
		case <-w.start:
		case <-ctx.Done():
			return
		}
		g.looking(ctx)
	}()
	return w
}

func (g *groupDrive) looking(ctx context.Context) {
	for tick := time.NewTicker(look); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return
		}
		if v := g.othersQuiet(ctx); ctx.Err() == nil {
			g.seen(ctx, v)
		}
	}
}

// seen takes what the watch saw. A look that failed is no stranger: the gates ask for themselves. A server whose
// fence was lifted meanwhile is asked about no more.
func (g *groupDrive) seen(ctx context.Context, v fleet.Verdict) {
	if v.OK() {
		return
	}
	if v.Answer == fleet.No {
		v = g.othersQuiet(ctx) // twice in a row: a fence that was being lifted is no stranger
	}
	g.mu.Lock()
	known := g.stranger.Saw != ""
	if v.Answer == fleet.No {
		g.stranger = v
	}
	g.mu.Unlock()
	if v.Answer != fleet.No || known || ctx.Err() != nil {
		return
	}
	if err := g.record(ctx, journal.Event{Type: journal.Stranger}.With(v.Saw)); err != nil {
		g.halt(err)
	}
}
