package cli

import (
	"context"
	"strings"
	"testing"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator/journal"
)

// A run that died between its first marker and its first fence changed nothing but the markers.
func TestUnlockRemovesADeadRunsMarkers(t *testing.T) {
	b := newBench(t, 3)
	b.expect(codeDone, "unlock")
	b.at = b.interruptAt("claim-k2/", 2)
	b.expect(codeHalted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	run := b.newestRun()
	b.expect(codeHeld, "upgrade --to 3.0.3 --yes")
	r := b.expect(codeRefused, "unlock")
	holds(t, r.out, "marker  run "+run)
	b.expect(codeDone, "unlock --yes")
	b.atRest(false)
	holds(t, b.expect(codeDone, "status").out, "backed-out", "ended by unlock")
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	b.atRest(true)
}

// At a terminal the markers are shown and the operator is asked. A no leaves them, a yes removes them.
func TestUnlockAsksAtATerminal(t *testing.T) {
	b := newBench(t, 3)
	b.at = b.interruptAt("claim-k2/", 2)
	b.expect(codeHalted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	run := b.newestRun()
	question := "remove the markers of run " + run + "?"
	r := b.atTerminal("unlock", [2]string{question, "n"})
	if r.code != int(codeRefused) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "nothing was removed")
	b.expect(codeHeld, "plan --to 3.0.3")
	r = b.atTerminal("unlock", [2]string{question, "maybe"}, [2]string{"[y/N]", ""}) // what is no answer is asked again
	if r.code != int(codeRefused) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	r = b.atTerminal("unlock", [2]string{question, "y"})
	if r.code != int(codeDone) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.out, "k2", "marker  run "+run) // the servers are claimed side by side: of the others some may have none
	holds(t, r.talk, question, "released k2")
	b.atRest(false)
	holds(t, b.expect(codeDone, "unlock").out, "nobody holds this fleet")
	holds(t, b.expect(codeDone, "status").out, "backed-out", "ended by unlock")
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	b.atRest(true)
}

// A marker whose journal is elsewhere stays: nobody here can tell whether a job of that run still runs.
func TestUnlockLeavesWhatItCannotJudge(t *testing.T) {
	b := newBench(t, 2)
	b.at = b.interruptAt("claim-k2/", 2)
	b.expect(codeHalted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	r := b.expect(codeHeld, "unlock --yes --state DIR/other")
	holds(t, r.talk, "is not here")
	holds(t, b.expect(codeHeld, "plan --to 3.0.3").talk, "another run holds it")
}

func TestARunThatIsDrivenIsNamedAndCanBeAsked(t *testing.T) {
	b := newBench(t, 2)
	held := make(chan struct{})
	talk := &screen{}
	b.at = func(p world.Point) world.Fault {
		if p.Kind == "do" && strings.HasPrefix(p.What, "install-k1/") {
			b.signals <- nil // the first run is in the middle of it
			<-held
		}
		return world.NoFault
	}
	first := b.program(&screen{}, talk)
	first.signals = osSignals
	ended := make(chan int, 1)
	go func() {
		ended <- first.main(context.Background(), []string{"kea-lockstep", "-f", b.path("fleet.yaml"), "--state", b.path("state"), "upgrade", "--to", "3.0.3", "--yes"})
	}()
	<-b.signals
	b.at = nil
	holds(t, b.expect(codeHeld, "upgrade --to 3.0.3 --yes").talk, "is being driven by operator@desk process 1")
	holds(t, b.expect(codeHeld, "resume --yes").talk, "is being driven")
	holds(t, b.expect(codeHeld, "unlock --yes").talk, "the fence of run")
	go func() {
		b.await(func() bool { return strings.Contains(talk.String(), "asks to back out") })
		close(held)
	}()
	b.expect(codeBackedOut, "abort --yes")
	if code := <-ended; code != int(codeBackedOut) {
		t.Errorf("the run that was asked ended with %d", code)
	}
	b.atRest(false)
}

// A run is held before its events are read: whoever drove it in between would be an epoch ahead, and not seen.
func TestARunIsHeldBeforeTheFleetIsAsked(t *testing.T) {
	b := died(t, 2)
	run := b.newestRun()
	b.at = func(p world.Point) world.Fault {
		if driven, err := journal.NewFiles(b.path("state/runs")).Driven(run); p.Kind == "look" && (err != nil || !driven) {
			t.Errorf("%s, and nobody holds the run: %v", p.What, err)
		}
		return world.NoFault
	}
	b.atTerminal("resume --declare-dead k3", [2]string{"type k3 to go on", "n"})
}

func TestADriveThatBeganMeanwhileIsLeftAlone(t *testing.T) {
	b := died(t, 2)
	run, other := b.newestRun(), journal.NewFiles(b.path("state/runs"))
	t.Cleanup(func() { _ = other.Close() })
	var talk screen
	p := b.program(&screen{}, &talk)
	connect := p.connect
	p.connect = func(ctx context.Context, file fleet.File) (everything, error) { // it was asked before whether somebody drives the run
		if err := other.Hold(run); err != nil {
			t.Error(err)
		}
		return connect(ctx, file)
	}
	code := p.main(t.Context(), []string{"kea-lockstep", "-f", b.path("fleet.yaml"), "--state", b.path("state"), "resume", "--yes"})
	if code != int(codeHeld) {
		t.Errorf("exit %d", code)
	}
	holds(t, talk.String(), "another process drives run "+run, "nothing was changed", "kea-lockstep status "+run)
}
