//go:build lab

package product

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sampler looks at the command line of every process of this machine, and so of every host of the lab, and keeps those that hold a
// secret. Environments are not looked at: only root may read those of its processes, and kea-admin itself wants the password there.
type Sampler struct {
	cancel context.CancelFunc
	done   chan struct{}
	proc   string // where the processes are seen
	found  []string
}

// Sample looks until Stop.
func Sample(ctx context.Context) *Sampler {
	ctx, cancel := context.WithCancel(ctx)
	s := &Sampler{cancel: cancel, done: make(chan struct{}), proc: "/proc"}
	go func() {
		defer close(s.done)
		for tick := time.NewTicker(15 * time.Millisecond); ; {
			select {
			case <-tick.C:
				s.look()
			case <-ctx.Done():
				tick.Stop()
				return
			}
		}
	}()
	return s
}

func (s *Sampler) look() {
	names, err := filepath.Glob(filepath.Join(s.proc, "[0-9]*", "cmdline"))
	if err != nil {
		return
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		line := string(bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
		if !HasSecret(line) || slices.Contains(s.found, line) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil {
			continue
		}
		// One that ended before its parents could be told says nothing: another look, or another like it, will.
		if excused, err := belowKeaAdmin(s.proc, pid); err == nil && !excused {
			s.found = append(s.found, line)
		}
	}
}

// Stop ends the looking and gives every command line that held a secret, but those of what kea-admin started: it gives the password to
// its clients and its scripts as an argument, in every release.
func (s *Sampler) Stop() []string {
	s.cancel()
	<-s.done
	return s.found
}

// process is what is asked of one.
type process struct {
	parent int
	name   string // of the program, cut to 15 bytes
	args   []string
}

// isKeaAdmin: a shell runs it, so that its name is the process's, or the script that the shell was given.
func (p process) isKeaAdmin() bool {
	return p.name == "kea-admin" || slices.ContainsFunc(p.args[:min(2, len(p.args))], func(arg string) bool { return path.Base(arg) == "kea-admin" })
}

// belowKeaAdmin reports whether a process was started by kea-admin, or by what that started. kea-admin itself is not: what stands on its
// own command line was put there by whoever called it. It is an error where the process ended before that could be told.
func belowKeaAdmin(proc string, pid int) (bool, error) {
	for range 5 { // a parent may end as it is looked at; then the child has another
		below, err := climb(proc, pid)
		if err == nil {
			return below, nil
		}
		if _, gone := readProcess(proc, pid); gone != nil {
			return false, gone
		}
	}
	return false, fmt.Errorf("the parents of process %d do not stand still", pid)
}

// climb looks at a process's parents, one after the other.
func climb(proc string, pid int) (bool, error) {
	p, err := readProcess(proc, pid)
	for err == nil {
		if p.parent <= 1 {
			return false, nil
		}
		if p, err = readProcess(proc, p.parent); err == nil && p.isKeaAdmin() {
			return true, nil
		}
	}
	return false, err
}

// readProcess reads proc_pid_stat(5) and proc_pid_cmdline(5). The name in the former may hold blanks and brackets.
func readProcess(proc string, pid int) (process, error) {
	dir := filepath.Join(proc, strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return process{}, fmt.Errorf("reading process %d: %w", pid, err)
	}
	begin, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if begin < 0 || end < begin {
		return process{}, errors.New("this is no process: " + string(stat))
	}
	var state string
	p := process{name: string(stat[begin+1 : end])}
	if _, err := fmt.Sscan(string(stat[end+1:]), &state, &p.parent); err != nil {
		return process{}, fmt.Errorf("reading process %d: %w", pid, err)
	}
	line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err != nil {
		return process{}, fmt.Errorf("reading process %d: %w", pid, err)
	}
	p.args = strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")
	return p, nil
}
