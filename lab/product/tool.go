//go:build lab

package product

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"kea-lockstep/lab"
)

// Tool is the shipped binary, pointed at one fleet, with a state directory of its own.
type Tool struct {
	Binary string
	Fleet  string // fleet file
	State  string
	Env    []string
	desk   string // network namespace; empty: this machine's
}

// Output is what one command said.
type Output struct {
	Code           int
	Stdout, Stderr string
}

// String gives everything, for the log of a failed test.
func (o Output) String() string {
	return fmt.Sprintf("exit %d\n--- stdout\n%s\n--- stderr\n%s", o.Code, o.Stdout, o.Stderr)
}

// Says reports whether either stream has the text.
func (o Output) Says(text string) bool {
	return strings.Contains(o.Stdout, text) || strings.Contains(o.Stderr, text)
}

// build makes the binary once for all tests of a process.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kea-lockstep-product-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "kea-lockstep")
	out, err := exec.Command("go", "build", "-o", binary, "kea-lockstep/cmd/kea-lockstep").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the product: %w\n%s", err, out)
	}
	return binary, nil
})

// New points the binary at a fleet.
func New(f *lab.Fleet, state string) (Tool, error) {
	binary, err := build()
	if err != nil {
		return Tool{}, err
	}
	return Tool{Binary: binary, Fleet: f.FleetFile(), State: state, Env: f.Env()}, nil
}

// Command makes a command of the binary: its name and arguments first, then what every one gets.
func (t Tool) Command(ctx context.Context, args ...string) *exec.Cmd {
	args = append(args, "--fleet", t.Fleet, "--state", t.State)
	words := append([]string{t.Binary}, args...)
	if t.desk != "" {
		words = append([]string{"ip", "netns", "exec", t.desk}, words...)
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = t.Env
	return cmd
}

// Run runs a command to its end. Only one that could not be run at all is an error.
func (t Tool) Run(ctx context.Context, args ...string) (Output, error) {
	var out, errs bytes.Buffer
	cmd := t.Command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Output{}, fmt.Errorf("running %s %s: %w", t.Binary, args[0], err)
	}
	return Output{cmd.ProcessState.ExitCode(), out.String(), errs.String()}, nil
}
