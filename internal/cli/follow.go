package cli

import (
	"fmt"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator/journal"
)

// lookAgain is how often a journal that is followed is read.
const lookAgain = time.Second

// follow shows a run as it goes, until nobody drives it: where it stands, each event from then on as its driver's terminal shows it, and where it
// stands in the end. As JSON it is the events alone, from the first, as the drive itself writes them.
func (p *program) follow(c *ufcli.Context, s store, k kept) error {
	f := following{program: p, c: c, store: s, run: k.status.Run, progress: view.NewProgress(p.paper(p.Out, plainly(c)))}
	if !asJSON(c) {
		if err := p.show(c, statusOf(k, c)); err != nil {
			return err
		}
		f.shown = k.events
	}
	if err := isWhole(c, k); err != nil {
		return err
	}
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		// Asked first: what the drive wrote before it ended is there when it has.
		driven, err := s.Driven(f.run)
		if err != nil {
			return noSuchRun(f.run, err)
		}
		if err := f.more(); err != nil {
			return err
		}
		if !driven {
			break
		}
		select {
		case <-tick.C:
		case <-c.Context.Done():
			return c.Context.Err()
		}
	}
	if asJSON(c) {
		return nil
	}
	k, err := s.read(c.Context, f.run)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.Out)
	if err := p.show(c, statusOf(k, c)); err != nil {
		return err
	}
	return isWhole(c, k)
}

// following is how far a journal was shown.
type following struct {
	*program
	c        *ufcli.Context
	store    store
	run      string
	fold     journal.Folding
	progress *view.Progress
	read     int // events
	shown    int // of them by where the run stood at first
}

// more shows the events that came since.
func (f *following) more() error {
	n := 0
	for e, err := range f.store.Read(f.c.Context, f.run) {
		if err != nil {
			return err
		}
		if n++; n <= f.read {
			continue
		}
		if err := f.fold.Add(e); err != nil {
			return err
		}
		f.read = n
		line := f.progress.Line(e, f.fold.Status())
		if asJSON(f.c) {
			if line, err = view.Event(e); err != nil {
				return err
			}
		}
		if f.read <= f.shown {
			continue
		}
		if _, err := fmt.Fprint(f.Out, line); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	return nil
}
