//go:build lab

package product_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
)

var (
	kills = flag.Int("kills", 20, "how many drives are killed")
	seed  = flag.Uint64("seed", uint64(time.Now().UnixNano()), "where the random moments come from")
)

// redraws is how many runs may be over before they are killed at all.
const redraws = 5

// TestKilledAtRandomMoments kills the orchestrator with SIGKILL at random moments of a run, and what resumes it too, until one is over.
// It wants the fleet upgraded with no bad moment, no job begun twice and one migration.
func TestKilledAtRandomMoments(t *testing.T) {
	f := labtest.Up(t, spec())
	draw := rand.New(rand.NewPCG(*seed, 1))
	t.Logf("seed %d", *seed)
	whole := upgradeTime(t, f)
	moment := func() time.Duration { return time.Duration(draw.Int64N(int64(whole) / 2)) }
	for died, over := 0, 0; died < *kills; {
		more := 0
		if !t.Run(fmt.Sprintf("from kill %d on", died+1), func(t *testing.T) { more = killed(t, f, moment, *kills-died) }) {
			return
		}
		died += more
		if more == 0 {
			over++
		}
		if over > redraws {
			t.Fatalf("%d runs were over before they could be killed", over)
		}
	}
}

// upgradeTime is how long a run takes that nobody disturbs.
func upgradeTime(t *testing.T, f *lab.Fleet) time.Duration {
	p := tool(t, f)
	var took time.Duration
	watched(t, f, func() {
		began := time.Now()
		run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes")
		took = time.Since(began)
	})
	return took
}

// killed kills a run after a while, and each resume of it, but not more of them than it is told, and looks at what became of the
// fleet. It gives how many were killed: none where the run was over by then.
func killed(t *testing.T, f *lab.Fleet, moment func() time.Duration, most int) int {
	if err := f.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := tool(t, f)
	var said []string
	died := 0
	watched(t, f, func() {
		for args := []string{"upgrade", "--to", "3.0.3", "--yes"}; died < most; args = []string{"resume", "--yes"} {
			after := moment()
			one, dead := kill(t, p, after, args...)
			said = append(said, one)
			if !dead {
				return
			}
			died++
			t.Logf("%s killed after %s", args[0], after.Round(time.Millisecond))
		}
		said = append(said, resumed(t, p).String())
	})
	restsAt(t, f, "3.0.3")
	for _, s := range f.Servers {
		begunOnce(t, f, s.Name)
	}
	migrated(t, f, 1)
	if t.Failed() {
		t.Log(strings.Join(said, "\nthen\n"))
	}
	return died
}

// kill runs a command and kills it after a while. It gives what the command had said, and whether it died of that. One that had
// nothing to resume is followed by an upgrade that nobody kills.
func kill(t *testing.T, p product.Tool, after time.Duration, args ...string) (string, bool) {
	cmd := p.Command(t.Context(), args...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
	defer timer.Stop()
	err := cmd.Wait()
	switch status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); {
	case ok && status.Signaled() && status.Signal() == syscall.SIGKILL:
		return said.String(), true
	case args[0] == "resume" && cmd.ProcessState.ExitCode() == 2:
		said.WriteString(run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes").String())
	case err != nil:
		t.Fatalf("%s ended before it was killed, and not well: %v\n%s", args[0], err, &said)
	}
	return said.String(), false
}

// resumed carries a killed run on. One that died before it had a plan, or as it was done, has nothing to resume: an upgrade is asked
// for again.
func resumed(t *testing.T, p product.Tool) product.Output {
	out, err := p.Run(t.Context(), "resume", "--yes")
	if err != nil {
		t.Fatal(err)
	}
	switch out.Code {
	case 0:
		return out
	case 2:
		return run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes")
	}
	t.Fatalf("resume: %s", out)
	return out
}
