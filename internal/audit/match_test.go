package audit

import (
	"strings"
	"testing"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

func version(text string) kea.Version {
	v, err := kea.ParseVersion(text)
	if err != nil {
		panic(err)
	}
	return v
}

// one is a fleet of one server whose Kea runs and matches.
func one() fleet.Facts {
	unit := fleet.Unit{Name: "kea-dhcp4-server.service", Daemon: kea.DHCP4, Present: true, Active: "active", PID: 812}
	place := fleet.Place{Server: "k1", Engine: kea.MySQL, Host: "192.0.2.5", Name: "kea"}
	return fleet.Facts{
		Servers: []fleet.Server{{
			Pulse: fleet.Pulse{Name: "k1", Units: []fleet.Unit{unit}}, Reach: fleet.Affirm("answers"), Root: fleet.Affirm("root"),
			Platform: fleet.Platform{OS: "Model 1", Playbook: "model"}, Software: fleet.Software{Kea: version("2.6.3")},
			Service: []fleet.Service{{Unit: unit.Name, Daemon: kea.DHCP4, Active: true, PID: 812, Version: version("2.6.3")}},
		}},
		Databases: []fleet.Database{{
			ID: "mysql:1:kea", Engine: kea.MySQL, Name: "kea", Reach: fleet.Affirm("answers"), Structure: fleet.Affirm("whole"),
			Schema: kea.Schema{Major: 22, Minor: 2}, Endpoints: []fleet.Endpoint{{Place: place, Daemon: kea.DHCP4}},
		}},
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*fleet.Facts)
		want  Verdict
		code  string // of a finding that must be there
	}{
		"as it should be":   {func(*fleet.Facts) {}, Matches, ""},
		"a newer schema":    {func(f *fleet.Facts) { f.Databases[0].Schema = kea.Schema{Major: 30} }, Mismatches, "runs-mismatched"},
		"an older schema":   {func(f *fleet.Facts) { f.Databases[0].Schema = kea.Schema{Major: 14} }, Mismatches, "runs-mismatched"},
		"an empty database": {func(f *fleet.Facts) { f.Databases[0].Empty, f.Databases[0].Schema = true, kea.Schema{} }, Mismatches, "empty"},
		"a torn schema":     {func(f *fleet.Facts) { f.Databases[0].Structure = fleet.Deny("lacks lease6_stat") }, Mismatches, "structure"},
		"a stopped Kea that would not match": {func(f *fleet.Facts) {
			f.Servers[0].Service, f.Servers[0].Units[0].Active, f.Servers[0].Units[0].PID = nil, "inactive", 0
			f.Databases[0].Schema = kea.Schema{Major: 30}
		}, Mismatches, "installed-mismatched"},
		"upgraded and not restarted": {func(f *fleet.Facts) { f.Servers[0].Software.Kea = version("3.0.3") }, Matches, "restart"},
		"a server that does not answer": {func(f *fleet.Facts) {
			f.Servers[0] = fleet.Server{Pulse: fleet.Pulse{Name: "k1"}, Reach: fleet.Deny("refused")}
		}, Unknown, "unreachable"},
		"a server without root":              {func(f *fleet.Facts) { f.Servers[0].Root = fleet.Deny("sudo asks for a password") }, Unknown, "root"},
		"a server whose language is unknown": {func(f *fleet.Facts) { f.Servers[0].Platform = fleet.Platform{OS: "Plan 9"} }, Unknown, "platform"},
		"a database that does not answer":    {func(f *fleet.Facts) { f.Databases[0].Reach = fleet.Doubt("timeout") }, Unknown, "database"},
		"a release that is not known":        {func(f *fleet.Facts) { f.Servers[0].Service[0].Version = version("9.9.9") }, Unknown, "version"},
		"a version that is not told":         {func(f *fleet.Facts) { f.Servers[0].Service = nil }, Unknown, "version"},
		"a Kea started by hand": {func(f *fleet.Facts) {
			f.Servers[0].Processes = []fleet.Process{{PID: 99, Daemon: kea.DHCP4, Command: "kea-dhcp4 -c x"}}
		}, Unknown, "by-hand"},
		"a fence": {func(f *fleet.Facts) { f.Servers[0].Units[0].Fence = "20261122T020311Z-7q2d" }, Matches, "fenced"},
		// What a daemon says of itself counts more than the release table.
		"a build with another schema": {func(f *fleet.Facts) {
			f.Servers[0].Service[0].Backends = map[kea.Engine]kea.Schema{kea.MySQL: {Major: 23}}
		}, Mismatches, "runs-mismatched"},
	} {
		t.Run(name, func(t *testing.T) {
			facts := one()
			c.spoil(&facts)
			m := Check(facts, func(name string) string { return "root@" + name })
			if m.Verdict != c.want {
				t.Errorf("verdict %q, want %q: %+v", m.Verdict, c.want, m)
			}
			found := c.code == "" && len(m.Findings) == 0
			for _, f := range m.Findings {
				found = found || f.Code == c.code && f.Message != "" && f.Severity != ""
				if i := place(Rules(), f.Code); f.Code != "fenced" && (i < 0 || Rules()[i].Severity != f.Severity) {
					t.Errorf("the rules have no %s of severity %s", f.Code, f.Severity)
				}
			}
			if !found {
				t.Errorf("no finding %q in %+v", c.code, m.Findings)
			}
		})
	}
}

// TestWhatRunsAndMustNotIsStoppedInTheServersWords.
func TestWhatRunsAndMustNotIsStoppedInTheServersWords(t *testing.T) {
	for stop, want := range map[string]string{"": "ssh root@k1 systemctl stop ", "rc-service %s stop": "ssh root@k1 rc-service "} {
		facts := one()
		facts.Servers[0].Platform.Stop = stop
		facts.Databases[0].Schema = kea.Schema{Major: 30}
		m := Check(facts, func(name string) string { return "root@" + name })
		if len(m.Findings) != 1 || !strings.HasPrefix(m.Findings[0].Next, want) || !strings.Contains(m.Findings[0].Next, facts.Servers[0].Units[0].Name) {
			t.Errorf("%q: %+v", stop, m.Findings)
		}
	}
}
