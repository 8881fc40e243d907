//go:build lab

package product

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Event is one line of what a run says with -o json, as docs/json-events.md promises it.
type Event struct {
	Seq   int
	Time  time.Time
	Type  string
	Phase string
	Step  string
	Data  json.RawMessage
}

// Drive is a command that drives a run, whose events are heard as they come.
type Drive struct {
	cmd       *exec.Cmd
	out, errs bytes.Buffer
	heard     chan struct{} // closed when the last event was heard
	broken    error
}

// Drive begins a command with -o json and gives each of its events to heard, one after the other. What heard does holds up
// nobody but the events behind.
func (t Tool) Drive(ctx context.Context, heard func(Event), args ...string) (*Drive, error) {
	d := &Drive{cmd: t.Command(ctx, append(args, "-o", "json")...), heard: make(chan struct{})}
	d.cmd.Stderr = &d.errs
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("driving: %w", err)
	}
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("driving: %w", err)
	}
	go func() {
		defer close(d.heard)
		lines := bufio.NewScanner(stdout)
		lines.Buffer(nil, 4<<20) // a plan is one line
		for lines.Scan() {
			fmt.Fprintf(&d.out, "%s\n", lines.Bytes())
			var e Event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Type == "" {
				d.broken = fmt.Errorf("a line on stdout is no event: %q", lines.Text())
				continue
			}
			heard(e)
		}
		if lines.Err() != nil {
			d.broken = lines.Err()
		}
	}()
	return d, nil
}

// errEnded is why nothing of a drive is waited for any longer.
var errEnded = errors.New("the drive has ended")

// While gives a context that ends with the drive.
func (d *Drive) While(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-d.heard:
			cancel(errEnded)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// Process is the driver's own.
func (d *Drive) Process() *os.Process { return d.cmd.Process }

// Wait gives how the command ended. Only a stdout that holds anything but events is an error.
func (d *Drive) Wait() (Output, error) {
	<-d.heard
	_ = d.cmd.Wait() // the code tells
	return Output{d.cmd.ProcessState.ExitCode(), d.out.String(), d.errs.String()}, d.broken
}
