//go:build lab

package product_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

var long = flag.Duration("for", 0, "how long faults are drawn at random; at least one is")

// mishap is a kind of fault that can strike at any moment. What it leaves is mended before the run is carried on.
type mishap struct {
	name   string
	strike func(server string, lasts time.Duration) func(*struck)
	mend   func(server string) func(*struck)
	bad    bool // a stranger's Kea may be seen against the wrong schema
	blind  bool
	boots  bool // packages may be installed twice
}

func mishaps() []mishap {
	driver := func(all ...os.Signal) func(string, time.Duration) func(*struck) {
		return func(string, time.Duration) func(*struck) { return signals(all...) }
	}
	database := func(strike func(lasts time.Duration) func(*struck)) func(string, time.Duration) func(*struck) {
		return func(_ string, lasts time.Duration) func(*struck) { return strike(lasts) }
	}
	return []mishap{
		{name: "cut off", strike: cut},
		{name: "frozen", strike: frozen},
		{name: "without sshd", strike: noSSH},
		{name: "without power", strike: func(server string, lasts time.Duration) func(*struck) { return off(server, lasts, either) }, boots: true},
		{name: "driver killed", strike: driver(syscall.SIGKILL)},
		{name: "Ctrl-C", strike: driver(os.Interrupt)},
		{name: "Ctrl-C twice", strike: driver(os.Interrupt, os.Interrupt)},
		{name: "a closed terminal", strike: driver(syscall.SIGHUP)},
		{name: "database restarted", blind: true, strike: database(func(time.Duration) func(*struck) { return restarted })},
		{name: "database silent", blind: true, strike: database(func(lasts time.Duration) func(*struck) { return frozen(lab.DatabaseHost, lasts) })},
		{name: "our sessions ended", strike: database(func(time.Duration) func(*struck) { return (*struck).endsLocks })},
		{name: "rebooted", strike: func(server string, _ time.Duration) func(*struck) { return rebooted(server, either) }, boots: true},
		{name: "database away", blind: true, strike: database(func(lasts time.Duration) func(*struck) {
			return lasting(lasts,
				func(ctx context.Context, s *struck) error { return s.fleet.StopDatabase(ctx) },
				func(ctx context.Context, s *struck) error { return s.fleet.StartDatabase(ctx) })
		})},
		{name: "too many connections", blind: true, strike: database(func(lasts time.Duration) func(*struck) {
			var crowd *lab.Crowd
			return lasting(lasts,
				func(ctx context.Context, s *struck) (err error) {
					crowd, err = s.fleet.ExhaustConnections(ctx)
					return err
				},
				func(context.Context, *struck) error {
					crowd.Disperse()
					return nil
				})
		})},
		{name: "database read-only", blind: true, strike: database(func(lasts time.Duration) func(*struck) {
			return lasting(lasts,
				func(ctx context.Context, s *struck) error { return s.fleet.MakeReadOnly(ctx) },
				func(ctx context.Context, s *struck) error { return s.fleet.MakeWritable(ctx) })
		})},
		{name: "another's check, upgrade and unlock", strike: func(string, time.Duration) func(*struck) { return meddles }},
		{name: "an abort", strike: func(string, time.Duration) func(*struck) {
			return func(s *struck) {
				_, err := s.tool.Run(s.Context(), "abort", "--yes")
				s.no(err)
			}
		}},
		{name: "packages locked", strike: func(server string, lasts time.Duration) func(*struck) {
			return func(s *struck) { _ = s.fleet.LockPackages(s.Context(), server, lasts) } // the run may hold them just now
		}},
		{name: "a watchdog", strike: func(server string, _ time.Duration) func(*struck) { return watchdog(server) }, mend: dismissed, bad: true},
	}
}

// meddles is a second operator at another machine, whom nothing may let in while a run is driven.
func meddles(s *struck) {
	other, err := product.New(s.fleet, s.TempDir())
	s.no(err)
	for _, args := range [][]string{{"check"}, {"upgrade", "--to", "3.0.3", "--yes"}, {"unlock", "--yes"}} {
		out, err := other.Run(s.Context(), args...)
		s.no(err)
		if out.Code == 0 && args[0] != "check" && s.drive.Process().Signal(syscall.Signal(0)) == nil {
			s.Errorf("%s is let in beside a drive:\n%s", args[0], out)
		}
	}
}

