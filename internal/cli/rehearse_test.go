package cli

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"

	"kea-lockstep/internal/view"
	"kea-lockstep/internal/world"
)

func TestRehearseAndPlanByIt(t *testing.T) {
	b := newBench(t, 3)
	r := b.expect(codeDone, "rehearse --to 3.0.3 --yes")
	for _, want := range []string{"to Kea 3.0.3", "kea-dhcp4 -T", "22.2 -> 30.0", "dump", "outage of an upgrade is about"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("it does not show %q:\n%s", want, r.out)
		}
	}
	if left := b.world.Scratch(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if plan := b.expect(codeDone, "plan --to 3.0.3").out; !strings.Contains(plan, "databases as rehearsed") {
		t.Errorf("the plan knows nothing of it:\n%s", plan)
	}
	info, err := os.ReadDir(b.path("state/rehearsals"))
	if err != nil || len(info) != 1 {
		t.Fatalf("%v %v", info, err)
	}
	text, err := os.ReadFile(b.path("state/rehearsals/" + info[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := view.ReadRehearsal(text); err != nil || string(kept.ID)+".json" != info[0].Name() {
		t.Errorf("%s holds %s: %v", info[0].Name(), kept.ID, err)
	}
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
}

func TestWhatARehearsalEndsWith(t *testing.T) {
	b := newBench(t, 2)
	b.expect(codeUsage, "rehearse --to lunch --yes")
	b.expect(codeUsage, "rehearse k1 --to 3.0.3 --yes")
	b.expect(codeUsage, "rehearse --yes") // no target
	b.expect(codeRefused, "rehearse --to 3.0.3")
	b.expect(codeRefused, "rehearse --to 2.2.0 --yes")
	b.world.Reject("k2", "kea-dhcp4.conf:7.5: unexpected keyword")
	r := b.expect(codeMismatch, "rehearse --to 3.0.3 --yes")
	if !strings.Contains(r.out, "FAILS: kea-dhcp4.conf:7.5: unexpected keyword") || !strings.Contains(r.talk, "the rehearsal failed") {
		t.Errorf("it does not say why:\n%s%s", r.out, r.talk)
	}
	var out struct {
		Format, Verdict string
		Servers         []struct {
			Name  string
			Tests []struct{ Verdict struct{ Answer string } }
		}
	}
	r = b.expect(codeMismatch, "rehearse --to 3.0.3 --yes -o json")
	if err := json.Unmarshal([]byte(r.out), &out); err != nil || out.Format != "kea-lockstep.rehearsal/1" || out.Verdict != "failed" || out.Servers[1].Tests[0].Verdict.Answer != "no" {
		t.Errorf("%v: %+v", err, out)
	}
	r = b.expect(codeRefused, "rehearse --to 2.2.0 --yes -o json")
	if err := json.Unmarshal([]byte(r.out), &out); err != nil || out.Verdict != "refused" {
		t.Errorf("%v: %+v", err, out)
	}
}

// A rehearsal that was killed is found by unlock, and removed by the next one.
func TestADeadRehearsalIsClearedAway(t *testing.T) {
	for _, clears := range []string{"rehearse --to 3.0.3 --yes", "unlock --yes"} {
		t.Run(clears, func(t *testing.T) {
			b := newBench(t, 2)
			b.at = func(p world.Point) world.Fault {
				if strings.HasPrefix(p.What, "judge") {
					return world.KillBefore
				}
				return world.NoFault
			}
			b.call("rehearse --to 3.0.3 --yes")
			b.at = nil
			if left := b.world.Scratch(); len(left) != 3 {
				t.Fatalf("left: %q", left)
			}
			if r := b.expect(codeRefused, "unlock"); !strings.Contains(r.out, "left by a dead one") {
				t.Errorf("unlock does not show it:\n%s", r.out)
			}
			if r := b.expect(codeDone, clears); !strings.Contains(r.talk, "removed the room of rehearsal-") {
				t.Errorf("it does not say what it removed:\n%s", r.talk)
			}
			if left := b.world.Scratch(); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestAnInterruptedRehearsalLeavesNothing(t *testing.T) {
	b := newBench(t, 2)
	b.at = func(p world.Point) world.Fault {
		if p.What == "migrate kea1" {
			b.signals <- syscall.SIGINT
		}
		return world.NoFault
	}
	r := b.expect(codeInterrupted, "rehearse --to 3.0.3 --yes")
	if !strings.Contains(r.talk, "nothing is left") || len(b.world.Scratch()) > 0 {
		t.Errorf("left: %q\n%s", b.world.Scratch(), r.talk)
	}
}

// The load on the databases is said before it is laid on them.
func TestARehearsalAsksForItsLoad(t *testing.T) {
	b := newBench(t, 2)
	r := b.atTerminal("rehearse --to 3.0.3", [2]string{"[y/N]", "n"})
	if r.code != int(codeRefused) || !strings.Contains(r.talk, "402 leases") || !strings.Contains(r.talk, "nothing was changed") || len(b.world.Scratch()) > 0 {
		t.Errorf("exit %d, left %q\n%s", r.code, b.world.Scratch(), r.talk)
	}
	if r = b.atTerminal("rehearse --to 3.0.3", [2]string{"[y/N]", "y"}); r.code != int(codeDone) {
		t.Errorf("exit %d\n%s%s", r.code, r.out, r.talk)
	}
}

// What could not be removed is named, and the exit code tells.
func TestWhatARehearsalCannotRemoveIsNamed(t *testing.T) {
	b := newBench(t, 2)
	b.at = func(p world.Point) world.Fault {
		if p.What == "clear k2" {
			return world.Fails
		}
		return world.NoFault
	}
	if r := b.expect(codeMismatch, "rehearse --to 3.0.3 --yes"); !strings.Contains(r.out, "on k2: ") || !strings.Contains(r.out, "kea-lockstep unlock") {
		t.Errorf("it does not name what is left:\n%s", r.out)
	}
	b.at = nil
	b.expect(codeDone, "unlock --yes")
	if left := b.world.Scratch(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}
