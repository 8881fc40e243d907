//go:build lab

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Each host lives in a control group of its own. Without one, the systemds of all hosts would manage one tree, and stopping
// a unit on one host would reach its namesake on the others; with one, a power cut is a single write.

// ErrNoCgroup2 says that this machine has no version 2 control groups mounted.
var ErrNoCgroup2 = errors.New("no cgroup2 file system is mounted")

func cgroupRoot() (string, error) {
	root, found, err := mounted(func(kind string, _ []string) bool { return kind == "cgroup2" })
	if err == nil && !found {
		err = ErrNoCgroup2
	}
	return filepath.Join(root, labGroup), err
}

const labGroup = "kea-lockstep-lab"

// mounted gives the directory at which a file system of control groups is mounted; of version 1 those of one controller.
func mounted(is func(kind string, options []string) bool) (string, bool, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", false, err
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 3 && is(f[2], strings.Split(f[3], ",")) {
			return f[1], true, nil
		}
	}
	return "", false, nil
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

// ErrNoCPUGroups says that this machine cannot give a host a share of its CPUs.
var ErrNoCPUGroups = errors.New("no control groups for CPU time")

// period is how often a host's share of CPU time is dealt out: as short as the kernel has it deal well.
const period = 20 * time.Millisecond

// cpuGroup gives the directory of the group that holds a host's CPU time, with version 1 another one than its own.
func cpuGroup(fleet, host string) (dir string, one bool, err error) {
	root, one, err := mounted(func(kind string, options []string) bool { return kind == "cgroup" && slices.Contains(options, "cpu") })
	if err != nil || one {
		return filepath.Join(root, labGroup, fleet, host), one, err
	}
	dir, err = cgroupOf(fleet, host)
	return dir, false, err
}

// share gives the host that share of one CPU, and no more, and the directory of the group that it has to enter for it.
func share(fleet, host string, cpu float64) (string, error) {
	dir, one, err := cpuGroup(fleet, host)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the group of %s's CPU time: %w", host, err)
	}
	every := period.Microseconds()
	quota := int64(cpu * float64(every))
	limits := [][2]string{{dir, "cpu.cfs_period_us"}, {dir, "cpu.cfs_quota_us"}}
	values := []string{fmt.Sprint(every), fmt.Sprint(quota)}
	if !one {
		ours := filepath.Dir(filepath.Dir(dir))
		has, err := os.ReadFile(filepath.Join(filepath.Dir(ours), "cgroup.controllers"))
		if err != nil || !slices.Contains(strings.Fields(string(has)), "cpu") {
			return "", errors.Join(ErrNoCPUGroups, err)
		}
		control := "cgroup.subtree_control"
		limits = [][2]string{{filepath.Dir(ours), control}, {ours, control}, {filepath.Dir(dir), control}, {dir, "cpu.max"}}
		values = []string{"+cpu", "+cpu", "+cpu", fmt.Sprintf("%d %d", quota, every)}
	}
	for i, l := range limits {
		if err := os.WriteFile(filepath.Join(l[0], l[1]), []byte(values[i]), 0); err != nil {
			return "", fmt.Errorf("giving %s its share of CPU time: %w", host, err)
		}
	}
	return dir, nil
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
