package cli

import (
	"os"
	"strings"
	"testing"

	"kea-lockstep/internal/world"
)

// What cannot be meant is said before anything is asked of a server.
func TestUsage(t *testing.T) {
	b := newBench(t, 2)
	for typed, says := range map[string]string{
		"plan":                                      "which Kea is to be reached?",
		"plan --to three":                           "three",
		"plan --to 3.0.3 -o yaml":                   "text, json or markdown",
		"plan --to 3.0.3 extra":                     "takes no arguments",
		"plan --to 3.0.3 --canary k9":               "k9",
		"plan --to 3.0.3 --accept anything":         "unproved-backup",
		"plan --to 3.0.3 --parallel 0":              "at least one",
		"survey --group k7":                         "the fleet's groups are k1+k2",
		"upgrade --to 3.0.3 --yes --not-after soon": "--not-after",
		"status no-such-run":                        "kea-lockstep runs",
		"status a b":                                "one too many",
		"resume":                                    "no such run",
		"abort":                                     "no such run",
	} {
		r := b.expect(codeUsage, typed)
		if r.out != "" && !strings.HasPrefix(typed, "plan --to 3.0.3 -o") || !strings.Contains(r.talk, says) {
			t.Errorf("%s: stdout %q, stderr %q does not say %q", typed, r.out, r.talk, says)
		}
	}
	b.write("fleet.yaml", "version: 1\nservers:\n  - name: k1\n    colour: red\n")
	holds(t, b.expect(codeUsage, "survey").talk, "fleet.yaml:4:5: ", "colour")
	if err := os.Remove(b.path("fleet.yaml")); err != nil {
		t.Fatal(err)
	}
	holds(t, b.expect(codeUsage, "check").talk, "fleet.yaml", "-f FILE")
}

func TestARefusedRunNamesEveryReason(t *testing.T) {
	b := newBench(t, 2)
	r := b.expect(codeRefused, "upgrade --to 2.4.0 --yes")
	holds(t, r.talk, "refused  k1: Kea 2.6.3 is installed, which is newer than 2.4.0", "refused  k2: ", "nothing was changed")
	holds(t, b.expect(codeDone, "runs").out, "refused")
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	b.atRest(true)
}

func TestYesHasItsBounds(t *testing.T) {
	b := newBench(t, 2)
	b.write("fleet.yaml", "version: 1\nconfirm: { settle: 1ms }\nbackup: { method: none }\nservers: [{ name: k1 }, { name: k2 }]\n")
	holds(t, b.expect(codeRefused, "upgrade --to 3.0.3 --yes --accept no-backup").talk, "--yes does not go with --accept no-backup")
	holds(t, b.expect(codeRefused, "upgrade --to 3.0.3 --yes").talk, "no backup is taken")
	b.expect(codeRefused, "upgrade --to 3.0.3 --yes --not-after 2001-01-01T00:00:00Z")
	b.atRest(false)
}

func TestAStopIsNotBegunTooLate(t *testing.T) {
	b := newBench(t, 2)
	r := b.expect(codeRefused, "upgrade --to 3.0.3 --yes --not-after 2001-01-01T00:00:00Z")
	holds(t, r.talk, "later than --not-after allows", "nothing was changed")
	b.atRest(false)
}

// A group that is at the target needs nothing, and a fleet that is unreachable is refused rather than halved.
func TestNothingToDoIsDone(t *testing.T) {
	b := newBench(t, 2)
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	holds(t, b.expect(codeDone, "upgrade --to 3.0.3 --yes").talk, "nothing is done")
	b.atRest(true)
}

func TestAuditTellsADoubt(t *testing.T) {
	b := newBench(t, 2)
	r := b.expect(codeDone, "audit")
	holds(t, r.out, "2 servers and 1 database", "nothing above advice", "advice", "k1 and k2", "rule ")
	if r.talk != "" {
		t.Errorf("of advice alone it says %q", r.talk)
	}
	b.at = func(p world.Point) world.Fault {
		if p.What == "server k2" {
			return world.Fails
		}
		return world.NoFault
	}
	r = b.expect(codeMismatch, "audit -o json")
	holds(t, r.out, `"format": "kea-lockstep.audit/1"`, `"verdict": "unknown"`, `"code": "unreachable"`, `"server": "k2"`, `"cannot_tell": true`)
	holds(t, r.talk, "1 that cannot be told")
	b.expect(codeUsage, "audit --group nobody")
}

func TestCheckTellsAMismatchAndADoubt(t *testing.T) {
	b := newBench(t, 2)
	holds(t, b.expect(codeDone, "check -o json").out, `"verdict": "match"`)
	b.at = func(p world.Point) world.Fault {
		if p.What == "server k2" {
			return world.Fails
		}
		return world.NoFault
	}
	r := b.expect(codeMismatch, "check -o json")
	holds(t, r.out, `"format": "kea-lockstep.check/1"`, `"verdict": "unknown"`, `"code": "unreachable"`, `"server": "k2"`)
	holds(t, b.expect(codeRefused, "plan --to 3.0.3").out, "refused", "k2")
}
