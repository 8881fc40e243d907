package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// left is a bench whose run was cut off within a step. What it left is on its servers; its journal is in the bench's state directory.
func left(t *testing.T, step string) (b *bench, run string) {
	t.Helper()
	b = newBench(t, 3)
	b.at = b.interruptAt(step, 2)
	if r := b.call("upgrade --to 3.0.3 --yes"); r.code != int(codeHalted) && r.code != int(codeHaltedPast) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	b.at = nil
	return b, b.newestRun()
}

// served checks that the run ended on the target everywhere.
func (b *bench) served(run string) {
	b.t.Helper()
	if err := b.world.Rest(run, map[string]bool{"k1": true, "k2": true, "k3": true}); err != nil {
		b.t.Error(err)
	}
	for _, v := range b.world.Violations() {
		b.t.Errorf("violation: %v", v)
	}
}

func TestARunIsCarriedOnFromAnotherMachine(t *testing.T) {
	for _, step := range []string{"dump-k2-db1/", "install-k1/", "migrate-k1-db1/", "confirm-k1/", "install-k3/", "start-k3/"} {
		t.Run(step, func(t *testing.T) {
			if step == "confirm-k1/" {
				step = "start-k1/"
			}
			b, run := left(t, step)
			r := b.expect(codeDone, "resume --from k2 --yes --state DIR/other")
			holds(t, r.talk, "taken over from the marker of k2: it was driven by operator@desk process 1", "done: 3 servers at Kea 3.0.3")
			b.served(run)
			holds(t, b.expect(codeDone, "status --state DIR/other").out, "run "+run, "done")
			if _, err := os.Stat(b.path("other/runs/" + run + ".jsonl")); err != nil {
				t.Error(err)
			}
		})
	}
}

// The events of a run that is taken over are numbered as its new journal numbers them.
func TestATakeoverIsTold(t *testing.T) {
	b, run := left(t, "install-k1/")
	r := b.expect(codeDone, "resume --from k1 --yes -o json --state DIR/other")
	holds(t, r.out, `"seq":1,`, `"type":"run-begun"`, `"seq":2,`, `"type":"plan-made"`, `"seq":3,`, `"type":"taken-over"`, `"server":"k1"`,
		`"type":"drive-begun"`, `"type":"found"`, `"past_point_of_no_return":false`, `"type":"drive-ended"`)
	journal, err := os.ReadFile(b.path("other/runs/" + run + ".jsonl"))
	if err != nil || strings.Count(string(journal), "\n") != strings.Count(r.out, "\n") {
		t.Errorf("%v: %d events in the journal, %d told", err, strings.Count(string(journal), "\n"), strings.Count(r.out, "\n"))
	}
}

func TestTheOperatorSaysWhetherARunIsTakenOver(t *testing.T) {
	b, run := left(t, "install-k1/")
	holds(t, b.expect(codeRefused, "resume --from k2 --state DIR/other").talk, "stdin is no terminal")
	r := b.atTerminal("resume --from k2 --state "+b.path("other"), [2]string{"[y/N]", "n"})
	if r.code != int(codeRefused) {
		t.Errorf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "carry run "+run+" on from here?", "operator@desk process 1", "k3  marker of run "+run+", epoch 1", "nothing was changed")
	if _, err := os.Stat(b.path("other")); err == nil {
		t.Error("a journal was begun all the same")
	}
	r = b.atTerminal("resume --from k2 --state "+b.path("other"), [2]string{"[y/N]", "y"}, [2]string{"type migrate", "migrate"}, [2]string{"go on with k2 and k3?", "y"})
	if r.code != int(codeDone) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	b.served(run)
}

func TestWithoutAMarkerNothingIsCarriedOn(t *testing.T) {
	b := newBench(t, 3)
	holds(t, b.expect(codeUsage, "resume --from k2 --yes").talk, "nothing to carry on", "k2: no run holds it", "kea-lockstep unlock")
	holds(t, b.expect(codeUsage, "resume --from k9 --yes").talk, "--from k9", "no such server")
	holds(t, b.expect(codeUsage, "resume --yes").talk, "no such run", "kea-lockstep resume --from SERVER")
}

func TestAnotherRunThanTheServersIsNotCarriedOn(t *testing.T) {
	b, run := left(t, "install-k1/")
	r := b.expect(codeRefused, "resume --from k2 20260101T000000Z-abcd --yes --state DIR/other")
	holds(t, r.talk, "k2 is held by run "+run, "kea-lockstep resume --from k2")
	b.expect(codeDone, "resume --from k2 "+run+" --yes --state DIR/other")
	b.served(run)
}

