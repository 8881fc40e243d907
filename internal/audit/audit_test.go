package audit

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// told is what of one server's configuration and facts a case is about. Its kea-dhcp4 keeps leases and reservations in kea on 192.0.2.5,
// unless it says something else.
type told struct {
	kind      kea.DaemonKind
	dhcp      string // members of Dhcp4 or Dhcp6, beside the databases
	leases    string // lease-database; of three servers, say, two may keep leases elsewhere
	hosts     string // hosts-database
	clock     time.Duration
	spoil     func(*fleet.Server)
	databases string // more members that name databases
}

const (
	keaDB   = `{ "type": "mysql", "name": "kea", "host": "192.0.2.5", "user": "kea", "max-reconnect-tries": 3, "reconnect-wait-time": 1000 }`
	otherDB = `{ "type": "mysql", "name": "other", "host": "192.0.2.5", "user": "kea", "max-reconnect-tries": 3, "reconnect-wait-time": 1000 }`
	memfile = `{ "type": "memfile" }`
	// quiet is a subnet of which no rule has anything to say, served by all that have it.
	quiet = `"allocator": "random", "subnet4": [ { "id": 1, "subnet": "10.1.0.0/16", "pools": [ { "pool": "10.1.0.10 - 10.1.0.99" } ] } ],`
	stats = `"hooks-libraries": [ { "library": "libdhcp_stat_cmds.so" } ],`
)

// subnet is one of DHCPv4 with a pool.
func subnet(id int, prefix, pool, more string) string {
	return fmt.Sprintf(`{ "id": %d, "subnet": "%s", "pools": [ { "pool": "%s" } ]%s }`, id, prefix, pool, more)
}

func subnets(all ...string) string {
	return `"allocator": "random", "subnet4": [ ` + strings.Join(all, ", ") + ` ],`
}

// ha is the hooks of a High Availability server of the pair k1 and k2.
func ha(this string, more string) string {
	return `"hooks-libraries": [ { "library": "libdhcp_stat_cmds.so" }, { "library": "libdhcp_ha.so", "parameters": { "high-availability": [ ` + relation(this, "k1", "k2", more) + ` ] } } ],`
}

func relation(this, a, b, more string) string {
	return fmt.Sprintf(`{ "this-server-name": "%s", "mode": "hot-standby"%s, "peers": [ { "name": "%s", "url": "http://192.0.2.11:8001/", "role": "primary" },
  { "name": "%s", "url": "http://192.0.2.12:8001/", "role": "standby" } ] }`, this, more, a, b)
}

const off = `, "send-lease-updates": false, "sync-leases": false`

