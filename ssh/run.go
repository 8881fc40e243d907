package ssh

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// The command line for a shell of the account that is logged in. As all that
// this package ever sends (sudo.go has those for root) it means the same to
// every login shell, csh and fish included.
const shLine = "exec /bin/sh -s"

// Run runs a script on the server and waits for its end. A status other than 0
// is no error.
//
// The error tells whether the script ran: with ErrFateUnknown it may have;
// with every other kind it has not. When ctx ends or Timeout passes, the
// remote shell is sent a SIGTERM, and the connection lives on.
func (h *Host) Run(ctx context.Context, c Command) (Result, error) {
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.Timeout,
			fmt.Errorf("not done within %v: %w", c.Timeout, context.DeadlineExceeded))
		defer cancel()
	}
	if c.Look {
		return h.look(ctx, c)
	}
	if c.Stdin == nil {
		if result, done, err := h.inKept(ctx, c); done {
			return result, err
		}
	}
	mark, err := newMark(h.pool.options.Rand)
	if err != nil {
		return Result{}, h.fail(c.title(), ErrConfig, err)
	}
	body, last, err := c.envelope(mark)
	if err != nil {
		return Result{}, h.fail(c.title(), ErrConfig, err)
	}
	started := time.Now()
	s, err := h.start(ctx, c)
	if err != nil {
		return Result{}, err
	}
	defer s.finish()
	r := newRunning(s, c, mark, make(chan struct{}))
	go drain(s, r.frames[0], r.frames[1], r.drained)
	defer r.tap.close()
	// From the last part on, the script may run.
	sent, err := r.send(ctx, body, last)
	if err == nil {
		err = r.wait(ctx)
	}
	result := r.result(time.Since(started))
	if err != nil || !r.complete() {
		return result, h.verdict(r, sent, err)
	}
	return result, h.ended(r)
}

// running is a script under way.
type running struct {
	*session
	command Command
	out     *bounded
	errs    *bounded
	frames  [2]*frame // stdout, stderr
	begun   chan struct{}
	ended   chan struct{} // both end marks have come
	drained chan struct{} // both streams have ended
	tap     *tap          // nil without Command.Stdout
	kept    bool          // its shell goes on afterwards
}

// tap passes output on until it is shut: a stream may be read on for a while
// after Run has returned, and the caller's writer is the caller's again by then.
type tap struct {
	mu   sync.Mutex
	to   io.Writer
	shut bool
}

func (t *tap) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.shut {
		_, _ = t.to.Write(p)
	}
	return len(p), nil
}

func (t *tap) close() {
	if t != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.shut = true
	}
}

func newRunning(s *session, c Command, mark string, drained chan struct{}) *running {
	limit := c.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	r := &running{session: s, command: c, out: newBounded(limit), errs: newBounded(limit),
		begun: make(chan struct{}), ended: make(chan struct{}), drained: drained}
	var out io.Writer = r.out
	if c.Stdout != nil {
		r.tap = &tap{to: c.Stdout}
		out = r.tap
	}
	var ends atomic.Int32
	onEnd := func() {
		if ends.Add(1) == 2 {
			close(r.ended)
		}
	}
	r.frames[0] = newFrame(mark, out, func() { close(r.begun) }, onEnd)
	r.frames[1] = newFrame(mark, r.errs, func() {}, onEnd)
	return r
}

// chunk is how much of a stream is read at once. Shells are kept, some on each
// of hundreds of servers, and each waits with room for two.
const chunk = 4 << 10

// drain reads both streams of a session to their end.
func drain(s *session, out, errs io.Writer, drained chan struct{}) {
	var streams sync.WaitGroup
	streams.Go(func() { _, _ = io.CopyBuffer(out, s.stdout, make([]byte, chunk)) })
	streams.Go(func() { _, _ = io.CopyBuffer(errs, s.stderr, make([]byte, chunk)) })
	streams.Wait()
	close(drained)
}

// send hands over the script, and the input once the script has begun: a shell
// that reads ahead would swallow it otherwise. It tells whether the script may run.
func (r *running) send(ctx context.Context, body, last string) (sent bool, err error) {
	// Where writing fails, the streams tell why.
	for _, part := range []string{body, last} {
		_, writeErr := await(ctx, func() (int, error) { return io.WriteString(r.stdin, part) }, func(int) {})
		if ctx.Err() != nil {
			return sent, context.Cause(ctx)
		}
		if writeErr != nil {
			return sent, nil
		}
		sent = true
	}
	if r.kept {
		return true, nil
	}
	if r.command.Stdin == nil {
		_ = r.stdin.Close()
		return true, nil
	}
	go func() {
		select {
		case <-r.begun:
			_, _ = io.Copy(r.stdin, r.command.Stdin)
		case <-r.drained:
		}
		_ = r.stdin.Close()
	}()
	return true, nil
}

// wait returns when the script has ended or can no longer be heard of.
func (r *running) wait(ctx context.Context) error {
	select {
	case <-r.ended:
		return nil
	default:
	}
	select {
	case <-r.ended:
	case <-r.drained:
		// The exit status comes behind the output.
		select {
		case <-r.exited:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	case <-ctx.Done():
		_ = r.Signal(xssh.SIGTERM)
		_ = r.Close()
		return context.Cause(ctx)
	}
	return nil
}
