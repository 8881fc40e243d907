//go:build lab

package witness

import (
	"testing"
	"time"

	"kea-lockstep/lab"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

// schemas are samples at the given times, each answered after 2 ms.
func schemas(version string, times ...int) []sample {
	var samples []sample
	for _, ms := range times {
		samples = append(samples, sample{at(ms), at(ms + 2), version})
	}
	return samples
}

func TestJudgeProcess(t *testing.T) {
	migration := append(schemas("22.2", 0, 20, 40), append(schemas("28.0", 60), schemas("30.0", 80, 100, 120)...)...)
	for name, test := range map[string]struct {
		process Process
		samples []sample
		bad     bool
		found   string
	}{
		"the old one ends before":            {Process{Version: "2.6.3", First: at(0), Last: at(50)}, migration, false, ""},
		"the old one is there in the middle": {Process{Version: "2.6.3", First: at(0), Last: at(70)}, migration, true, "28.0"},
		"the old one lives on":               {Process{Version: "2.6.3", First: at(0), Last: at(120)}, migration, true, "28.0"},
		"the new one starts after":           {Process{Version: "3.0.3", First: at(90), Last: at(120)}, migration, false, ""},
		"the new one starts before":          {Process{Version: "3.0.3", First: at(10), Last: at(120)}, migration, true, "22.2"},
		"new, gone between two looks":        {Process{Version: "3.0.3", First: at(24), Last: at(38)}, migration, true, "22.2"},
		"seen once, on the old schema":       {Process{Version: "3.0.3", First: at(30), Last: at(30)}, migration, true, "22.2"},
		"seen once, on the new schema":       {Process{Version: "3.0.3", First: at(110), Last: at(110)}, migration, false, ""},
		"old, seen once as it ended":         {Process{Version: "2.6.3", First: at(50), Last: at(50)}, migration, false, ""},
		"a version that nobody knows":        {Process{Version: "", First: at(0), Last: at(30)}, migration, true, "22.2"},
		"the database never answered":        {Process{Version: "3.0.3", First: at(0), Last: at(50)}, schemas("", 0, 20, 40), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.process.Daemon = lab.DHCPv4
			got, bad := judgeProcess(lab.MySQL, test.process, test.samples)
			if bad != test.bad || got.Found != test.found {
				t.Errorf("bad %v, found %q; want %v, %q", bad, got.Found, test.bad, test.found)
			}
		})
	}
}

// The same Kea expects another number of each engine, and what one calls right is wrong on the other.
func TestJudgeProcessByItsEngine(t *testing.T) {
	for _, test := range []struct {
		engine      lab.Engine
		kea, schema string
		bad         bool
	}{
		{lab.MySQL, "3.0.3", "30.0", false},
		{lab.MySQL, "3.0.3", "29.0", true},
		{lab.PostgreSQL, "3.0.3", "29.0", false},
		{lab.PostgreSQL, "3.0.3", "30.0", true},
		{lab.PostgreSQL, "3.0.3", "22.2", true},
		{lab.PostgreSQL, "2.6.3", "22.2", false},
		{lab.PostgreSQL, "2.6.3", "29.0", true},
	} {
		process := Process{Daemon: lab.DHCPv6, Version: test.kea, First: at(10), Last: at(90)}
		if got, bad := judgeProcess(test.engine, process, schemas(test.schema, 0, 20, 40, 100)); bad != test.bad {
			t.Errorf("Kea %s on %s %s: bad %v, it expects %s", test.kea, test.engine, test.schema, bad, got.Expects)
		}
	}
}

// Of two databases one that is right excuses nothing of the other.
func TestJudgeEachDatabase(t *testing.T) {
	r := judge(record{
		begin: at(0), end: at(100),
		schemas:   []schema{{lab.MySQL, schemas("30.0", 0, 20, 40, 60, 80)}, {lab.PostgreSQL, schemas("24.0", 0, 40, 80)}},
		processes: []Process{{Daemon: lab.DHCPv4, Version: "3.0.3", First: at(10), Last: at(90)}},
	})
	if len(r.BadMoments) != 1 || r.BadMoments[0].Engine != lab.PostgreSQL || r.BadMoments[0].Found != "24.0" || r.BadMoments[0].Expects != "29.0" {
		t.Errorf("bad moments: %v", r.BadMoments)
	}
	if len(r.Schema) != 2 || r.Schema[1].Engine != lab.PostgreSQL || r.Blind.Schema != 40*time.Millisecond {
		t.Errorf("schemas %+v, blind for %s", r.Schema, r.Blind.Schema)
	}
}

func TestJudgeOutages(t *testing.T) {
	r := judge(record{
		begin: at(0), end: at(1000), servers: []string{"k1", "k2", "k3"},
		offers: map[string][]time.Time{
			"k1": {at(100), at(200), at(600), at(700), at(800), at(900)},
			"k2": {at(100), at(300), at(900)},
		},
	})
	if got := r.FirstAnswer(); got != 300*time.Millisecond {
		t.Errorf("no server for %s, want 300ms: from k2's last to k1's first", got)
	}
	if got := r.LastServer(); got != time.Second {
		t.Errorf("last server after %s: k3 never answered", got)
	}
	if got := r.Servers[1].Outage.Length(); got != 600*time.Millisecond {
		t.Errorf("k2 away for %s, want 600ms", got)
	}
}

func TestOneShotsAreNoDaemons(t *testing.T) {
	for _, test := range []struct {
		command []string
		oneShot bool
	}{
		{[]string{"/usr/sbin/kea-dhcp4", "-c", "/etc/kea/kea-dhcp4.conf"}, false},
		{[]string{"kea-dhcp4", "-d", "-c", "-t"}, false},
		{[]string{"kea-dhcp4", "-T", "/etc/kea/kea-dhcp4.conf"}, true},
		{[]string{"kea-dhcp4", "-t/etc/kea/kea-dhcp4.conf"}, true},
		{[]string{"kea-dhcp4", "-d", "-t", "x"}, true},
		{[]string{"kea-dhcp4", "-V"}, true},
		{[]string{"kea-dhcp4", "-W"}, true},
	} {
		if got := isOneShot(test.command); got != test.oneShot {
			t.Errorf("%q: one-shot %v", test.command, got)
		}
	}
	for exe, daemon := range map[string]bool{
		"/usr/sbin/kea-dhcp4": true, "/usr/sbin/kea-dhcp4 (deleted)": true, "/usr/sbin/kea-dhcp4.dpkg-tmp (deleted)": true,
		"/tmp/unpacked/kea-dhcp-ddns": true, "/usr/bin/dash": false, "/usr/sbin/kea-lfc": false, "/usr/lib/systemd/systemd-executor": false,
	} {
		if isDaemon(exe) != daemon {
			t.Errorf("%s: daemon %v", exe, !daemon)
		}
	}
}
