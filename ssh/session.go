package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

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

// start opens a session and starts the shell in it, root's where the command
// wants root. Nothing has run when it fails.
func (h *Host) start(ctx context.Context, c Command) (*session, error) {
	way := elevation{line: shLine}
	if c.Root {
		var err error
		if way, err = h.elevation(ctx); err != nil {
			return nil, err
		}
	}
	s, err := h.open(ctx, c.title(), way.line)
	if err != nil {
		return nil, err
	}
	s.sudo = way.line != shLine
	if way.password != "" {
		if err := h.rise(ctx, s, way, c.title()); err != nil {
			_ = s.Close()
			s.finish()
			return nil, err
		}
	}
	return s, nil
}

// open opens a session and starts a program in it.
func (h *Host) open(ctx context.Context, title, line string) (*session, error) {
	s, _, err := opened(ctx, h, func(conn *connection) (*session, error) {
		for {
			if err := conn.place(ctx, &h.shells); err != nil {
				return nil, err
			}
			s, err := await(ctx, func() (*session, error) { return startShell(conn, line) }, func(s *session) { _ = s.Close() })
			if err == nil {
				return s, nil
			}
			_, refused := errors.AsType[*xssh.OpenChannelError](err)
			switch {
			case refused && h.shells.drop(): // a shell that nobody used stood in the way
				<-conn.sessions
			case refused && conn.fewer(): // wait until one of ours has ended
			default:
				<-conn.sessions
				return nil, err
			}
		}
	})
	if err == nil {
		return s, nil
	}
	if _, ours := errors.AsType[*Error](err); ours {
		return nil, err
	}
	if open, ok := errors.AsType[*xssh.OpenChannelError](err); ok {
		e := h.fail(title, ErrUnreachable, fmt.Errorf("sshd opens no session: %w", open))
		e.Next = "grep -i MaxSessions /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* on that server"
		return nil, e
	}
	return nil, h.fail(title, ErrUnreachable, err)
}

// newSession opens a session, more than once where sshd refuses: it counts a
// session that has just ended for some moments more (it frees them only after
// it has answered what else came in with the end), so that eight that end and
// eight that begin at once can look to it like more than its MaxSessions.
func newSession(conn *connection) (*xssh.Session, error) {
	for pause := 20 * time.Millisecond; ; pause *= 2 {
		s, err := conn.client.NewSession()
		_, refused := errors.AsType[*xssh.OpenChannelError](err)
		if !refused || pause > time.Second {
			return s, err
		}
		select {
		case <-time.After(pause):
		case <-conn.dead:
			return nil, err
		}
	}
}

func startShell(conn *connection, line string) (*session, error) {
	inner, err := newSession(conn)
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
		_ = inner.Close()
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
		_ = s.Close()
		<-s.conn.sessions
	}()
}
