package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"kea-lockstep/internal/world"
)

// inTheMiddle runs a command line beside others, calls then once it gives an order whose name begins so, and lets that go on, or wrong, once the
// run has said the words.
func (b *bench) inTheMiddle(typed, order string, fault world.Fault, until string, then func()) result {
	b.t.Helper()
	return b.inTheMiddleWhen(typed, order, fault, func(talk string) bool { return strings.Contains(talk, until) }, then)
}

// inTheMiddleWhen is the same, where something else than the run's words says when it goes on.
func (b *bench) inTheMiddleWhen(typed, order string, fault world.Fault, so func(talk string) bool, then func()) result {
	b.t.Helper()
	reached, goOn := make(chan struct{}), make(chan struct{})
	b.at = func(p world.Point) world.Fault {
		if p.Kind == "do" && strings.HasPrefix(p.What, order) {
			close(reached)
			<-goOn
			return fault
		}
		return world.NoFault
	}
	out, talk := &screen{}, &screen{}
	first := b.program(out, talk)
	ended := make(chan int, 1)
	go func() {
		argv := append([]string{"kea-lockstep", "-f", b.path("fleet.yaml"), "--state", b.path("state")}, strings.Fields(typed)...)
		ended <- first.main(context.Background(), argv)
	}()
	<-reached
	b.at = nil
	go func() {
		b.await(func() bool { return so(talk.String()) })
		close(goOn)
	}()
	then()
	return result{<-ended, out.String(), talk.String()}
}

// isPaused is what a run says that is held.
const isPaused = "another terminal asks to pause"

func TestPauseBeforeTheStopChangesNothing(t *testing.T) {
	b := newBench(t, 2)
	var other result
	r := b.inTheMiddle("upgrade --to 3.0.3 --yes", "prefetch-k1/", world.NoFault, isPaused, func() { other = b.expect(codePaused, "pause") })
	if r.code != int(codePaused) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	run := b.newestRun()
	for _, said := range []string{r.talk, other.talk} {
		holds(t, said, "paused before phase 3, stop\n", "what", "paused before stop, as asked", "now", "nothing was changed on k1 and k2",
			"next", "kea-lockstep resume "+run, "goes on with stop")
		if strings.Contains(said, "ANSWER") || strings.Contains(said, "kea-lockstep upgrade") {
			t.Errorf("who can simply resume is told more:\n%s", said)
		}
	}
	holds(t, b.expect(codeUsage, "pause").talk, "run "+run+" is paused, and nobody drives it: there is nothing to pause; nothing was changed", "kea-lockstep resume "+run)
	holds(t, b.expect(codeDone, "status -o json").out, `"state": "paused"`, `"next": "kea-lockstep resume `+run, `"state": "paused"`, `"phase": "stop"`)
	b.expect(codeDone, "resume --yes")
	b.atRest(true)
	holds(t, b.expect(codeUsage, "pause").talk, "is done: there is nothing to pause")
}

func TestPauseInTheOutageSaysWhatItCosts(t *testing.T) {
	b := newBench(t, 3)
	var other result
	r := b.inTheMiddle("upgrade --to 3.0.3 --yes -o json", "stop-k1/", world.NoFault, isPaused, func() { other = b.expect(codePaused, "pause -o json "+b.newestRun()) })
	if r.code != int(codePaused) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	run := b.newestRun()
	for _, said := range []string{r.talk, other.talk, b.expect(codeDone, "status").out} {
		holds(t, said, "paused", "NO KEA ANSWERS: stopped and fenced for ", " by now")
		for _, name := range []string{"k1", "k2", "k3"} {
			holds(t, said, name+"  Kea 2.6.3, stopped and fenced; kea-lockstep resume "+run+" lifts the fence")
		}
	}
	holds(t, r.out, `"type":"group-ended"`, `"state":"paused"`)
	holds(t, other.out, `"format": "kea-lockstep.status/1"`, `"run": "`+run, `"state": "paused"`)
	b.expect(codeUsage, "pause -o pictures")
	holds(t, b.expect(codeHeld, "upgrade --to 3.0.3 --yes").talk, "is paused and stands in the way", "kea-lockstep resume "+run)
	b.expect(codeHeld, "unlock --yes")
	b.expect(codeDone, "resume --yes")
	b.atRest(true)
}

// A question that is open is answered by nobody any more; resume asks it again.
func TestPauseAtAQuestion(t *testing.T) {
	b := newBench(t, 2)
	var other result
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		b.await(func() bool { return strings.Contains(b.seen(), "type migrate to go on") })
		other = b.called("pause", &screen{})
	}()
	r := b.atTerminal("upgrade --to 3.0.3", [2]string{"[y/N]", "y"})
	<-asked
	if r.code != int(codePaused) || other.code != int(codePaused) {
		t.Fatalf("exit %d and %d:\n%s\n%s", r.code, other.code, r.talk, other.talk)
	}
	holds(t, r.talk, isPaused, "paused before phase 6, migrate\n", "NO KEA ANSWERS")
	r = b.atTerminal("resume", [2]string{"type migrate to go on", "migrate"}, [2]string{"[y/N]", "y"})
	if r.code != int(codeDone) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	b.atRest(true)
}

// Who asks for both wants to go back.
func TestAnAbortTakesAPauseBack(t *testing.T) {
	b := newBench(t, 2)
	r := b.inTheMiddle("upgrade --to 3.0.3 --yes", "install-k1/", world.NoFault, "asks to back out", func() {
		run := b.newestRun()
		b.write("state/runs/"+run+".pause", "")
		b.write("state/runs/"+run+".abort", "")
	})
	if r.code != int(codeBackedOut) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	b.atRest(false)
}

func TestPauseTooLateAndWhereItFails(t *testing.T) {
	b := newBench(t, 2)
	r := b.inTheMiddle("upgrade --to 3.0.3 --yes", "release-k1/", world.NoFault, isPaused, func() { b.expect(codeDone, "pause") })
	if r.code != int(codeDone) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	b.atRest(true)
	b = newBench(t, 2)
	r = b.inTheMiddle("upgrade --to 3.0.3 --yes", "install-k1/", world.Fails, isPaused, func() {
		holds(t, b.expect(codeBackedOut, "pause").talk, "backed-out", "upgrade the packages on k1 failed")
	})
	if r.code != int(codeBackedOut) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	b.atRest(false)
}

// A drive that is begun later was not asked.
func TestAPauseThatNobodyHeardIsGone(t *testing.T) {
	b := newBench(t, 3)
	b.at = b.interruptAt("install-k1/", 2)
	b.expect(codeHalted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	request := "state/runs/" + b.newestRun() + ".pause"
	b.write(request, "")
	b.expect(codeDone, "resume --yes")
	b.atRest(true)
	if _, err := os.Stat(b.path(request)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the request stands still: %v", err)
	}
}
