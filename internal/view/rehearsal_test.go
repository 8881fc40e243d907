package view_test

import (
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

// aRehearsal of three servers, of which one refuses its configuration, and nothing could be run on another.
func aRehearsal(t *testing.T) orchestrator.Rehearsed {
	t.Helper()
	began := time.Date(2026, 11, 22, 2, 3, 11, 0, time.UTC)
	tests := func(deep fleet.Verdict, untested ...string) []orchestrator.Tried {
		one := orchestrator.Tried{Daemon: kea.DHCP4, Unit: "kea-dhcp4-server.service", Config: "/etc/kea/kea-dhcp4.conf", Flag: "-t", Verdict: fleet.Affirm("passes"), Untested: []string{}}
		other := one
		other.Flag, other.Verdict, other.Untested = "-T", deep, untested
		return []orchestrator.Tried{one, other}
	}
	return orchestrator.Rehearsed{
		ID: "rehearsal-20261122T020311Z-7q2d", Fleet: "/etc/fleet.yaml", Target: version(t, "3.0.3"), Began: began, Ended: began.Add(21 * time.Second),
		Verdict: orchestrator.Failed,
		Groups:  []orchestrator.RehearsedGroup{{ID: "k1+k2+k3", Mode: orchestrator.Lockstep, Outage: 9.1, Last: 14}},
		Servers: []orchestrator.RehearsedServer{
			{Name: "k1", Group: "k1+k2+k3", Unpacked: fleet.Affirm("unpacked"), Unpack: 4.2, Tests: tests(fleet.Affirm("passes"), "the control sockets", "the hook libdhcp_ha.so, which would listen"), Test: 0.8},
			{Name: "k2", Group: "k1+k2+k3", Unpacked: fleet.Affirm("unpacked"), Unpack: 4.4, Tests: tests(fleet.Deny("/etc/kea/kea-dhcp4.conf:12.5-20: got unexpected keyword \"lifetime\" in Dhcp4 map."), "the control sockets"), Test: 0.7},
			{Name: "k3", Group: "k1+k2+k3", Unpacked: fleet.Doubt("k3: unpack: exit status 100: Unable to locate package"), Tests: []orchestrator.Tried{}},
		},
		Databases: []orchestrator.RehearsedDatabase{{
			ID: "mysql:uid:x/kea", Group: "k1+k2+k3", Name: "kea", At: "kea on 192.0.2.5", Copy: "kea_lockstep_rehearsal_20261122t020311z_7q2d_0a1b2c3d",
			Before: kea.Schema{Major: 22, Minor: 2}, Target: kea.Schema{Major: 30}, Rows: map[string]int64{"lease4": 412006, "hosts": 1204}, Bytes: 38 << 20,
			Verdict: fleet.Affirm("version and structure are those of 30.0"), Durations: orchestrator.Durations{Dump: 2.9, Restore: 6.1, Migrate: 3.04, Verify: 0.2},
		}},
		Hinders:  []orchestrator.Finding{{Code: "stranger", Message: "kea: session 9 of stork@192.0.2.99 belongs to no server of the fleet", Next: "list it under sessions: allow:"}},
		Warnings: []orchestrator.Finding{{Code: "manager", Server: "k1", Message: "k1: puppet.service manages this server too", Next: "pause it until the run is done"}},
		Left:     []string{"rehearsal-20261122T020311Z-7q2d on k3: no answer"},
	}
}

func TestRehearsal(t *testing.T) {
	golden(t, "rehearsal", view.Rehearsal(aRehearsal(t)))
	passed := aRehearsal(t)
	passed.Servers, passed.Hinders, passed.Warnings, passed.Left, passed.Verdict = passed.Servers[:1], nil, nil, nil, orchestrator.Passed
	golden(t, "rehearsal-passed", view.Rehearsal(passed))
	if s := view.Rehearsal(passed).Sentence(); s != "" {
		t.Errorf("it passed, and ends with %q", s)
	}
}

// What is kept of a rehearsal is what it found.
func TestARehearsalIsReadAgain(t *testing.T) {
	before := aRehearsal(t)
	text, err := view.Rehearsal(before).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	after, err := view.ReadRehearsal(text)
	if err != nil || after.Measured().Of["mysql:uid:x/kea"] != before.Databases[0].Durations || after.Target != before.Target || !after.Began.Equal(before.Began) {
		t.Errorf("%v: %+v", err, after)
	}
	for _, wrong := range []string{"", "{}", `{"format": "kea-lockstep.plan/1"}`, strings.Replace(string(text), "rehearsal/1", "rehearsal/2", 1)} {
		if _, err := view.ReadRehearsal([]byte(wrong)); err == nil {
			t.Errorf("%.40q is read as a rehearsal", wrong)
		}
	}
}

// The cost is said of each database that is copied.
func TestLoadIsSaid(t *testing.T) {
	q := view.Load(plan(t, facts(t, three(), nil)))
	if len(q.Saw) != 1 || !strings.Contains(q.Saw[0], "403 leases") || !strings.Contains(q.Saw[0], "1,048 kB") {
		t.Errorf("%q", q.Saw)
	}
}
