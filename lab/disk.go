//go:build lab

package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// disk is where the host's own layer lies: what it ever wrote.
func (f *Fleet) disk(host string) string { return filepath.Join(f.hostDir(host), "disk") }

// mountDisk gives the host a disk of the fleet's size, in this machine's memory. Without a size the host writes to this
// machine's disk, as far as that goes.
func (f *Fleet) mountDisk(host string) error {
	if f.Disk == 0 {
		return nil
	}
	if err := syscall.Mount("disk", f.disk(host), "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", f.Disk)); err != nil {
		return fmt.Errorf("mounting the disk of %s: %w", host, err)
	}
	return nil
}

// ErrNoDisk says that the hosts of the fleet have no disks of their own that one could fill: Spec.Disk gives them.
var ErrNoDisk = errors.New("the fleet's hosts have no disks of their own")

// FillDisk leaves that many bytes free on the host's one disk: whatever on it writes more, dpkg, a dump, a journal, finds no
// space left (ENOSPC). What fills it is in none of the host's directories. Filled again, the disk has what is asked for now.
func (f *Fleet) FillDisk(host string, free uint64) error {
	if err := f.FreeDisk(host); err != nil {
		return err
	}
	filler, err := os.Create(f.filler(host))
	if err != nil {
		return fmt.Errorf("filling the disk of %s: %w", host, err)
	}
	defer filler.Close()
	for range 100 { // whoever writes meanwhile may take what was measured
		var space unix.Statfs_t
		if err := unix.Statfs(f.disk(host), &space); err != nil {
			return fmt.Errorf("measuring the disk of %s: %w", host, err)
		}
		now := space.Bavail * uint64(space.Bsize)
		if now <= free {
			return nil
		}
		if err = unix.Fallocate(int(filler.Fd()), 0, 0, int64(now-free)); !errors.Is(err, unix.ENOSPC) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("filling the disk of %s: %w", host, err)
	}
	return nil
}

// FreeDisk takes away what FillDisk put on the host's disk.
func (f *Fleet) FreeDisk(host string) error {
	if f.Disk == 0 {
		return ErrNoDisk
	}
	if err := os.Remove(f.filler(host)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("freeing the disk of %s: %w", host, err)
	}
	return nil
}

func (f *Fleet) filler(host string) string { return filepath.Join(f.disk(host), "filler") }
