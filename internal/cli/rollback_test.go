package cli

import (
	"strings"
	"testing"

	"kea-lockstep/internal/world"
)

// halts makes the model fail at orders, so that a run stands still past the point of no return.
func halts(t *testing.T, order string) *bench {
	b := newBench(t, 3)
	b.at = failing(order, world.Fails)
	b.expect(codeHaltedPast, "upgrade --to 3.0.3 --yes")
	b.at = nil
	return b
}

// Nothing of the target has run: --yes answers, and every step, ending and list says what is done.
func TestRollback(t *testing.T) {
	b := newBench(t, 3)
	b.at = failing("test-k1/", world.Fails)
	r := b.expect(codeHaltedPast, "upgrade --to 3.0.3 --yes")
	b.at = nil
	run := b.newestRun()
	holds(t, r.talk, "kea-lockstep resume "+run, "kea-lockstep rollback "+run, "restores the backup, and goes back to Kea 2.6.3", "no Kea of the target has served")
	holds(t, b.expect(codeHeld, "upgrade --to 3.0.3 --yes").talk, "stands in the way", "kea-lockstep resume "+run, "kea-lockstep rollback "+run)
	holds(t, b.expect(codeHaltedPast, "abort --yes").talk, "past the point of no return", "kea-lockstep rollback "+run)
	r = b.expect(codeBackedOut, "rollback --yes")
	holds(t, r.talk, "kea1 on 192.0.2.5  back to 22.2, from k2:", "written since", "--yes answers it", "asked: roll back k1, k2 and k3 to the old software, configuration and schema?  yes", "rolling back to the old state",
		"keep what kea1 holds now", "restore the backup of kea1", "the point of no return is taken back", "rolled-back: the old state serves again",
		"k1  Kea 2.6.3, serves", "kea1  schema 22.2", "backup k2:", "kept k2:", "kea-lockstep check")
	b.atRest(false)
	holds(t, b.expect(codeDone, "status").out, "rolled-back", "kept    k2:")
	holds(t, b.expect(codeDone, "status -o json").out, `"state": "rolled-back"`, `"past_point_of_no_return": false`, `"after": "22.2"`, `"kept": [`)
	holds(t, b.expect(codeUsage, "rollback --yes").talk, "is rolled-back: there is nothing to roll back")
	holds(t, b.expect(codeUsage, "resume --yes").talk, "there is nothing to carry on")
	b.expect(codeDone, "check")
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	b.atRest(true)
}

// A Kea of the target has served: a person types the word, whatever --yes says, and sees first what would be lost.
func TestRollbackOfWhatHasServedIsTyped(t *testing.T) {
	b := halts(t, "install-k3/")
	holds(t, b.expect(codeRefused, "rollback --yes").talk, "a Kea 3.0.3 may have served", "nothing was changed", "run it on a terminal")
	r := b.atTerminal("rollback --yes", [2]string{"type rollback to go on", "n"})
	if r.code != int(codeHaltedPast) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "kea1 on 192.0.2.5  back to 22.2, from k2:", "lease4 has", "rows now, and 403 in the backup", "was no", "kea-lockstep rollback", "it wants the word typed")
	r = b.atTerminal("rollback --yes", [2]string{"type rollback to go on", "yes"}, [2]string{"type rollback to go on", "rollback"})
	if r.code != int(codeBackedOut) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	b.atRest(false)
}

// Once begun, the run stays on its way back: everything says so, and resume goes on with it without a question.
func TestARollbackIsCarriedOn(t *testing.T) {
	b := halts(t, "test-k1/")
	run := b.newestRun()
	b.at = failing("old-install-k1/", world.Fails)
	r := b.expect(codeHaltedPast, "rollback --yes")
	holds(t, r.talk, "halted, after the point of no return", "k1", "kea-lockstep rollback "+run+" lifts the fence", "kea-lockstep rollback "+run, "goes on with the way back to Kea 2.6.3")
	b.at = nil
	holds(t, b.expect(codeHeld, "upgrade --to 3.0.3 --yes").talk, "kea-lockstep rollback "+run, "goes on with the way back")
	holds(t, b.expect(codeDone, "status").out, "rolling back from past the point of no return", "next    kea-lockstep rollback "+run)
	r = b.expect(codeBackedOut, "resume --yes")
	holds(t, r.talk, "is being rolled back, and stays on that way", "rolled-back: the old state serves again")
	if strings.Contains(r.talk, "asked:") {
		t.Errorf("something was asked again:\n%s", r.talk)
	}
	b.atRest(false)
}

// What a rollback is not for is refused with a reason, and before anything is asked of a server.
func TestWhatIsNotRolledBack(t *testing.T) {
	b := newBench(t, 2)
	holds(t, b.expect(codeUsage, "rollback").talk, "no such run")
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	for _, typed := range []string{"rollback --yes", "rollback --yes " + b.newestRun()} {
		holds(t, b.expect(codeUsage, typed).talk, "is done and has let its servers go", "is not rolled back", "its backup from before the migration is kept: k1:")
	}
	b.atRest(true)
	b = newBench(t, 2)
	b.at = b.interruptAt("prefetch-k1/", 2)
	b.expect(codeInterrupted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	holds(t, b.expect(codeUsage, "rollback --yes").talk, "changed nothing")
	holds(t, halts(t, "test-k1/").expect(codeRefused, "rollback").talk, "stdin is no terminal")
}

// Before the point of no return it is the back-out, of the operator's choice.
func TestRollbackBeforeThePointOfNoReturn(t *testing.T) {
	b := newBench(t, 2)
	b.at = b.interruptAt("install-k1/", 1)
	b.expect(codeHalted, "upgrade --to 3.0.3 --yes")
	b.at = nil
	r := b.expect(codeBackedOut, "rollback --yes")
	if strings.Contains(r.talk, "restore the backup") {
		t.Errorf("something was restored:\n%s", r.talk)
	}
	b.atRest(false)
}

// The second copy is restored where the canary is lost with the first.
func TestRollbackWithoutALostServer(t *testing.T) {
	b := halts(t, "test-k1/")
	b.world.Die(0)
	holds(t, b.expect(codeHaltedPast, "rollback --yes").talk, "k1")
	r := b.atTerminal("rollback --yes --declare-dead k1", [2]string{"type k1 to go on", "k1"})
	if r.code != int(codeBackedOut) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "k1 was declared dead", "then put Kea 2.6.3 and its old configuration on it")
	if err := b.world.Rest(b.newestRun(), map[string]bool{"k2": false, "k3": false}); err != nil {
		t.Error(err)
	}
}
