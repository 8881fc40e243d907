//go:build lab

package lab

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Each host lives in a control group of its own. Without one, the systemds of all hosts would manage one tree, and stopping
// a unit on one host would reach its namesake on the others; with one, a power cut is a single write.

// ErrNoCgroup2 says that this machine has no version 2 control groups mounted.
var ErrNoCgroup2 = errors.New("no cgroup2 file system is mounted")

func cgroupRoot() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	lines := bufio.NewScanner(bytes.NewReader(mounts))
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) > 2 && f[2] == "cgroup2" {
			return filepath.Join(f[1], "kea-lockstep-lab"), nil
		}
	}
	return "", ErrNoCgroup2
}

func cgroupOf(fleet, host string) (string, error) {
	root, err := cgroupRoot()
	return filepath.Join(root, fleet, host), err
}

// killCgroup kills every process in the group at once, waits until none is left and removes the group: Linux 6.15 and later
// kill what is cloned into a group that was once killed as a whole, so a group is used for one boot only. A group that is
// not there is dead.
func killCgroup(ctx context.Context, dir string) error {
	err := os.WriteFile(filepath.Join(dir, "cgroup.kill"), []byte("1"), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("killing all in %s: %w", dir, err)
	}
	return poll(ctx, 10*time.Second, 5*time.Millisecond, "the end of all processes in "+dir, func() bool {
		events, err := os.ReadFile(filepath.Join(dir, "cgroup.events"))
		if err == nil && !bytes.Contains(events, []byte("populated 0")) {
			return false
		}
		removeCgroup(dir)
		_, err = os.Stat(dir)
		return errors.Is(err, fs.ErrNotExist)
	})
}

// removeCgroup removes an empty group and the groups under it.
func removeCgroup(dir string) {
	var dirs []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	for i := len(dirs) - 1; i >= 0; i-- {
		_ = os.Remove(dirs[i])
	}
}

// poll asks until the answer is yes, at most for the given time.
func poll(ctx context.Context, limit, every time.Duration, what string, done func() bool) error {
	end := time.NewTimer(limit)
	defer end.Stop()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		case <-end.C:
			return fmt.Errorf("waited %s for %s: %w", limit, what, context.DeadlineExceeded)
		case <-tick.C:
		}
	}
	return nil
}
