package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"kea-lockstep/internal/cli"
	"kea-lockstep/internal/world"
	"kea-lockstep/sim/fleet"
)

// options are what the command line says.
type options struct {
	yes, keep bool
	servers   int
	fail      string
	speed     float64
}

const (
	codeError = 1
	codeUsage = 2
)

func main() { os.Exit(run(os.Args[1:])) }

func parse(args []string) (options, int) {
	var o options
	f := flag.NewFlagSet("sim", flag.ContinueOnError)
	f.SetOutput(os.Stderr)
	f.BoolVar(&o.yes, "yes", false, "ask nothing")
	f.BoolVar(&o.keep, "keep", false, "upgrade nothing: leave the fleet up for commands from another terminal")
	f.IntVar(&o.servers, "servers", 3, "how many servers `N`")
	f.StringVar(&o.fail, "fail", "", "let a `STEP` fail once, and resume: "+strings.Join(fleet.Steps(), ", "))
	f.Float64Var(&o.speed, "speed", 1, "how much faster than real hosts were seen to be, `TIMES`")
	switch err := f.Parse(args); {
	case err == flag.ErrHelp: //nolint:errorlint // it is returned as it is
		return o, 0
	case err != nil:
		return o, codeUsage
	}
	why := ""
	switch {
	case f.NArg() > 0:
		why = fmt.Sprintf("%q is no option", f.Arg(0))
	case o.servers < 1 || o.servers > 1000:
		why = "--servers: 1 to 1000"
	case o.speed <= 0:
		why = "--speed: more than 0"
	case o.fail != "" && !slices.Contains(fleet.Steps(), o.fail):
		why = fmt.Sprintf("--fail %s: the steps that can fail are %s", o.fail, strings.Join(fleet.Steps(), ", "))
	}
	if why != "" {
		fmt.Fprintln(os.Stderr, "sim:", why)
		return o, codeUsage
	}
	return o, -1
}

func run(args []string) int {
	o, code := parse(args)
	if code >= 0 {
		return code
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	dir, err := os.MkdirTemp("", "kea-lockstep-fleet-")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(dir)
	interrupted := interruptions()
	fmt.Printf("starting %d simulated servers and their database, on loopback and in memory ...\n", o.servers)
	raised, err := fleet.Raise(ctx, fleet.Spec{
		Servers: o.servers, Dir: dir, Speed: speed(o.speed), Settle: (2 * time.Second).String(), Fail: o.fail,
	})
	if err != nil {
		return failed(err)
	}
	if err := settleIn(dir); err != nil {
		return failed(err)
	}
	if o.keep {
		return keep(raised, dir, interrupted)
	}
	return tour(ctx, o, raised, interrupted)
}

// speed gives how long effects take, so many times faster than seen.
func speed(times float64) world.Speed {
	s := world.AsSeen()
	for _, one := range []*time.Duration{&s.Command, &s.Stop, &s.Start, &s.Install, &s.Dump, &s.Migrate, &s.Boot, &s.Admin} {
		*one = time.Duration(float64(*one) / times)
	}
	return s
}

// settleIn makes the fleet's directory the one where commands look for fleet.yaml and keep their journals.
func settleIn(dir string) error {
	if err := os.Chdir(dir); err != nil {
		return fmt.Errorf("entering the fleet's directory: %w", err)
	}
	if err := os.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state")); err != nil {
		return fmt.Errorf("setting the state directory: %w", err)
	}
	return nil
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "sim:", err)
	return codeError
}

// interruptions counts Ctrl-C and the like; commands listen for themselves.
func interruptions() *interruption {
	i := &interruption{came: make(chan struct{}, 1)}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		for range signals {
			i.seen.Store(true)
			select {
			case i.came <- struct{}{}:
			default:
			}
		}
	}()
	return i
}

type interruption struct {
	seen atomic.Bool
	came chan struct{}
}

// command runs one command of the product's, as it is typed.
func command(ctx context.Context, words ...string) int {
	fmt.Printf("\n$ kea-lockstep %s\n", strings.Join(words, " "))
	return cli.Main(ctx, append([]string{"kea-lockstep"}, words...), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

func say(w io.Writer, lines ...string) {
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
}
