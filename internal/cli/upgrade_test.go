package cli

import (
	"encoding/json"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kea-lockstep/internal/world"
)

// failing makes the model fail at the orders whose name begins so.
func failing(order string, f world.Fault) func(world.Point) world.Fault {
	return func(p world.Point) world.Fault {
		if p.Kind == "do" && strings.HasPrefix(p.What, order) {
			return f
		}
		return world.NoFault
	}
}

// atRest checks that nothing of the newest run stands anywhere, and which servers reached the target.
func (b *bench) atRest(target bool) {
	b.t.Helper()
	reached := map[string]bool{}
	for _, name := range b.world.Names() {
		reached[name] = target
	}
	if err := b.world.Rest(b.newestRun(), reached); err != nil {
		b.t.Error(err)
	}
	for _, v := range b.world.Violations() {
		b.t.Errorf("violation: %v", v)
	}
}

func (b *bench) newestRun() string {
	b.t.Helper()
	var status struct{ Run string }
	if err := json.Unmarshal([]byte(b.expect(codeDone, "status -o json").out), &status); err != nil || status.Run == "" {
		b.t.Fatalf("no newest run: %v", err)
	}
	return status.Run
}

// holds checks that text has every part, in order.
func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%q does not come (in this order) in:\n%s", part, text)
		}
		rest = after
	}
}

func TestAnUpgradeTellsWhatItDoes(t *testing.T) {
	b := newBench(t, 3)
	r := b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	b.atRest(true)
	if r.out != "" {
		t.Errorf("text progress is talk, but stdout has %q", r.out)
	}
	holds(t, r.talk, "move in lockstep", "stop every Kea daemon", "point of no return", "kea-admin db-upgrade of kea1: ", "done: 3 servers at Kea 3.0.3, schema 30.0")
	b.expect(codeDone, "check")
	holds(t, b.expect(codeDone, "status").out, "done", "✓ finish", "k3  Kea 3.0.3, serves")
	holds(t, b.expect(codeDone, "runs").out, b.newestRun(), "done", "3.0.3")
}

