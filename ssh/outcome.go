package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// complete tells whether both end marks have come.
func (r *running) complete() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// result gives what there is; without the end marks it is only for showing.
func (r *running) result(took time.Duration) Result {
	if !r.complete() {
		select {
		case <-r.drained:
			r.frames[0].cut()
			r.frames[1].cut()
		default:
			return Result{Duration: took} // the streams are still being read
		}
	}
	return Result{Status: r.frames[0].status, Stdout: r.out.bytes(), Stderr: r.errs.bytes(),
		Truncated: r.out.truncated() || r.errs.truncated(), Duration: took}
}

// ended judges a script's end by the kind in its end mark.
func (h *Host) ended(r *running) error {
	title, g := r.command.title(), r.command.Guard
	switch kind := r.frames[0].kind; kind {
	case "done":
		return nil
	case "notroot":
		return h.fail(title, ErrNotRoot, errors.New("logged in as an account that is not root, and sudo is not used"))
	case "superseded":
		return h.fail(title, ErrSuperseded, &SupersededError{Epoch: g.Epoch, Want: g.Want, Found: string(r.out.bytes())})
	case "lock":
		e := h.fail(title, ErrGuardBusy, nil)
		e.Saw = orElse(glimpse(r.errs.bytes()), g.Lock+" is held by another")
		return e
	default:
		return h.fail(title, ErrFateUnknown, fmt.Errorf("end mark of kind %q", kind))
	}
}

// verdict judges a script whose end marks did not come: did it never start, or
// may it have run?
func (h *Host) verdict(r *running, sent bool, cause error) error {
	e := h.fail(r.command.title(), ErrFateUnknown, cause)
	if cause == nil {
		e.Err = r.silence()
	}
	if !sent && (cause != nil || !r.conn.alive()) {
		e.Kind = ErrUnreachable
		return e
	}
	select {
	case <-r.drained:
	default:
		return e // the streams are still being read
	}
	if r.frames[1].begun {
		e.Saw = glimpse(r.errs.bytes())
	} else {
		e.Saw = glimpse(append(bytes.Clone(r.frames[0].noise.bytes()), r.frames[1].noise.bytes()...))
	}
	if !sent || r.refused() {
		e.Kind = ErrNotRun
		if r.sudo {
			e.Kind = ErrNotRoot
			e.Next = rootNext(h.link.to.user, []byte(e.Saw))
		}
	}
	return e
}

// silence says why the streams ended without their marks.
func (r *running) silence() error {
	if r.conn.gone(50 * time.Millisecond) {
		return r.conn.lost()
	}
	if r.exit != nil {
		return r.exit
	}
	return errors.New("exit status 0, but no mark of ours in the output")
}

// refused: the remote side said with a failure status that it ended, and not a
// word of ours was heard. Had the envelope run and its output gone elsewhere,
// the status would be 0.
func (r *running) refused() bool {
	select {
	case <-r.exited:
	default:
		return false
	}
	exit, ok := errors.AsType[*xssh.ExitError](r.exit)
	return ok && exit.Signal() == "" && !r.frames[0].begun && !r.frames[1].begun
}
