package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// The ways to root for an account that is none. Where a password is asked for,
// what sudo says tells when: the script must not come before the shell is there,
// or it would be taken for the password.
const (
	sudoTryLine = "exec sudo -k -n /bin/sh -s"
	sudoShLine  = "exec sudo -n /bin/sh -s"
	sudoAskLine = "exec sudo -k -S -p '" + sudoPrompt + "' /bin/sh -c 'echo " + rootWord + " >&2; exec /bin/sh -s'"
	doasShLine  = "exec doas -n /bin/sh -s"

	sudoPrompt = "the password for sudo, please: "
	rootWord   = "this shell has root now"
)

// sudoTimeout is how long sudo may take to ask, and to judge the answer.
const sudoTimeout = 15 * time.Second

// elevation is how root is reached on one server. It is found out once.
type elevation struct {
	line     string
	password string // what sudo is answered with; empty: it does not ask
	refused  *Error // sudo did not take the password: another try would soon lock the account
}

// elevation gives the way to root, for the account that is logged in.
func (h *Host) elevation(ctx context.Context) (elevation, error) {
	if _, err := h.resolve(ctx); err != nil {
		return elevation{}, h.fail("read the ssh configuration", ErrConfig, err)
	}
	if !h.throughSudo() {
		return elevation{line: shLine}, nil
	}
	select {
	case h.rising <- struct{}{}:
	case <-ctx.Done():
		return elevation{}, h.fail("find the way to root", ErrUnreachable, context.Cause(ctx))
	}
	defer func() { <-h.rising }()
	switch {
	case h.root == nil:
		way, err := h.findRoot(ctx)
		if err != nil {
			return elevation{}, err
		}
		h.root = &way
	case h.root.refused != nil:
		again := *h.root.refused
		return elevation{}, &again
	}
	return *h.root, nil
}

// findRoot tries what needs no password first: sudo, and doas where there is no
// sudo.
func (h *Host) findRoot(ctx context.Context) (elevation, error) {
	status, err := h.tries(ctx, sudoTryLine)
	if err != nil {
		return elevation{}, err
	}
	if status == notFound {
		if status, err = h.tries(ctx, doasShLine); err != nil {
			return elevation{}, err
		}
		if status == 0 {
			return elevation{line: doasShLine}, nil
		}
		return elevation{line: sudoShLine}, nil
	}
	if status == 0 || h.login.SudoPassword == nil {
		return elevation{line: sudoShLine}, nil
	}
	password, err := h.login.SudoPassword(ctx)
	switch {
	case err != nil:
		return elevation{}, h.fail("get the password for sudo", ErrNotRoot, err)
	case password == "" || strings.ContainsAny(password, "\n\x00"):
		return elevation{}, h.fail("get the password for sudo", ErrNotRoot, errors.New("it is empty, or of several lines"))
	}
	return elevation{line: sudoAskLine, password: password}, nil
}

// notFound is a shell's status for a program that is not there.
const notFound = 127

// tries starts a shell with nothing to do, and gives the status of its end.
func (h *Host) tries(ctx context.Context, line string) (int, error) {
	const doing = "find the way to root"
	s, err := h.open(ctx, doing, line)
	if err != nil {
		return 0, err
	}
	defer s.finish()
	_ = s.stdin.Close()
	go func() { _, _ = io.Copy(io.Discard, s.stdout) }()
	go func() { _, _ = io.Copy(io.Discard, s.stderr) }()
	select {
	case <-s.exited:
	case <-ctx.Done():
		return 0, h.fail(doing, ErrUnreachable, context.Cause(ctx))
	}
	exit, ok := errors.AsType[*xssh.ExitError](s.exit)
	switch {
	case s.exit == nil:
		return 0, nil
	case !ok:
		return 0, h.fail(doing, ErrUnreachable, s.exit)
	}
	return exit.ExitStatus(), nil
}

// rise answers sudo's question, and returns once the shell is root's. Nothing
// else has been sent.
func (h *Host) rise(ctx context.Context, s *session, way elevation, title string) error {
	limited, cancel := context.WithTimeoutCause(ctx, sudoTimeout, errors.New("sudo neither asked as it was told to nor began (does PAM ask in words of its own?)"))
	defer cancel()
	said := newBounded(defaultLimit)
	asked, err := s.hears(limited, said)
	if err == nil && asked {
		if _, err = io.WriteString(s.stdin, way.password+"\n"); err == nil {
			asked, err = s.hears(limited, said)
		}
	}
	if err == nil && !asked {
		return nil
	}
	e := h.fail(title, ErrNotRoot, err)
	e.Saw, e.Next = glimpse(said.bytes()), rootNext(h.link.to.user, said.bytes())
	if !s.conn.alive() || ctx.Err() != nil {
		e.Kind = ErrUnreachable
	}
	if asked && err == nil {
		e.Err = errors.New("sudo does not take the password")
		h.rising <- struct{}{}
		h.root.refused = e
		<-h.rising
	}
	return e
}

// hears reads what sudo says until it asks for the password, or the shell is there.
func (s *session) hears(ctx context.Context, said *bounded) (asked bool, err error) {
	return await(ctx, func() (bool, error) {
		var line []byte
		for one := make([]byte, 1); ; {
			if _, err := io.ReadFull(s.stderr, one); err != nil {
				return false, fmt.Errorf("sudo ended: %w", err)
			}
			_, _ = said.Write(one)
			line = append(line, one[0])
			switch {
			case bytes.HasSuffix(line, []byte(sudoPrompt)):
				return true, nil
			case bytes.HasSuffix(line, []byte(rootWord+"\n")):
				return false, nil
			case one[0] == '\n':
				line = nil
			}
		}
	}, func(bool) {})
}

// rootNext tells what would let an account be root, from what was seen.
func rootNext(user string, saw []byte) string {
	if bytes.Contains(saw, []byte("must have a tty")) {
		return fmt.Sprintf("add this line with visudo: Defaults:%s !requiretty", user)
	}
	return fmt.Sprintf("add this line with visudo: %s ALL=(root) NOPASSWD: /bin/sh -s   (or log in as root)", user)
}
