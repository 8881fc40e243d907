//go:build lab

package product_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kea-lockstep/lab/product"
)

// signals sends signals to the driver, with a moment between them.
func signals(all ...os.Signal) func(*struck) {
	return func(s *struck) {
		for i, one := range all {
			if i > 0 {
				s.passes(300 * time.Millisecond)
			}
			if err := s.drive.Process().Signal(one); i == 0 || !errors.Is(err, os.ErrProcessDone) { // it may have ended at the first
				s.no(err)
			}
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

// TestFaultTerminalGone closes the terminal at which questions are answered, as a torn ssh session does: the run halts, and resume ends it.
func TestFaultTerminalGone(t *testing.T) {
	closed := func(strike func(tty *product.Terminal, ctx context.Context, mark int) error) func(context.Context, *struck) (product.Output, error) {
		return func(ctx context.Context, s *struck) (product.Output, error) {
			tty, err := product.Start(s.tool.Command(ctx, "upgrade", "--to", "3.0.3"))
			if err != nil {
				return product.Output{}, err
			}
			mark, err := tty.Await(ctx, 0, "stop every Kea daemon")
			s.no(err)
			mark, err = tty.Await(ctx, mark, " [y/N]")
			s.no(err)
			s.no(tty.Type("y"))
			mark, err = tty.Await(ctx, mark, "migrate the schema?")
			s.no(err)
			s.no(strike(tty, ctx, mark))
			s.no(tty.Close())
			return product.Output{Code: tty.Wait(), Stderr: tty.Text()}, nil
		}
	}
	faults(t, []fault{
		{name: "at the question before the migration", codes: []int{4}, on: []way{resume()},
			drive: closed(func(*product.Terminal, context.Context, int) error { return nil })},
		{name: "in the migration", codes: []int{5}, on: []way{resume()},
			drive: closed(func(tty *product.Terminal, ctx context.Context, mark int) error {
				if err := tty.Type("migrate"); err != nil {
					return err
				}
				_, err := tty.Await(ctx, mark, "kea-admin db-upgrade")
				return err
			})},
	})
}

// awaitReleased waits for what a run leaves last on each server.
func awaitReleased(s *struck) {
	s.Helper()
	for _, server := range s.fleet.Servers {
		s.must(server.Name, "until grep -qs ' 1$' /var/lib/kea-lockstep/over; do sleep 0.2; done")
	}
}

// TestFaultNobodyReads: a reader that went away after the first line, and one that stands still, do not hold up the run.
func TestFaultNobodyReads(t *testing.T) {
	faults(t, []fault{
		{name: "stdout is closed", often: true, codes: []int{0}, drive: func(ctx context.Context, s *struck) (product.Output, error) {
			cmd := s.tool.Command(ctx, "upgrade", "--to", "3.0.3", "--yes", "-o", "json")
			cmd.Stderr = s.Output()
			out, err := cmd.StdoutPipe()
			s.no(err)
			s.no(cmd.Start())
			_, err = bufio.NewReader(out).ReadString('\n')
			s.no(err)
			s.no(out.Close())
			return product.Output{}, cmd.Wait()
		}},
		{name: "its terminal stands still", codes: []int{0}, drive: func(ctx context.Context, s *struck) (product.Output, error) {
			tty, err := product.Stand(s.tool.Command(ctx, "upgrade", "--to", "3.0.3", "--yes", "--verbose"))
			if err != nil {
				return product.Output{}, err
			}
			awaitReleased(s)
			tty.Read()
			return product.Output{Code: tty.Wait(), Stderr: tty.Text()}, nil
		}},
		{name: "stderr is full", codes: []int{0}, drive: func(ctx context.Context, s *struck) (product.Output, error) {
			read, write, err := os.Pipe()
			s.no(err)
			defer read.Close()
			_, err = unix.FcntlInt(write.Fd(), unix.F_SETPIPE_SZ, os.Getpagesize())
			s.no(err)
			cmd := s.tool.Command(ctx, "upgrade", "--to", "3.0.3", "--yes")
			cmd.Stderr = write
			s.no(cmd.Start())
			s.no(write.Close())
			awaitReleased(s)
			go func() { _, _ = io.Copy(s.Output(), read) }()
			return product.Output{}, cmd.Wait()
		}},
	})
}