// facts are those of a fleet of such servers k1, k2 ...; what shares a name and a host is one database.
func facts(t *testing.T, servers ...told) fleet.Facts {
	t.Helper()
	var f fleet.Facts
	databases := map[string]*fleet.Database{}
	var order []string
	for i, s := range servers {
		name := fmt.Sprintf("k%d", i+1)
		if s.kind == "" {
			s.kind = kea.DHCP4
		}
		if s.leases == "" {
			s.leases = keaDB
		}
		if s.hosts == "" {
			s.hosts = keaDB
		}
		section := map[kea.DaemonKind]string{kea.DHCP4: "Dhcp4", kea.DHCP6: "Dhcp6"}[s.kind]
		text := fmt.Sprintf("{ \"%s\": {\n%s\n%s\"lease-database\": %s", section, s.dhcp, s.databases, s.leases)
		if s.hosts != memfile {
			text += `, "hosts-database": ` + s.hosts
		}
		parsed, err := kea.ReadConfig("/etc/kea/kea.conf", []byte(text+" } }"), nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		server := fleet.Server{
			Pulse: fleet.Pulse{Name: name, Units: []fleet.Unit{{Name: "kea.service", Daemon: s.kind, Active: "inactive"}}}, Reach: fleet.Affirm("answers"), Root: fleet.Affirm("root"), Platform: fleet.Platform{Playbook: "model"},
			Software: fleet.Software{Kea: version("3.0.3")}, Configs: []fleet.Config{{Daemon: s.kind, Path: "/etc/kea/kea.conf", Parsed: parsed}},
			Clock: new(s.clock), Zone: "+0000",
		}
		for _, ref := range parsed.Databases {
			key := ref.Key()
			if databases[key] == nil {
				order = append(order, key)
				databases[key] = &fleet.Database{
					ID: fleet.DatabaseID("mysql:1:" + ref.Name), Engine: ref.Engine, Name: ref.Name, Reach: fleet.Affirm("answers"), Structure: fleet.Affirm("whole"),
					Schema: kea.Schema{Major: 30}, Clients: fleet.Clients{Visible: fleet.Affirm("all")}, Zone: "+0000",
				}
			}
			databases[key].Endpoints = append(databases[key].Endpoints, fleet.Endpoint{Place: fleet.PlaceOf(name, ref), Daemon: s.kind, Uses: ref.Uses})
		}
		if s.spoil != nil {
			s.spoil(&server)
		}
		f.Servers = append(f.Servers, server)
	}
	for _, key := range order {
		f.Databases = append(f.Databases, *databases[key])
	}
	return f
}

func known() Known {
	return Known{Address: func(name string) string { return "root@" + name }, Allowed: []string{"stork@192.0.2.9"}}
}

// expectation is how a rule stands to facts.
type expectation int

const (
	silent expectation = iota
	fires
	cannotTell
)

// on says whether and how a rule fires on a fleet, and what it said.
func on(code string, f fleet.Facts) (expectation, Finding) {
	is, first := silent, Finding{}
	for _, one := range Audit(f, known()).Findings {
		if one.Code != code {
			continue
		}
		if is == silent {
			first = one
		}
		if one.CannotTell {
			is = max(is, cannotTell)
		} else if is == silent {
			is = fires
		}
	}
	return is, first
}

func TestAFleetThatDoesAsIsAdvised(t *testing.T) {
	apart := facts(t, told{dhcp: quiet, leases: otherDB, hosts: otherDB})
	if r := Audit(apart, known()); r.Verdict != Clean || len(r.Findings) != 0 {
		t.Errorf("a server with a database of its own: %+v", r)
	}
	pair := facts(t, told{dhcp: quiet + ha("k1", off)}, told{dhcp: quiet + ha("k2", off)})
	if r := Audit(pair, known()); r.Verdict != Clean || len(r.Findings) != 1 || r.Findings[0].Code != "ha-availability" {
		t.Errorf("a High Availability pair on one database: %+v", r)
	}
}

// A part of the fleet is reported on with an eye on the rest: a partner in another group is no stranger.
func TestAuditOfSomeServers(t *testing.T) {
	apart := facts(t, told{dhcp: quiet + ha("k1", ""), leases: otherDB, hosts: otherDB}, told{dhcp: quiet + ha("k2", "")}, told{dhcp: quiet}, told{dhcp: quiet})
	k := known()
	if r := Audit(apart, k); r.Servers != 4 || r.Databases != 2 || len(r.Findings) == 0 {
		t.Fatalf("%+v", r)
	}
	k.Only = []string{"k1"}
	if r := Audit(apart, k); r.Verdict != Clean || r.Servers != 1 || r.Databases != 1 || len(r.Findings) != 0 {
		t.Errorf("of k1 alone: %+v", r)
	}
	k.Only = []string{"k3"}
	if r := Audit(apart, k); r.Databases != 1 || len(r.Findings) == 0 || slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Server != "" && f.Server != "k3" }) {
		t.Errorf("of k3 alone: %+v", r)
	}
}

// What is known to be wrong counts before what cannot be told, and that before advice.
func TestVerdictOfAnAudit(t *testing.T) {
	advice, doubt, wrong := Finding{Severity: Advice}, Finding{Severity: Warning, CannotTell: true}, Finding{Severity: Warning}
	for _, c := range []struct {
		found []Finding
		want  Verdict
	}{
		{nil, Clean},
		{[]Finding{advice}, Clean},
		{[]Finding{{Severity: Advice, CannotTell: true}}, Unknown},
		{[]Finding{advice, doubt}, Unknown},
		{[]Finding{doubt, wrong, doubt}, Findings},
	} {
		if got := verdict(c.found); got != c.want {
			t.Errorf("%+v is %s, want %s", c.found, got, c.want)
		}
	}
}

// The table in docs/audit.md has the rules as the program has them, in its order.
func TestTheManualOfRulesIsTheRules(t *testing.T) {
	text, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, r := range Rules() {
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", r.Code, r.Severity, r.Checks, r.Source))
	}
	got := regexp.MustCompile("(?m)^\\| `.*$").FindAllString(string(text), -1)
	if !slices.Equal(want, got) {
		t.Errorf("docs/audit.md has\n%s\nand the rules are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Every finding has a rule, and its severity; every rule that looks by itself has a table of cases.
func TestEveryRuleIsTried(t *testing.T) {
	tried := map[string]map[expectation]bool{}
	for _, c := range cases() {
		if tried[c.code] == nil {
			tried[c.code] = map[expectation]bool{}
		}
		tried[c.code][c.want] = true
	}
	for _, r := range Rules() {
		if strings.Contains(r.Checks+r.Source, "|") || r.Checks == "" || r.Source == "" || rank(r.Severity) < 0 {
			t.Errorf("rule %+v does not say what it is", r)
		}
		if r.look != nil && (!tried[r.Code][silent] || !tried[r.Code][fires] && !tried[r.Code][cannotTell]) {
			t.Errorf("of rule %s a case is missing that fires, or one that is near and does not: %v", r.Code, tried[r.Code])
		}
	}
}
