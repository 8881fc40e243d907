package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

// between is how often a drive looks whether another terminal asked something of it.
const between = 300 * time.Millisecond

// wishes are what another terminal may ask of a drive, each by a file beside the run's journal, in the order in which they are heard: an
// abort takes a pause back.
var wishes = [...]struct {
	request orchestrator.Request
	said    string // by the drive that hears it
	until   string // what who asks waits for
}{
	{orchestrator.Pause, "another terminal asks to pause; what is in flight ends, and no phase begins after it", "has paused"},
	{orchestrator.Abort, "another terminal asks to back out; what is in flight ends first", "has backed out"},
}

// wishFile is where another terminal asks something of the drive of a run.
func (s store) wishFile(run string, r orchestrator.Request) string {
	return filepath.Join(s.dir, run+"."+string(r))
}

// forget removes what was asked and not heard.
func (s store) forget(run string) {
	for _, w := range wishes {
		_ = os.Remove(s.wishFile(run, w.request)) // as a rule there is none
	}
}

// hearOthers hands on what other terminals ask, until ctx ends.
func (d *driving) hearOthers(ctx context.Context) {
	for tick := time.NewTicker(between); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return
		}
		for _, w := range wishes {
			if os.Remove(d.store.wishFile(d.drive.Run, w.request)) == nil {
				d.op.request(w.request)
				d.op.say("kea-lockstep: " + w.said + "\n")
			}
		}
	}
}

// askDriver asks the process that drives the run, and waits until it is done with it. It gives the run as it then is, and whether the process
// heard.
func (p *program) askDriver(ctx context.Context, s store, k kept, r orchestrator.Request) (kept, bool, error) {
	run, file := k.status.Run, s.wishFile(k.status.Run, r)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return k, false, fmt.Errorf("asking %s to %s: %w", k.status.Driver, r, err)
	}
	for _, w := range wishes {
		if w.request == r {
			fmt.Fprintf(p.Err, "kea-lockstep: waiting until %s %s\n", k.status.Driver, w.until)
		}
	}
	ctx, stop := p.untilInterrupted(ctx)
	defer stop()
	for k.driven {
		select {
		case <-time.After(between):
		case <-ctx.Done():
			return k, false, exitError{code: codeInterrupted, err: fmt.Errorf("not waiting any longer; %s was asked all the same", k.status.Driver)}
		}
		var err error
		if k, err = s.read(ctx, run); err != nil {
			return k, false, err
		}
	}
	return k, os.Remove(file) != nil, nil // what is there still was not heard
}

// endedElsewhere says how the drive of another process ended, and ends with its exit code.
func (p *program) endedElsewhere(c *ufcli.Context, k kept) error {
	page := view.NewPage(p.paper(p.Err, plainly(c)))
	view.NewEnding(k.status, where(c)).Text(page)
	fmt.Fprint(p.Err, page)
	if exit := outcome(k.status, false, false); exit != codeDone {
		return exitError{code: exit}
	}
	return nil
}
