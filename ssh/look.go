package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// mostKept is how many shells are kept on one server: for a watch, a gate and
// one more.
const mostKept = 3

// shell is a remote shell that is kept for one script after another. A new one
// for each would cost the server several processes and the driver two more
// round trips, every second while clients wait.
type shell struct {
	*session
	out, errs *relay
	drained   chan struct{} // both streams have ended
	used      bool          // it has its surroundings, and is known to be root where that was wanted
	root      bool
}

// shells are a host's that nobody uses just now.
type shells struct {
	mu   sync.Mutex
	idle []*shell
}

// take gives an idle shell that is not known to be dead, or nil.
func (k *shells) take(root bool) *shell {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := len(k.idle) - 1; i >= 0; i-- {
		s := k.idle[i]
		if s.root != root {
			continue
		}
		k.idle = append(k.idle[:i], k.idle[i+1:]...)
		if s.alive() {
			return s
		}
		s.end()
	}
	return nil
}

// keep takes a shell back, or ends it where enough are kept or somebody waits
// for its place.
func (k *shells) keep(s *shell) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.idle) >= mostKept || s.conn.waiting.Load() > 0 {
		s.end()
		return
	}
	k.idle = append(k.idle, s)
}

// drop ends every idle shell, and says whether there was one: sshd may allow
// fewer sessions than we take it to.
func (k *shells) drop() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	dropped := len(k.idle) > 0
	for _, s := range k.idle {
		s.end()
	}
	k.idle = nil
	return dropped
}

// alive says whether neither the connection nor the shell is known to have ended.
func (s *shell) alive() bool {
	select {
	case <-s.drained:
		return false
	default:
		return s.conn.alive()
	}
}

func (s *shell) end() {
	_ = s.Close()
	s.finish()
}

// look runs a command in a kept shell. A look that a kept shell left
// unanswered because it had died is put again to another: it has no effect.
// Where part of the answer has been passed on, the asker knows how to go on.
func (h *Host) look(ctx context.Context, c Command) (Result, error) {
	for {
		s, err := h.shell(ctx, c)
		if err != nil {
			return Result{}, err
		}
		used := s.used
		result, err := h.ask(ctx, s, c)
		if err == nil {
			h.shells.keep(s)
			return result, nil
		}
		s.end()
		died := errors.Is(err, ErrFateUnknown) || errors.Is(err, ErrUnreachable) || errors.Is(err, ErrNotRun)
		if !used || !died || c.Stdout != nil || ctx.Err() != nil {
			return result, err
		}
	}
}

// inKept runs a command that has an effect in a shell that looks have left, if
// there is one. It has to answer first: where it had died, nothing was sent.
func (h *Host) inKept(ctx context.Context, c Command) (result Result, done bool, err error) {
	s := h.shells.take(c.Root)
	if s == nil {
		return Result{}, false, nil
	}
	if _, err := h.ask(ctx, s, Command{Title: c.Title, Root: c.Root}); err != nil {
		s.end()
		return Result{}, false, nil
	}
	result, err = h.ask(ctx, s, c)
	if err != nil {
		s.end()
		return result, true, err
	}
	h.shells.keep(s)
	return result, true, nil
}

func (h *Host) shell(ctx context.Context, c Command) (*shell, error) {
	if s := h.shells.take(c.Root); s != nil {
		return s, nil
	}
	started, err := h.start(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &shell{session: started, out: &relay{}, errs: &relay{}, drained: make(chan struct{}), root: c.Root}
	go drain(s.session, s.out, s.errs, s.drained)
	return s, nil
}

// ask gives one script to a shell and waits for its end.
func (h *Host) ask(ctx context.Context, s *shell, c Command) (Result, error) {
	mark, err := newMark(h.pool.options.Rand)
	if err != nil {
		return Result{}, h.fail(c.title(), ErrConfig, err)
	}
	body, last, err := c.question(mark, s.used)
	if err != nil {
		return Result{}, h.fail(c.title(), ErrConfig, err)
	}
	began := time.Now()
	r := newRunning(s.session, c, mark, s.drained)
	r.kept = true
	defer r.tap.close()
	s.out.to(r.frames[0])
	s.errs.to(r.frames[1])
	sent, err := r.send(ctx, body, last)
	if err == nil {
		err = r.wait(ctx)
	}
	s.out.to(nil)
	s.errs.to(nil)
	result := r.result(time.Since(began))
	if err != nil || !r.complete() {
		return result, h.verdict(r, sent, err)
	}
	s.used = true
	return result, h.ended(r)
}

// question gives what travels to a kept shell, in two parts, as an envelope
// does. The first one brings the surroundings and asks whether it is root. A
// guard's lock is held by the shell while the script runs.
func (c Command) question(mark string, used bool) (body, last string, err error) {
	inner, err := c.inner(" </dev/null")
	if err != nil {
		return "", "", err
	}
	begin, done := "printf '%s begin\n' \"$kl_mark\"\nprintf '%s begin\n' \"$kl_mark\" >&2\n", "kl_status=$?\n"
	if !used {
		begin = c.opening() + systemSh + openSh
	}
	if c.Guard != nil {
		begin += c.Guard.params() + guardSh
		done += "exec 9>&-\n"
	}
	// Where a login shell's start-up files have eaten the beginning, nothing must run.
	return fmt.Sprintf("LC_ALL=C; export LC_ALL; kl_mark=%s\n{\n%sif [ \"${kl_mark-}\" = %s ]; then\n%s%s", quote(mark), begin, quote(mark), inner, done) +
		"printf '%s end done %s\n' \"$kl_mark\" \"$kl_status\"\nprintf '%s end done %s\n' \"$kl_mark\" \"$kl_status\" >&2\nfi\n", "}\n", nil
}

// relay passes a stream on to whoever listens now; what comes while nobody
// does is dropped.
type relay struct {
	mu sync.Mutex
	w  io.Writer
}

func (r *relay) to(w io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.w = w
}

func (r *relay) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.w != nil {
		_, _ = r.w.Write(p)
	}
	return len(p), nil
}