// A script reads stdout to its end and finds nothing there but events, numbered as the journal numbers them.
func TestEventsAloneAreOnStdout(t *testing.T) {
	b := newBench(t, 2)
	r := b.expect(codeDone, "upgrade --to 3.0.3 --yes -o json")
	seq := 0
	for line := range strings.Lines(r.out) {
		var e struct {
			Format, Run, Type string
			Seq               int
			Time              time.Time
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if seq++; e.Seq != seq || e.Format != "kea-lockstep.event/1" || e.Run == "" || e.Type == "" || e.Time.IsZero() {
			t.Fatalf("event %d is %+v", seq, e)
		}
	}
	journal, err := os.ReadFile(b.path("state/runs/" + b.newestRun() + ".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(journal), "\n"); lines != seq {
		t.Errorf("%d events on stdout, %d in the journal", seq, lines)
	}
}

func TestWithoutATerminalNobodyIsAsked(t *testing.T) {
	b := newBench(t, 2)
	r := b.expect(codeRefused, "upgrade --to 3.0.3")
	holds(t, r.talk, "stdin is no terminal", "--yes")
	if _, err := os.Stat(b.path("state")); err == nil {
		t.Error("a run was begun all the same")
	}
}

func TestAFailureBeforeThePointOfNoReturnBacksOut(t *testing.T) {
	b := newBench(t, 3)
	b.at = failing("install-k1/", world.Fails)
	r := b.expect(codeBackedOut, "upgrade --to 3.0.3 --yes")
	b.at = nil
	b.atRest(false)
	holds(t, r.talk, "backed-out", "the old state serves again", "what", "upgrade the packages on k1 failed", "now", "k1  Kea 2.6.3, serves", "next", "kea-lockstep check")
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	b.atRest(true)
}

func TestAHaltedRunSaysWhereItStandsAndIsCarriedOn(t *testing.T) {
	b := newBench(t, 3)
	b.at = failing("migrate-", world.Fails)
	b.expect(codeBackedOut, "upgrade --to 3.0.3 --yes") // untouched: the point of no return is taken back
	b.at = failing("start-k1/", world.Fails)
	r := b.expect(codeHaltedPast, "upgrade --to 3.0.3 --yes")
	b.at = nil
	run := b.newestRun()
	holds(t, r.talk, "halted in phase 8, start canary, after the point of no return", "what", "now", "next", "kea-lockstep resume "+run)
	for _, name := range []string{"k2", "k3"} {
		holds(t, r.talk, name+"  Kea ", "stopped and fenced; kea-lockstep resume "+run+" lifts the fence")
	}
	holds(t, b.expect(codeMismatch, "check").out, "fence of run "+run, "kea-lockstep resume "+run)
	holds(t, b.expect(codeHeld, "upgrade --to 3.0.3 --yes").talk, run, "stands in the way", "kea-lockstep resume "+run)
	holds(t, b.expect(codeHeld, "unlock --yes").talk, "still stands", "kea-lockstep resume "+run)
	holds(t, b.expect(codeHaltedPast, "abort --yes").talk, "past the point of no return")
	if r := b.expect(codeDone, "status -o json"); !strings.Contains(r.out, `"next": "kea-lockstep resume `+run) {
		t.Errorf("status does not say what is next:\n%s", r.out)
	}
	b.expect(codeDone, "resume --yes")
	b.atRest(true)
	b.expect(codeUsage, "resume --yes")
}

func TestAHeldRunCanBeAborted(t *testing.T) {
	b := newBench(t, 3)
	b.at = b.interruptAt("install-k1/", 1)
	r := b.expect(codeHalted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	holds(t, r.talk, "then the run holds still", "halted", "before the point of no return", "kea-lockstep resume", "kea-lockstep abort")
	b.expect(codeBackedOut, "abort --yes")
	b.atRest(false)
	b.expect(codeUsage, "abort --yes")
}

func TestTwoInterruptsEndTheProcessAndResumeFindsOut(t *testing.T) {
	b := newBench(t, 3)
	b.at = b.interruptAt("migrate-", 2)
	r := b.expect(codeHaltedPast, "upgrade --to 3.0.3 --yes")
	b.at = nil
	holds(t, r.talk, "stopping at once", "interrupted", "after the point of no return", "kea-lockstep resume")
	holds(t, b.expect(codeDone, "status").out, "interrupted")
	b.expect(codeDone, "resume --yes")
	b.atRest(true)
}

// interruptAt sends interrupts when an order comes, and lets the order go on once they were heard.
func (b *bench) interruptAt(order string, times int) func(world.Point) world.Fault {
	var done atomic.Bool
	return func(p world.Point) world.Fault {
		if p.Kind == "do" && strings.HasPrefix(p.What, order) && done.CompareAndSwap(false, true) {
			for range times {
				b.signals <- os.Interrupt
			}
			words := []string{"holds still", "stopping at once"}[times-1]
			b.await(func() bool { return strings.Contains(b.seen(), words) })
		}
		return world.NoFault
	}
}

// await waits for what is awaited, with a deadline.
func (b *bench) await(so func() bool) {
	deadline := time.After(time.Minute)
	for !so() {
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			b.t.Error("waited in vain")
			return
		}
	}
}

// A dry run is the plan: it needs no terminal and no --yes, gives no order, takes no lock and leaves no run.
func TestADryRunIsThePlanAndLeavesNothing(t *testing.T) {
	b := newBench(t, 2)
	b.at = onlyLooks(t)
	r := b.expect(codeDone, "upgrade --to 3.0.3 --dry-run")
	holds(t, r.out, "2 servers share 1 database, so they move in lockstep", "k1 (canary), k2", "asks: stop the fleet?", "point of no return")
	if r.talk != "" {
		t.Errorf("stderr has %q", r.talk)
	}
	holds(t, b.expect(codeDone, "upgrade --to 3.0.3 --dry-run --yes -o json").out, `"format": "kea-lockstep.plan/1"`, `"target": "3.0.3"`, `"refusals": []`)
	b.asItWas()
	b.at = nil
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	b.atRest(true)
}

func TestADryRunOfWhatIsRefusedSaysWhy(t *testing.T) {
	b := newBench(t, 2)
	b.at = onlyLooks(t)
	r := b.expect(codeRefused, "upgrade --to 2.4.0 --dry-run")
	holds(t, r.out, "refused  k1: Kea 2.6.3 is installed, which is newer than 2.4.0", "refused  k2: ")
	holds(t, r.talk, "nothing was changed", "named above")
	r = b.expect(codeRefused, "upgrade --to 2.4.0 --dry-run -o json")
	holds(t, r.out, `"refusals": [`, `"message": "k1: Kea 2.6.3 is installed`)
	b.asItWas()
}

// onlyLooks fails the test where an order or a lock comes to the fleet.
func onlyLooks(t *testing.T) func(world.Point) world.Fault {
	return func(p world.Point) world.Fault {
		if p.Kind != "look" || strings.HasPrefix(p.What, "lock ") {
			t.Errorf("%s %s", p.Kind, p.What)
		}
		return world.NoFault
	}
}

// asItWas checks that no run is kept, and that every server is at the old state with nothing of a run on it.
func (b *bench) asItWas() {
	b.t.Helper()
	reached := map[string]bool{}
	for _, name := range b.world.Names() {
		reached[name] = false
	}
	if err := b.world.Rest("none", reached); err != nil {
		b.t.Error(err)
	}
	if _, err := os.Stat(b.path("state")); !os.IsNotExist(err) {
		b.t.Errorf("a run is kept: %v", err)
	}
}

func TestASavedPlanIsRunOnceAndOnlyAsItIs(t *testing.T) {
	b := newBench(t, 2)
	b.expect(codeDone, "plan --to 3.0.3 --serial --canary k2 --save DIR/plan.json")
	b.expect(codeUsage, "upgrade --plan DIR/plan.json --to 3.0.3 --yes")
	b.expect(codeUsage, "upgrade --plan DIR/fleet.yaml --yes")
	r := b.expect(codeDone, "upgrade --plan DIR/plan.json --yes")
	holds(t, r.talk, "k2 (canary)")
	b.atRest(true)
	holds(t, b.expect(codeRefused, "upgrade --plan DIR/plan.json --yes").talk, "was used by run")
}

func TestASavedPlanThatNoLongerFitsIsRefusedWithTheDifference(t *testing.T) {
	b := newBench(t, 2)
	b.expect(codeDone, "plan --to 3.0.3 --save DIR/plan.json")
	b.write("fleet.yaml", "version: 1\nservers:\n  - name: k1\n  - name: k2\nbackup: { directory: /srv/elsewhere }\n")
	r := b.expect(codeRefused, "upgrade --plan DIR/plan.json --yes")
	holds(t, r.talk, "no longer as in the saved plan", "options: was", "/var/backups", "is", "/srv/elsewhere")
	b.expect(codeDone, "check")
	b.atRest(false)
}