func TestAWholeJournalIsNotPassedOver(t *testing.T) {
	b, run := left(t, "install-k1/")
	holds(t, b.expect(codeRefused, "resume --from k2 --yes").talk, "the journal of run "+run+" is here, and whole", "kea-lockstep resume "+run)
	b.expect(codeDone, "resume --yes")
	b.served(run)
}

func TestAServerThatGivesNoAnswerKeepsARunFromBeingTakenOver(t *testing.T) {
	b, _ := left(t, "migrate-k1-db1/")
	b.world.Die(2)
	r := b.expect(codeRefused, "resume --from k2 --yes --state DIR/other")
	holds(t, r.talk, "k3", "cannot be told", "nothing was changed", "--declare-dead")
	r = b.atTerminal("resume --from k2 --yes --declare-dead k3 --state "+b.path("other"), [2]string{"type k3 to go on", "k3"})
	if r.code != int(codeDone) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "k3 was declared dead")
}

// flip changes one byte in the middle of a journal.
func (b *bench) flip(run string, in func(text []byte) int) string {
	b.t.Helper()
	path := b.path("state/runs/" + run + ".jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	text[in(text)] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// A journal that cannot be trusted is set aside, and said to be; the markers are used instead.
func TestADamagedJournalIsSetAside(t *testing.T) {
	for name, in := range map[string]func([]byte) int{
		"at its beginning": func([]byte) int { return 20 },
		"in its middle":    func(text []byte) int { return len(text) / 2 },
		"at its end":       func(text []byte) int { return bytes.LastIndexByte(text[:len(text)-1], '\n') + 20 },
	} {
		t.Run(name, func(t *testing.T) {
			b, run := left(t, "migrate-k1-db1/")
			path := b.flip(run, in)
			r := b.expect(codeError, "resume --yes")
			holds(t, r.talk, path, "damaged", "line ", "kea-lockstep resume --from ", "--state")
			if _, err := os.Stat(path); err != nil {
				t.Fatalf("it was set aside without being asked for: %v", err)
			}
			if r := b.call("upgrade --to 3.0.3 --yes"); r.code != int(codeHeld) && r.code != int(codeRefused) {
				t.Errorf("upgrade: exit %d", r.code)
			}
			r = b.expect(codeDone, "resume --from k3 --yes")
			holds(t, r.talk, path, "damaged", "line ", "the markers on the servers are used instead", path+".damaged", "taken over from the marker of k3")
			b.served(run)
			if _, err := os.Stat(path + ".damaged"); err != nil {
				t.Error(err)
			}
			holds(t, b.expect(codeDone, "runs").out, run, "done")
		})
	}
}

// A takeover whose first write was cut off is begun anew.
func TestATakeoverThatWasCutOffIsBegunAnew(t *testing.T) {
	for name, lines := range map[string]int{"before its first event": 0, "after its first event": 1, "before the takeover": 2} {
		t.Run(name, func(t *testing.T) {
			b, run := left(t, "migrate-k1-db1/")
			b.at = b.interruptAt("install-k2/", 2)
			b.expect(codeHaltedPast, "resume --from k2 --yes --state DIR/other")
			b.at = nil
			path := b.path("other/runs/" + run + ".jsonl")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			cut := bytes.Join(bytes.SplitAfter(text, []byte("\n"))[:lines], nil)
			if err := os.WriteFile(path, cut, 0o600); err != nil {
				t.Fatal(err)
			}
			if lines > 0 {
				holds(t, b.expect(codeError, "resume --yes --state DIR/other").talk, "damaged", "kea-lockstep resume --from ")
			}
			b.expect(codeDone, "resume --from k2 --yes --state DIR/other")
			b.served(run)
		})
	}
}

// Where a run's journal is not, whatever names the run names the command that carries it on.
func TestOnAnotherMachineTheWayOnIsNamed(t *testing.T) {
	b, run := left(t, "install-k1/")
	for typed, want := range map[string]code{
		"upgrade --to 3.0.3 --yes": codeHeld, "plan --to 3.0.3": codeHeld, "check": codeMismatch, "unlock --yes": codeHeld, "resume --yes": codeUsage,
		"resume --yes " + run: codeUsage, "status " + run: codeUsage,
	} {
		r := b.expect(want, typed+" --state "+filepath.Join(b.dir, "other"))
		if !strings.Contains(r.out+r.talk, "kea-lockstep resume --from ") {
			t.Errorf("%s does not name it:\n%s\n%s", typed, r.out, r.talk)
		}
	}
}
