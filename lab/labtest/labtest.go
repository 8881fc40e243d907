//go:build lab

package labtest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"kea-lockstep/lab"
)

var serial atomic.Int32

// Up raises a fleet for the test, under a name that no other has, and takes it down when the test ends. When the test has
// failed, what Kea said on each server is logged first. KEA_LAB_KEEP in the environment leaves a failed test's fleet up.
func Up(t *testing.T, spec lab.Spec) *lab.Fleet {
	t.Helper()
	removeOrphans(t)
	spec.Name = fmt.Sprintf("t%d-%d", os.Getpid(), serial.Add(1))
	f, err := lab.Up(t.Context(), spec, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		if t.Failed() {
			Explain(t, f)
			if os.Getenv("KEA_LAB_KEEP") != "" {
				t.Logf("the fleet %s is kept: %s", f.Name, f.SSHConfig())
				return
			}
		}
		if err := f.Down(ctx); err != nil {
			t.Error(err)
		}
	})
	return f
}

// Explain logs the end of Kea's log on every server.
func Explain(t *testing.T, f *lab.Fleet) {
	t.Helper()
	for _, s := range f.Servers {
		out, err := f.Run(context.Background(), s.Name,
			f.Active(s.Name, lab.DHCPv4)+"; journalctl --no-pager --output=short-precise --lines=15 --unit='*kea-dhcp*' --unit=rc-local")
		t.Logf("%s: %v\n%s", s.Name, err, out)
	}
}

// removeOrphans takes down the fleets of test processes that did not live to do it.
func removeOrphans(t *testing.T) {
	t.Helper()
	fleets, err := lab.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fleets {
		var pid int
		if n, _ := fmt.Sscanf(strings.ReplaceAll(f.Name, "-", " "), "t%d ", &pid); n == 1 && syscall.Kill(pid, 0) == syscall.ESRCH {
			if err := f.Down(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

// Must runs a script on a host and ends the test where it fails.
func Must(t *testing.T, f *lab.Fleet, host, script string) string {
	t.Helper()
	out, err := f.Run(t.Context(), host, script)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
