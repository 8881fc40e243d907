package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	// Whoever interrupts means the simulator, which shares the terminal and says how it ends.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	dir, err := os.MkdirTemp("", "kea-lockstep-sim-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	begun := time.Now()
	fmt.Fprintln(os.Stderr, "kea-lockstep's simulator: compiling (some minutes the first time, then seconds) ...")
	program := filepath.Join(dir, "simulator")
	build := exec.Command("go", "build", "-o", program, "kea-lockstep/sim/tour")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fail(fmt.Errorf("compiling kea-lockstep/sim/tour in this directory, which should be the repository's own: %w", err))
	}
	if took := time.Since(begun); took > 3*time.Second {
		fmt.Fprintf(os.Stderr, "compiled in %.0f s\n", took.Seconds())
	}
	c := exec.Command(program, args...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := c.Start(); err != nil {
		return fail(fmt.Errorf("starting the simulator: %w", err))
	}
	go func() {
		for s := range signals {
			if s != os.Interrupt { // the terminal gave that one to both
				_ = c.Process.Signal(s) // it may have ended
			}
		}
	}()
	err = c.Wait()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.ExitCode() >= 0 {
		return ended.ExitCode()
	}
	if err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "sim:", err)
	return 1
}
