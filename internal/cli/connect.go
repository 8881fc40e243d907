package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/live"
)

// connectLive is the real fleet. Where somebody is at the terminal, he is asked now what logging in needs.
func (p *program) connectLive(ctx context.Context, file fleet.File) (everything, error) {
	options := live.Options{Progress: p.heard}
	keyboard, ok := terminal(p.In)
	if ok {
		options.Person = person{keyboard, p.Err}
	}
	f, err := live.New(file, options)
	if inText := (*fleet.FileError)(nil); errors.As(err, &inText) {
		return nil, exitError{code: codeUsage, err: err}
	}
	if err != nil {
		return nil, err
	}
	if !ok {
		return f, nil
	}
	ctx, stop := p.untilInterrupted(ctx)
	defer stop()
	if err := f.Knock(ctx); err != nil {
		_ = f.Close()
		return nil, interrupted(ctx, err)
	}
	return f, nil
}

// person is somebody at the terminal.
type person struct {
	keyboard *os.File
	screen   io.Writer
}

// Secret asks for a secret, which the terminal does not show.
func (p person) Secret(ctx context.Context, what string) (kea.Password, error) {
	terminal := int(p.keyboard.Fd())
	before, err := term.GetState(terminal)
	if err == nil {
		err = silence(terminal) // before the question: somebody may type as fast as it appears
	}
	if err != nil {
		return "", fmt.Errorf("asking on the terminal: %w", err)
	}
	fmt.Fprintf(p.screen, "  %s: ", what)
	typed, err := answer(ctx, func() ([]byte, error) { return term.ReadPassword(terminal) })
	_ = term.Restore(terminal, before)
	fmt.Fprintln(p.screen)
	return kea.Password(typed), err
}

// silence lets a terminal show nothing of what is typed.
func silence(terminal int) error {
	now, err := unix.IoctlGetTermios(terminal, unix.TCGETS)
	if err != nil {
		return err
	}
	now.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(terminal, unix.TCSETS, now)
}

// Trust shows a host key that nobody knows.
func (p person) Trust(ctx context.Context, key live.HostKey) (bool, error) {
	fmt.Fprintf(p.screen, `  %s: the host key of %s is not known yet:
      %s %s
  On its own console this shows the right one: %s
  Is it the same? yes writes it into %s [yes/no] `, key.Server, key.Host, key.Type, key.Fingerprint, key.Compare, key.File)
	typed, err := answer(ctx, func() ([]byte, error) {
		line := make([]byte, 4096) // a terminal gives a line at a time
		n, err := p.keyboard.Read(line)
		return line[:n], err
	})
	return err == nil && strings.TrimSpace(string(typed)) == "yes", err
}

// answer waits for what is typed, and no longer than ctx.
func answer(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type reply struct {
		typed []byte
		err   error
	}
	came := make(chan reply, 1)
	go func() {
		typed, err := read()
		came <- reply{typed, err}
	}()
	select {
	case r := <-came:
		return r.typed, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
