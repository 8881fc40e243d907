//go:build lab

package product

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Terminal is a command that runs in a terminal of its own, and everything that it showed so far.
type Terminal struct {
	cmd  *exec.Cmd
	tty  *os.File
	mu   sync.Mutex
	text strings.Builder
	done chan struct{}
}

// Start runs a command in a terminal that is read.
func Start(cmd *exec.Cmd) (*Terminal, error) {
	t, err := Stand(cmd)
	if err == nil {
		t.Read()
	}
	return t, err
}

// Stand runs a command in a terminal that nobody reads, until Read: one whose keeper is suspended, or far behind a connection that hangs.
func Stand(cmd *exec.Cmd) (*Terminal, error) {
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 140})
	if err != nil {
		return nil, fmt.Errorf("starting %s in a terminal: %w", cmd.Path, err)
	}
	if tty, err = closable(tty); err != nil {
		return nil, fmt.Errorf("starting %s in a terminal: %w", cmd.Path, err)
	}
	return &Terminal{cmd: cmd, tty: tty, done: make(chan struct{})}, nil
}

// closable gives a file that Close takes away at once. One that was made blocking stays until what reads it has read something.
func closable(blocking *os.File) (*os.File, error) {
	defer blocking.Close()
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), blocking.Name()), nil
}

// Read begins to read the terminal.
func (t *Terminal) Read() { go t.read() }

func (t *Terminal) read() {
	defer close(t.done)
	buffer := make([]byte, 4096)
	for {
		n, err := t.tty.Read(buffer)
		t.mu.Lock()
		t.text.Write(buffer[:n])
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Text is everything shown so far.
func (t *Terminal) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// Await waits until the text is shown behind the mark, and gives the mark behind it.
func (t *Terminal) Await(ctx context.Context, mark int, text string) (int, error) {
	for {
		if at := strings.Index(t.Text()[mark:], text); at >= 0 {
			return mark + at + len(text), nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-t.done:
			if strings.Contains(t.Text()[mark:], text) {
				continue
			}
			return mark, fmt.Errorf("ended without showing %q:\n%s", text, t.Text())
		case <-ctx.Done():
			return mark, fmt.Errorf("did not show %q: %w\n%s", text, ctx.Err(), t.Text())
		}
	}
}

// Type sends a line.
func (t *Terminal) Type(line string) error {
	_, err := io.WriteString(t.tty, line+"\n")
	return err
}

// Close takes the terminal away.
func (t *Terminal) Close() error { return t.tty.Close() }

// Wait gives the exit code.
func (t *Terminal) Wait() int {
	_ = t.cmd.Wait() // the code tells
	<-t.done
	return t.cmd.ProcessState.ExitCode()
}