// TestFaultRandom draws a fault, a server, a moment and how long it lasts, and another for what carries the run on; goes on until it
// is over, and holds the fleet against what it must be then. The seed of each is printed, and -seed with -for 0 tries it again.
func TestFaultRandom(t *testing.T) {
	f := labtest.Up(t, spec())
	end := time.Now().Add(*long)
	for n := uint64(0); n == 0 || time.Now().Before(end); n++ {
		c := drawn(*seed + n)
		if !t.Run(c.name, func(t *testing.T) {
			if n > 0 {
				if err := f.Reset(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			c.carried(t, f)
		}) {
			return
		}
	}
}

// drawn makes a fault of a seed.
func drawn(seed uint64) fault {
	draw := rand.New(rand.NewPCG(seed, 2))
	c := one(draw)
	c.name = fmt.Sprintf("seed %d: %s", seed, c.name)
	if draw.IntN(2) == 0 {
		next := one(draw)
		next.args, next.maybe = []string{"resume", "--yes"}, true
		c.name += "; then " + next.name
		c.next = &next
	}
	return c
}

// one draws a fault.
func one(draw *rand.Rand) fault {
	all := mishaps()
	m := all[draw.IntN(len(all))]
	server := fmt.Sprintf("k%d", 1+draw.IntN(3))
	moments := eachStep()
	step := moments[draw.IntN(len(moments))]
	wait, lasts := time.Duration(draw.Int64N(int64(3*time.Second))), time.Duration(draw.Int64N(int64(20*time.Second)))
	strike, struckIt := m.strike(server, lasts), false
	c := fault{
		name: fmt.Sprintf("%s, %s for %s, %s after the begin of %s", m.name, server, lasts.Round(time.Second), wait.Round(time.Millisecond), step),
		at:   begins(step), blind: m.blind,
		strike: func(s *struck) {
			s.passes(wait)
			if s.drive.Process().Signal(syscall.Signal(0)) == nil { // it may have ended meanwhile
				struckIt = true
				strike(s)
			}
		},
	}
	if m.bad {
		c.bad = []string{server}
	}
	if m.boots {
		c.again = []string{server}
	}
	if m.mend != nil {
		c.mend = func(s *struck) {
			if struckIt {
				m.mend(server)(s)
			}
		}
	}
	return c
}

// carried strikes and carries the run on until it is over.
func (c fault) carried(t *testing.T, f *lab.Fleet) {
	s := &struck{T: t, fleet: f, tool: tool(t, f)}
	old, before := witness.Expects(f.Engine, "2.6.3"), settings(t, f)
	var said []product.Output
	report := observed(t, f, func(w *witness.Witness) {
		s.witness = w
		for at := &c; at != nil; at = at.next {
			at.codes = []int{-1, 0, 3, 4, 5, 6, 7, 130}
			said = append(said, at.first(s))
			if at.mend != nil {
				at.mend(s)
			}
			if at != &c {
				c.bad, c.again, c.blind = append(c.bad, at.bad...), append(c.again, at.again...), c.blind || at.blind
			}
			code := said[len(said)-1].Code
			if code == 4 {
				if now, err := f.Contents(t.Context()); err != nil || now.Schema != old {
					t.Errorf("exit 4 is before the point of no return, and the schema is %s (%v)", now.Schema, err)
				}
			}
			if code == 3 && c.blind { // without its database Kea ends by itself; nothing was stopped yet, so nothing is started again
				for _, server := range f.Servers {
					s.must(server.Name, "systemctl start "+f.UnitOn(server.Name, lab.DHCPv4))
				}
			}
			if over(code) {
				break
			}
		}
		for range 6 {
			if t.Failed() || over(said[len(said)-1].Code) {
				return
			}
			said = append(said, s.runs(way{args: []string{"resume", "--yes"}, codes: []int{0, 4, 5, 7}}))
		}
		t.Errorf("the run is not over: exit %d", said[len(said)-1].Code)
	})
	back := said[len(said)-1].Code != 0
	c.judge(s, report, back)
	if !t.Failed() && len(c.bad) == 0 { // what a stranger leaves is his
		sameSettings(t, before, settings(t, f), back)
	}
	var codes []int
	for _, out := range said {
		codes = append(codes, out.Code)
		if t.Failed() {
			t.Logf("exit %d\n%s", out.Code, out.Stderr)
		}
	}
	t.Logf("exits %v", codes)
}
