//go:build lab

package product_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
)

var (
	kills = flag.Int("kills", 20, "how many runs are killed")
	seed  = flag.Uint64("seed", uint64(time.Now().UnixNano()), "where the random moments come from")
)

// TestKilledAtRandomMoments kills the orchestrator with SIGKILL at random moments of a run, resumes it, and wants the fleet
// upgraded with no bad moment and no job started twice.
func TestKilledAtRandomMoments(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 3})
	draw := rand.New(rand.NewPCG(*seed, 1))
	t.Logf("seed %d", *seed)
	whole := upgradeTime(t, f)
	for i := range *kills {
		after := time.Duration(draw.Int64N(int64(whole)))
		name := fmt.Sprintf("%d after %s", i+1, after.Round(time.Millisecond))
		if !t.Run(name, func(t *testing.T) { killed(t, f, after) }) {
			return
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

func killed(t *testing.T, f *lab.Fleet, after time.Duration) {
	if err := f.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := tool(t, f)
	var said string
	var second product.Output
	watched(t, f, func() {
		said = kill(t, p, after)
		second = resumed(t, p)
	})
	atRest(t, f, "3.0.3", "30.0")
	for _, s := range f.Servers {
		startedOnce(t, f, s.Name)
	}
	if t.Failed() {
		t.Logf("killed after\n%s\nthen\n%s", said, second)
	}
}

// kill runs an upgrade and kills it after a while. It gives what the run had said.
func kill(t *testing.T, p product.Tool, after time.Duration) string {
	cmd := p.Command(t.Context(), "upgrade", "--to", "3.0.3", "--yes")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Signal(syscall.SIGKILL) })
	defer timer.Stop()
	_ = cmd.Wait() // it was killed, or was done before
	return said.String()
}

// resumed carries a killed run on. One that died before it had a plan, or was done, has nothing to resume: an upgrade is asked
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

var startedJob = regexp.MustCompile(`^Started (kea-lockstep[^ ]*\.service)`)

// testUnit begins the names of the units in which a configuration is tested. A test is no job: it changes nothing, and a drive that
// takes over from one that died in a test does it again.
const testUnit = "kea-lockstep-test-"

// startedOnce wants that systemd started each job of the run once, and dpkg upgraded Kea once.
func startedOnce(t *testing.T, f *lab.Fleet, server string) {
	t.Helper()
	out := labtest.Must(t, f, server, "journalctl --no-pager --output=cat --boot")
	var units []string
	for _, line := range strings.Split(out, "\n") {
		m := startedJob.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(m[1], testUnit) {
			continue
		}
		if slices.Contains(units, m[1]) {
			t.Errorf("%s: %s was started twice", server, m[1])
		}
		units = append(units, m[1])
	}
	if len(units) == 0 {
		t.Errorf("%s: no job was started at all: the journal is read wrongly", server)
	}
	upgradedOnce(t, f, server)
}

// upgradedOnce wants that dpkg upgraded Kea once.
func upgradedOnce(t *testing.T, f *lab.Fleet, server string) {
	t.Helper()
	upgrades := labtest.Must(t, f, server, "grep -c ' upgrade kea-dhcp4-server:' /var/log/dpkg.log || true")
	if strings.TrimSpace(upgrades) != "1" {
		t.Errorf("%s: dpkg upgraded Kea %s times", server, strings.TrimSpace(upgrades))
	}
}
