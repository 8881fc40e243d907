//go:build lab

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Down removes everything that belongs to the fleet: its processes, mounts, network and files. It works on what a crash
// left as well, and may be called again.
func (f *Fleet) Down(ctx context.Context) error {
	var kills errgroup.Group
	for _, h := range f.Hosts() {
		kills.Go(func() error { return f.PowerCut(ctx, h.Name) })
	}
	err := kills.Wait()
	removeNetwork(ctx, f.Index, f.Hosts())
	for _, h := range f.Hosts() {
		err = errors.Join(err, f.unmount(h.Name))
	}
	if root, groupErr := cgroupRoot(); groupErr == nil {
		removeCgroup(filepath.Join(root, f.Name))
	}
	if group, _, groupErr := cpuGroup(f.Name, ""); groupErr == nil {
		removeCgroup(group)
	}
	if err != nil {
		return fmt.Errorf("taking down the fleet %s: %w", f.Name, err)
	}
	return os.RemoveAll(f.Dir)
}

// unmount removes the host's file system and disk from this machine, and what its container left beside it.
func (f *Fleet) unmount(host string) error {
	var err error
	for _, path := range []string{f.Root(host), f.disk(host)} {
		failed := unix.Unmount(path, unix.MNT_DETACH)
		if !errors.Is(failed, syscall.EINVAL) && !errors.Is(failed, syscall.ENOENT) { // not mounted
			err = errors.Join(err, failed)
		}
	}
	for _, left := range []string{"propagate", "unix-export"} {
		path := filepath.Join("/run/systemd/nspawn", left, f.machine(host))
		_ = unix.Unmount(path, unix.MNT_DETACH)
		_ = os.RemoveAll(path)
	}
	if err != nil {
		return fmt.Errorf("unmounting the file system of %s: %w", host, err)
	}
	return nil
}

// Reset puts the fleet back to the state that Up left it in: every host loses all it ever wrote and boots anew. Names,
// addresses, ssh's keys and the files beside fleet.yaml stay valid, or are written again.
func (f *Fleet) Reset(ctx context.Context) error {
	for _, h := range f.Hosts() {
		if err := f.PowerCut(ctx, h.Name); err != nil {
			return err
		}
		if err := f.unmount(h.Name); err != nil {
			return err
		}
	}
	removeNetwork(ctx, f.Index, f.Hosts())
	if err := os.RemoveAll(filepath.Join(f.Dir, "hosts")); err != nil {
		return err
	}
	f.Added = 0
	return f.raise(ctx)
}
