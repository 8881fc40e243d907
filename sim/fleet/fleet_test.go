package fleet

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"kea-lockstep/internal/cli"
	"kea-lockstep/internal/world"
)

// quick is a speed for tests.
func quick() world.Speed {
	const tick = 20 * time.Millisecond
	return world.Speed{Command: tick, Stop: tick, Start: tick, Install: 5 * tick, Dump: 2 * tick, Migrate: 15 * tick, Boot: tick, Admin: tick}
}

type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// run runs the product's command line on a fleet, one at a time: its library keeps the flag for help in a variable of its own.
func (f *Fleet) run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e buffer
	argv := append([]string{"kea-lockstep", args[0], "--fleet", f.File, "--state", f.State}, args[1:]...)
	if args[0] == "runs" || args[0] == "version" {
		argv = append([]string{"kea-lockstep", args[0], "--state", f.State}, args[1:]...)
	}
	code = cli.Main(t.Context(), argv, cli.Streams{In: strings.NewReader(""), Out: &o, Err: io.MultiWriter(&e)})
	return code, o.String(), e.String()
}

func raise(t *testing.T, s Spec) *Fleet {
	t.Helper()
	s.Dir = t.TempDir()
	if s.Settle == "" {
		s.Settle = "100ms"
	}
	if s.Speed == (world.Speed{}) {
		s.Speed = quick()
	}
	f, err := Raise(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// must runs a command and wants it to end with a code and to say something.
func (f *Fleet) must(t *testing.T, code int, says string, args ...string) string {
	t.Helper()
	got, out, errs := f.run(t, args...)
	if got != code || !strings.Contains(out+errs, says) {
		t.Fatalf("%q ended with %d, not %d saying %q:\n%s\n%s", args, got, code, says, out, errs)
	}
	return out + errs
}

// calm holds the world against what it watches over.
func (f *Fleet) calm(t *testing.T) {
	t.Helper()
	for _, v := range f.World.Violations() {
		t.Errorf("a bad moment: %s", v.What)
	}
}

func TestUpgrade(t *testing.T) {
	f := raise(t, Spec{Servers: 3})
	f.must(t, 0, "3 servers share 1 database", "survey")
	f.must(t, 0, "expects 22.2", "check")
	f.must(t, 3, "terminal", "upgrade")
	f.must(t, 0, "3 servers at Kea 3.0.3, schema 30.0", "upgrade", "--yes")
	f.must(t, 0, "expects 30.0", "check")
	f.must(t, 0, "restored into a scratch database", "status")
	f.calm(t)
}

// A server that is rebooted amid the migration takes kea-admin and its job with it; what stands still is carried on from.
func TestTheCanaryIsRebootedAmidTheMigration(t *testing.T) {
	speed := quick()
	speed.Migrate = 4 * time.Second // longer than a busy machine looks away
	f := raise(t, Spec{Servers: 2, Speed: speed})
	type ending struct {
		code      int
		out, errs string
	}
	ended := make(chan ending, 1)
	go func() {
		code, out, errs := f.run(t, "upgrade", "--yes")
		ended <- ending{code, out, errs}
	}()
	reboot := world.Disturbances()[0]
	for {
		if c, _ := f.World.Contents(f.World.DatabaseNames()[0]); c.Schema.Major >= 24 && c.Torn {
			reboot.Do(f.World, 0)
			break
		}
		select {
		case e := <-ended:
			t.Fatalf("it ended before the reboot, with %d:\n%s\n%s", e.code, e.out, e.errs)
		case <-time.After(time.Millisecond):
		}
	}
	if e := <-ended; e.code != 5 {
		t.Fatalf("ended with %d:\n%s\n%s", e.code, e.out, e.errs)
	}
	f.must(t, 0, "2 servers at Kea 3.0.3, schema 30.0", "resume", "--yes")
	f.must(t, 0, "expects 30.0", "check")
	f.calm(t)
}

// Every step that can be made to fail is halted at or refused, and carried on from.
func TestFailAndResume(t *testing.T) {
	for step, code := range map[string]int{"prefetch": 3, "dump": 4, "install": 4, "migrate": 5, "start": 5} {
		t.Run(step, func(t *testing.T) {
			f := raise(t, Spec{Servers: 2, Fail: step})
			got, out, errs := f.run(t, "upgrade", "--yes")
			if got != code && got != 7 {
				t.Fatalf("ended with %d, not %d:\n%s\n%s", got, code, out, errs)
			}
			t.Logf("%s: %d", step, got)
			again := "resume"
			if got == 3 || got == 7 {
				again = "upgrade"
			}
			f.must(t, 0, "2 servers at Kea 3.0.3, schema 30.0", again, "--yes")
			f.must(t, 0, "expects 30.0", "check")
			f.calm(t)
		})
	}
}

// Another machine reads the plan out of a server's marker, and carries the run on.
func TestAnotherMachineCarriesTheRunOn(t *testing.T) {
	f := raise(t, Spec{Servers: 2, Fail: "migrate"})
	f.must(t, 5, "after the point of no return", "upgrade", "--yes")
	f.State = t.TempDir()
	f.must(t, 0, "2 servers at Kea 3.0.3, schema 30.0", "resume", "--from", "k2", "--yes")
	f.must(t, 0, "expects 30.0", "check")
	f.calm(t)
}
