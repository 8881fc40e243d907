package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Command is a listener that is a command: each notice is on the stdin of one call.
type Command struct{ Argv []string }

// Name is the command's own, without its arguments: they may be secret.
func (c Command) Name() string { return filepath.Base(c.Argv[0]) }

// afterwards is how long a command that is over, or was killed, may keep its output open.
const afterwards = time.Second

// Send runs the command in a process group of its own, which is killed as a whole when ctx ends.
func (c Command) Send(ctx context.Context, notice []byte) error {
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Stdin = io.MultiReader(bytes.NewReader(notice), strings.NewReader("\n")) // others read the notice at the same time
	said := &tail{}
	cmd.Stderr = said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = afterwards
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) && ctx.Err() == nil {
		return nil // it went well, and left something behind that goes on
	}
	if err != nil && said.last() != "" {
		return fmt.Errorf("%w: %s", err, said.last())
	}
	return err
}

// tail keeps the end of what is written to it.
type tail struct{ text []byte }

const tailBytes = 512

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(len(t.text)-tailBytes, 0):]
	return len(p), nil
}

// last is the last line.
func (t *tail) last() string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.text), ""))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
