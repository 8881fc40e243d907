package cli

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"kea-lockstep/internal/world"
)

// atTerminal calls with a real terminal as stdin, and answers each question when it comes: words that must be on the screen, and
// what is typed then.
func (b *bench) atTerminal(typed string, answers ...[2]string) result {
	b.t.Helper()
	person, desk, err := pty.Open()
	if err != nil {
		b.t.Fatal(err)
	}
	defer person.Close()
	defer desk.Close()
	b.in = desk
	defer func() { b.in = strings.NewReader("") }()
	ended := make(chan result, 1)
	talk := &screen{}
	go func() {
		var out screen
		b.mu.Lock()
		b.talk = talk
		b.mu.Unlock()
		argv := append([]string{"kea-lockstep", "-f", b.path("fleet.yaml"), "--state", b.path("state")}, strings.Fields(typed)...)
		code := b.program(&out, talk).main(context.Background(), argv)
		ended <- result{code, out.String(), talk.String()}
	}()
	seen := 0
	for _, a := range answers {
		b.await(func() bool { return strings.Contains(talk.String()[seen:], a[0]) })
		seen += strings.Index(talk.String()[seen:], a[0]) + len(a[0])
		if a[1] == ctrlC {
			b.signals <- os.Interrupt
			continue
		}
		if _, err := person.WriteString(a[1] + "\n"); err != nil {
			b.t.Error(err)
		}
		b.typed <- a[1]
	}
	select {
	case r := <-ended:
		return r
	case <-time.After(time.Minute):
		b.t.Fatalf("it never ended:\n%s", talk)
		return result{}
	}
}

// ctrlC stands for an interrupt among answers.
const ctrlC = "^C"

func TestAnOperatorGoesThroughEveryGate(t *testing.T) {
	b := newBench(t, 3)
	r := b.atTerminal("upgrade --to 3.0.3",
		[2]string{"[y/N]", "y"},
		[2]string{"type migrate to go on", "migarte"}, // asked again, rather than taken for a no
		[2]string{"type migrate to go on", "migrate"},
		[2]string{"[y/N]", "yes"})
	if r.code != int(codeDone) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "stop every Kea daemon on k1, k2 and k3?", "migrate the schema?", "kea1 on 192.0.2.5  22.2 -> 30.0", "backup k", "k1 is confirmed; go on with k2 and k3?")
	b.atRest(true)
}

func TestTheFirstNoChangesNothing(t *testing.T) {
	b := newBench(t, 2)
	r := b.atTerminal("upgrade --to 3.0.3", [2]string{"[y/N]", ""})
	if r.code != int(codeRefused) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "refused", "nothing was changed", "kea-lockstep upgrade --to 3.0.3")
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
}

func TestANoAtThePointOfNoReturnBacksOut(t *testing.T) {
	b := newBench(t, 2)
	r := b.atTerminal("upgrade --to 3.0.3", [2]string{"[y/N]", "y"}, [2]string{"type migrate", "n"}, [2]string{"back out to the old state?", "y"})
	if r.code != int(codeBackedOut) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	b.atRest(false)
}

func TestAnInterruptAtTheFirstQuestionChangesNothing(t *testing.T) {
	b := newBench(t, 2)
	r := b.atTerminal("upgrade --to 3.0.3", [2]string{"[y/N]", ctrlC})
	if r.code != int(codeInterrupted) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "interrupted", "nothing was changed on k1 and k2")
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	b.atRest(true)
}

// What was typed before a question was asked answers nothing.
func TestTypingAheadAnswersNothing(t *testing.T) {
	b := newBench(t, 2)
	waited := false
	b.at = func(p world.Point) world.Fault {
		if !waited && strings.HasPrefix(p.What, "prefetch-") {
			waited = true
			<-b.typed
		}
		return world.NoFault
	}
	r := b.atTerminal("upgrade --to 3.0.3 --serial",
		[2]string{"prefetch", "y\nmigrate\ny"},
		[2]string{"[y/N]", "n"})
	if r.code != int(codeRefused) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
}
