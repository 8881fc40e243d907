package cli

import (
	"testing"

	"kea-lockstep/internal/world"
)

// died is a bench whose run halted because a server was lost.
func died(t *testing.T, number int) *bench {
	b := newBench(t, 3)
	b.at = func(p world.Point) world.Fault {
		if p.Kind == "do" && p.What == "install-k3/1" {
			b.world.Die(number)
		}
		return world.NoFault
	}
	b.expect(codeHaltedPast, "upgrade --to 3.0.3 --yes")
	b.at = nil
	return b
}

func TestADeadServerIsDeclaredByItsName(t *testing.T) {
	b := died(t, 2)
	r := b.expect(codeRefused, "resume --yes --declare-dead k3")
	holds(t, r.talk, "no terminal", "nothing was changed")
	r = b.atTerminal("resume --yes --declare-dead k3", [2]string{"type k3 to go on", "k2"}, [2]string{"type k3 to go on", "k3"})
	if r.code != int(codeDone) {
		t.Fatalf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "declared dead: the run goes on without it", "done: 2 servers at Kea 3.0.3", "1 server declared dead",
		"k3 was declared dead", "DO NOT let its Kea run", "its fence stands", "put Kea 3.0.3", "kea-lockstep check")
	holds(t, b.expect(codeDone, "status").out, "k3  Kea 2.6.3, declared dead, fenced")
	holds(t, b.expect(codeDone, "status -o json").out, `"dead": true`)
	if err := b.world.Rest(b.newestRun(), map[string]bool{"k1": true, "k2": true}); err != nil {
		t.Error(err)
	}
}

func TestAServerThatAnswersIsNotDeclaredDead(t *testing.T) {
	b := died(t, 2)
	r := b.atTerminal("resume --yes --declare-dead k2")
	if r.code != int(codeHaltedPast) {
		t.Errorf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "k2 answers: it cannot be declared dead", "kea-lockstep resume")
}

func TestANoDeclaresNobodyDead(t *testing.T) {
	b := died(t, 2)
	r := b.atTerminal("resume --declare-dead k3", [2]string{"type k3 to go on", "n"})
	if r.code != int(codeHaltedPast) {
		t.Errorf("exit %d:\n%s", r.code, r.talk)
	}
	holds(t, r.talk, "k3: it was not declared dead")
}
