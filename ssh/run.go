package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// The command lines that this package ever sends: the same for every login
// shell, csh and fish included.
const (
	shLine     = "exec /bin/sh -s"
	sudoShLine = "exec sudo -n /bin/sh -s"
)

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
	r := newRunning(s, c, mark)
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

// session is one remote shell that has been started and waits for its script.
type session struct {
	*xssh.Session
	stdin          io.WriteCloser
	stdout, stderr io.Reader
	conn           *connection
	sudo           bool
	exited         chan struct{} // closed when the remote side has said how it ended
	exit           error
}

// start opens a session and starts the shell in it. Nothing has run when it fails.
func (h *Host) start(ctx context.Context, c Command) (*session, error) {
	s, _, err := opened(ctx, h, func(conn *connection) (*session, error) {
		select {
		case conn.sessions <- struct{}{}:
		case <-conn.dead:
			return nil, conn.lost()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		line, sudo := shLine, c.Root && h.throughSudo()
		if sudo {
			line = sudoShLine
		}
		s, err := await(ctx, func() (*session, error) { return startShell(conn, line) }, func(s *session) { s.Close() })
		if err != nil {
			<-conn.sessions
			return nil, err
		}
		s.sudo = sudo
		return s, nil
	})
	if err == nil {
		return s, nil
	}
	if _, ours := errors.AsType[*Error](err); ours {
		return nil, err
	}
	if open, ok := errors.AsType[*xssh.OpenChannelError](err); ok {
		e := h.fail(c.title(), ErrUnreachable, fmt.Errorf("sshd opens no session: %w", open))
		e.Next = "grep -i MaxSessions /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* on that server"
		return nil, e
	}
	return nil, h.fail(c.title(), ErrUnreachable, err)
}

func startShell(conn *connection, line string) (*session, error) {
	inner, err := conn.client.NewSession()
	if err != nil {
		return nil, err
	}
	s := &session{Session: inner, conn: conn, exited: make(chan struct{})}
	if s.stdin, err = inner.StdinPipe(); err == nil {
		if s.stdout, err = inner.StdoutPipe(); err == nil {
			if s.stderr, err = inner.StderrPipe(); err == nil {
				err = inner.Start(line)
			}
		}
	}
	if err != nil {
		inner.Close()
		return nil, err
	}
	go func() {
		s.exit = inner.Wait()
		close(s.exited)
	}()
	return s, nil
}

// finish gives the session's place back once sshd has let go of it: a shell
// that ended does so at once, one that left processes behind may take a while.
func (s *session) finish() {
	go func() {
		select {
		case <-s.exited:
		case <-time.After(time.Second):
		}
		s.Close()
		<-s.conn.sessions
	}()
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
		t.to.Write(p)
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

func newRunning(s *session, c Command, mark string) *running {
	limit := c.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	r := &running{session: s, command: c, out: newBounded(limit), errs: newBounded(limit),
		begun: make(chan struct{}), ended: make(chan struct{}), drained: make(chan struct{})}
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
	var streams sync.WaitGroup
	for i, stream := range []io.Reader{s.stdout, s.stderr} {
		streams.Go(func() { io.Copy(r.frames[i], stream) })
	}
	go func() {
		streams.Wait()
		close(r.drained)
	}()
	return r
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
	if r.command.Stdin == nil {
		r.stdin.Close()
		return true, nil
	}
	go func() {
		select {
		case <-r.begun:
			io.Copy(r.stdin, r.command.Stdin)
		case <-r.drained:
		}
		r.stdin.Close()
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
		r.Signal(xssh.SIGTERM)
		r.Close()
		return context.Cause(ctx)
	}
	return nil
}
