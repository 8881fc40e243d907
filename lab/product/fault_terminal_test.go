//go:build lab

package product_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
)

// signals sends signals to the driver, with a moment between them.
func signals(all ...os.Signal) func(*struck) {
	return func(s *struck) {
		for i, one := range all {
			if i > 0 {
				s.passes(300 * time.Millisecond)
			}
			s.no(s.drive.Process().Signal(one))
		}
	}
}

// TestFaultInterrupted: once lets end what is in flight, twice ends the driver's part at once, and a closed terminal or a request to
// end is as good as Ctrl-C. Each time resume ends the run, and nothing runs twice.
func TestFaultInterrupted(t *testing.T) {
	early, before, past := []int{130}, []int{4}, []int{5}
	ctrlC := signals(os.Interrupt)
	twice := signals(os.Interrupt, os.Interrupt)
	faults(t, []fault{
		{name: "once in prefetch", at: begins("prefetch-k1"), strike: ctrlC, codes: early, says: []string{"nothing was changed"}, on: []way{resume()}},
		{name: "once in the package upgrade", at: begins("install-k1"), strike: ctrlC, codes: before, says: []string{"stopped and fenced", "kea-lockstep resume", "kea-lockstep abort"}, on: []way{resume()}},
		{name: "once in the migration", at: begins("migrate-k1-db1"), strike: ctrlC, codes: past, says: []string{"kea-lockstep resume"}, on: []way{resume()}},
		{name: "twice in the package upgrade", at: begins("install-k1"), strike: unpacking("k1", twice), codes: before, says: []string{"stopping at once"}, on: []way{resume()}},
		{name: "twice in the migration", often: true, at: begins("migrate-k1-db1"), strike: migrating(twice), codes: past, on: []way{resume()}},
		{name: "a closed terminal in the dump", at: begins("dump-k2-db1"), strike: signals(syscall.SIGHUP), codes: before, on: []way{resume()}},
		{name: "SIGTERM in the confirmation", at: begins("confirm-k1"), strike: signals(syscall.SIGTERM), codes: past, on: []way{resume()}},
	})
}

// TestFaultNobodyReads: a reader that went away after the first line, and one that stands still, do not hold up the run.
func TestFaultNobodyReads(t *testing.T) {
	f := labtest.Up(t, spec())
	t.Run("stdout is closed", func(t *testing.T) {
		p := tool(t, f)
		observedRun(t, f, func(ctx context.Context) {
			cmd := p.Command(ctx, "upgrade", "--to", "3.0.3", "--yes", "-o", "json")
			cmd.Stderr = t.Output()
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
				t.Error(err)
			}
			_ = out.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("the run ended with %v", err)
			}
		})
	})
	if !*every {
		return
	}
	if err := f.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("stderr is full", func(t *testing.T) {
		p := tool(t, f)
		observedRun(t, f, func(ctx context.Context) {
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			if _, err := unix.FcntlInt(write.Fd(), unix.F_SETPIPE_SZ, os.Getpagesize()); err != nil {
				t.Fatal(err)
			}
			cmd := p.Command(ctx, "upgrade", "--to", "3.0.3", "--yes")
			cmd.Stderr = write
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			_ = write.Close()
			for _, s := range f.Servers { // what a run leaves last
				if _, err := f.Run(ctx, s.Name, "until grep -qs ' 1$' /var/lib/kea-lockstep/over; do sleep 0.2; done"); err != nil {
					t.Errorf("waiting for the end of the run: %v", err)
				}
			}
			go func() { _, _ = io.Copy(t.Output(), read) }()
			if err := cmd.Wait(); err != nil {
				t.Errorf("the run ended with %v", err)
			}
		})
	})
}

// observedRun is a run before the witness's eyes that must end on the target.
func observedRun(t *testing.T, f *lab.Fleet, do func(context.Context)) {
	t.Helper()
	watched(t, f, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		do(ctx)
	})
	restsAt(t, f, "3.0.3")
	for _, s := range f.Servers {
		startedOnce(t, f, s.Name)
	}
}
