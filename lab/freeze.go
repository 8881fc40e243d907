//go:build lab

package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Freeze stops everything that runs on the host where it stands, as a host hangs whose disk does not answer: its address still
// answers a ping and takes TCP connections, but nobody reads them. Nothing on it knows later that time has passed, but by its clock.
func (f *Fleet) Freeze(ctx context.Context, host string) error { return f.freeze(ctx, host, true) }

// Thaw lets a frozen host go on.
func (f *Fleet) Thaw(ctx context.Context, host string) error { return f.freeze(ctx, host, false) }

func (f *Fleet) freeze(ctx context.Context, host string, frozen bool) error {
	if _, err := f.Leader(host); err != nil {
		return err
	}
	group, err := cgroupOf(f.Name, host)
	if err != nil {
		return err
	}
	word, state := "0", []byte("frozen 0")
	if frozen {
		word, state = "1", []byte("frozen 1")
	}
	if err := os.WriteFile(filepath.Join(group, "cgroup.freeze"), []byte(word), 0); err != nil {
		return fmt.Errorf("freezing or thawing %s: %w", host, err)
	}
	return poll(ctx, 10*time.Second, 5*time.Millisecond, host+" to be "+string(state), func() bool {
		events, err := os.ReadFile(filepath.Join(group, "cgroup.events"))
		return err == nil && bytes.Contains(events, state)
	})
}
