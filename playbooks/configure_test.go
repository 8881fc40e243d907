package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

const today, tomorrow = "{ \"Dhcp4\": {} }\n", "{ \"Dhcp4\": { \"hooks-libraries\": [] } }\n"

// configurable gives a host with a configuration of mode 0640 and its staged successor.
func configurable(t *testing.T) (h host, moves string) {
	h = newHost(t)
	h.write("etc/kea.conf", today)
	h.write("state/runs/R1/staged"+h.path("etc/kea.conf"), tomorrow)
	return h, "moves=" + digest(today) + " " + digest(tomorrow) + " " + h.path("etc/kea.conf") + "\n"
}

func TestConfigurationGoesThereAndBack(t *testing.T) {
	h, moves := configurable(t)
	h.write("etc/kea.conf.kea-lockstep", "of one that was cut off")
	for _, c := range []struct{ way, want string }{
		{"on", tomorrow}, {"on", tomorrow}, {"back", today}, {"back", today}, {"on", tomorrow}, {"back", today},
	} {
		if status, said := h.run("configure", "run=R1", "way="+c.way, moves); status != 0 {
			t.Fatalf("%s: %d %s", c.way, status, said)
		}
		if now := h.read("etc/kea.conf"); now != c.want {
			t.Fatalf("%s: %q", c.way, now)
		}
		if kept := h.read("state/runs/R1/kept" + h.path("etc/kea.conf")); kept != today {
			t.Fatalf("what is kept is %q", kept)
		}
	}
	info, err := os.Stat(h.path("etc/kea.conf"))
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(h.path("etc"))
	if err != nil || len(entries) != 1 {
		t.Errorf("something lies beside it: %v %v", entries, err)
	}
}

// The operator's change between plan and stop must not be lost without a word.
func TestAChangedConfigurationIsNotOverwritten(t *testing.T) {
	h, moves := configurable(t)
	h.write("etc/kea.conf", "somebody was here")
	status, said := h.run("configure", "run=R1", "way=on", moves)
	if status != 1 || !strings.Contains(said, "changed since the plan") {
		t.Errorf("%d %s", status, said)
	}
	if now := h.read("etc/kea.conf"); now != "somebody was here" {
		t.Errorf("it was overwritten: %q", now)
	}
}

func TestOnlyWhatThePlanPromisedIsPutInPlace(t *testing.T) {
	h, moves := configurable(t)
	h.write("state/runs/R1/staged"+h.path("etc/kea.conf"), "something else")
	if status, _ := h.run("configure", "run=R1", "way=on", moves); status != 1 {
		t.Errorf("status %d", status)
	}
	if err := os.RemoveAll(h.path("state/runs/R1/staged")); err != nil {
		t.Fatal(err)
	}
	if status, _ := h.run("configure", "run=R1", "way=on", moves); status != 12 {
		t.Errorf("a missing file is status %d: it is staged again on 12", status)
	}
	if now := h.read("etc/kea.conf"); now != today {
		t.Errorf("it was overwritten: %q", now)
	}
}

// Nothing was put in place yet: there is nothing kept, and the way back must not fail over it.
func TestTheWayBackFromNowhere(t *testing.T) {
	h, moves := configurable(t)
	if status, said := h.run("configure", "run=R1", "way=back", moves); status != 0 {
		t.Errorf("%d %s", status, said)
	}
}
