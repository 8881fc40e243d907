package orchestrator

import (
	"cmp"
	"context"
	"errors"
)

// pausing is what the operator's request to pause has come to in one group. It is guarded by the group's mutex.
type pausing struct {
	asked bool               // no phase begins
	later bool               // a failure turned the group first: what was asked holds the next one
	at    error              // the first phase that did not begin for it
	open  context.CancelFunc // ends the question that is open at a gate; nil: none is
}

// pausedBefore is a phase that could have begun and did not, because the operator asked to pause. It is empty where the run was about to
// be asked to go back, and stands where it stood.
type pausedBefore struct{ phase string }

func (p *pausedBefore) Error() string { return "paused before " + cmp.Or(p.phase, "going back") }

// isPause reports whether nothing failed, and the operator's request to pause is all that kept a phase from beginning.
func isPause(err error) bool {
	var p *pausedBefore
	return errors.As(err, &p)
}

// heard takes one of the operator's requests. An abort takes back a pause that was asked before it.
func (g *groupDrive) heard(r Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r == Pause {
		g.pause.asked = true
		if g.pause.open != nil {
			g.pause.open()
		}
		return
	}
	g.held = g.held || r == Hold || !g.backing // on the way back an abort is what is being done
	if r == Abort {
		g.abort, g.pause.asked, g.pause.later = true, false, false
	}
}

// mayBegin says whether a phase may begin: what is in flight beside it goes on, and ends, where only a pause was asked.
func (g *groupDrive) mayBegin(phase string) error {
	if err := g.mayAct(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pause.asked {
		return &pausedBefore{phase}
	}
	return nil
}

// atGate puts the question that stands before a phase. A request to pause ends it: the group pauses at that gate.
func (g *groupDrive) atGate(ctx context.Context, phase string, q Question) (bool, error) {
	asking, end := context.WithCancel(ctx)
	defer end()
	g.mu.Lock()
	g.pause.open = end
	g.mu.Unlock()
	yes, err := false, g.mayBegin(phase) // from here a request is either seen or ends the question
	if err == nil {
		yes, err = g.put(asking, q)
	}
	g.mu.Lock()
	g.pause.open = nil
	g.mu.Unlock()
	if err == nil || isPause(err) || asking.Err() == nil || ctx.Err() != nil {
		return yes, err
	}
	if worse := g.mayBegin(phase); worse != nil {
		return false, worse
	}
	return false, &pausedBefore{phase}
}

// why gives what the phases ended with: the first failure, and the pause only where nothing failed and nothing was seen that must not be.
func (g *groupDrive) why() error {
	g.mu.Lock()
	failed, paused := g.stopping, g.pause.at
	g.mu.Unlock()
	if failed != nil || paused == nil {
		return failed
	}
	if worse := g.mayAct(); worse != nil {
		return worse
	}
	return paused
}

// overtaken leaves a request to pause that a failure came before to the next group: it was to hold a way that has ended.
func (g *groupDrive) overtaken() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pause.asked, g.pause.later = false, g.pause.asked || g.pause.later
}

// follows takes over what the operator asked while the group before was driven, and that could not hold any more.
func (g *groupDrive) follows(before *groupDrive) {
	if before == nil {
		return
	}
	g.abort, g.held = before.abort, before.held || before.abort
	g.pause.asked = before.pause.asked || before.pause.later
}
