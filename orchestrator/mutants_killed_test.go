//go:build mutants

package orchestrator_test

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Which mutants: go test -tags mutants -run TestMutantsAreKilled ./orchestrator -args -mutant '^the watch'
var (
	onlyMutants = flag.String("mutant", "", "those whose name this expression matches")
	sideBySide  = flag.Int("side-by-side", runtime.NumCPU(), "how many at once")
	onlyHunt    = flag.String("hunt", "", "that run of the proof alone whose name this expression matches")
)

// hunt is one run of the proof, and how long it may take.
type hunt struct {
	name string
	args []string
	most time.Duration
}

// hunts are in the order of what they cost: a hunt is for the mutants that those before it have not found. What is written down
// and not driven (plans, diagrams, preflight) is no part of them, and neither is chance.
func hunts() []hunt {
	const exhaustion, paper = "Killed|Fault|World[CM]|WorldThat|Carried|Meanwhile|EndsIn|EndsOn", "Diagram|Plan|States|Hash|Preflight|Risk|Mutant|Mixed|CanaryAndMode|CanariesOf|Refuse|Healthy|Unknown|Backups|Groups"
	by := func(tests string, every int) []string {
		return []string{tests, "-first", "1", "-pairs", "0s", "-every", fmt.Sprint(every)}
	}
	all := []hunt{
		{"the plays", by("-test.skip="+paper+"|World|"+exhaustion, 1), 5 * time.Minute},
		{"before the gates", by("-test.run=BeforeAGate", 1), 10 * time.Minute},
		{"one point in 60", by("-test.run="+exhaustion, 60), 10 * time.Minute},
	}
	chosen := regexp.MustCompile(*onlyHunt)
	return slices.DeleteFunc(all, func(h hunt) bool { return !chosen.MatchString(h.name) })
}

// TestMutantsAreKilled: every deliberate bug is found by the proof. One that is not found, and one that does not build, fails. A hunt finds
// only what it would not say of the engine as it is.
func TestMutantsAreKilled(t *testing.T) {
	all, err := readMutants()
	if err != nil {
		t.Fatal(err)
	}
	chosen := regexp.MustCompile(*onlyMutants)
	left := slices.DeleteFunc(slices.Clone(all), func(m mutant) bool { return !chosen.MatchString(m.name) })
	if len(left) == 0 {
		t.Fatalf("no mutant has a name like %q", *onlyMutants)
	}
	begun := time.Now()
	binary := infected(t, all)
	t.Logf("%d mutants, built in %.0f s", len(left), time.Since(begun).Seconds())
	for _, h := range hunts() {
		if len(left) == 0 {
			return
		}
		begun = time.Now()
		if found, err := firstFailure(t.Context(), binary, "", h); err != nil || found != "" {
			t.Fatalf("%s, without a mutant: %v\n  %s", h.name, err, found)
		}
		t.Logf("%s: %.0f s without a mutant", h.name, time.Since(begun).Seconds())
		left = survivors(t, binary, h, left)
	}
	for _, m := range left {
		t.Errorf("SURVIVED: %s (%s)", m.name, m.breaks)
	}
}

// survivors gives the mutants that a hunt does not find, and says of the others by which test each was found.
func survivors(t *testing.T, binary string, h hunt, mutants []mutant) (left []mutant) {
	slots := make(chan struct{}, *sideBySide)
	var wait sync.WaitGroup
	var mu sync.Mutex
	for _, m := range mutants {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			begun := time.Now()
			found, err := firstFailure(t.Context(), binary, m.name, h)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				t.Errorf("%s: %s: %v", m.name, h.name, err)
			case found == "":
				left = append(left, m)
			default:
				t.Logf("killed: %s\n  %s, %.0f s: %s", m.name, h.name, time.Since(begun).Seconds(), found)
			}
		})
	}
	wait.Wait()
	return left
}

// figures are the lines that a test says without having failed.
var figures = regexp.MustCompile(`^\s+\S+_test\.go:\d+: (-first|seed|\d+ [a-z]+)`)

// said is a line of a test that has failed.
var said = regexp.MustCompile(`^\s+\S+_test\.go:\d+: `)

// firstFailure gives the first failure of a run, and ends the run there; nothing if all of it passes. The error is for one that did not end in
// time, for then no test has found anything.
func firstFailure(ctx context.Context, binary, mutant string, h hunt) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, h.most)
	defer cancel()
	run := exec.CommandContext(ctx, binary, append([]string{"-test.v", "-test.failfast", "-test.timeout=0"}, h.args...)...)
	run.Env = append(os.Environ(), mutantVariable+"="+mutant)
	out, err := run.StdoutPipe()
	if err != nil {
		return "", err
	}
	run.Stderr = run.Stdout
	if err := run.Start(); err != nil {
		return "", err
	}
	test, crash := "", ""
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "=== "):
			test = line[strings.LastIndex(line, " ")+1:]
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			crash = line
		case said.MatchString(line) && !figures.MatchString(line):
			cancel()
			_ = run.Wait() // it was ended
			return fmt.Sprintf("%s\n  %.300s", test, strings.TrimSpace(line)), nil
		}
	}
	err = run.Wait()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("it did not end within %s, and no test said why", h.most)
	case err != nil:
		return fmt.Sprintf("%s\n  %.300s", test, cmp.Or(crash, err.Error())), nil
	}
	return "", lines.Err()
}
