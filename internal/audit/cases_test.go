package audit

import (
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// one case of a rule: a fleet, whether the rule fires there, and what it says.
type ruleCase struct {
	code    string
	name    string
	want    expectation
	servers []told
	spoil   func(*fleet.Facts)
	says    []string
}

func TestRules(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.code+"/"+c.name, func(t *testing.T) {
			f := facts(t, c.servers...)
			if c.spoil != nil {
				c.spoil(&f)
			}
			got, first := on(c.code, f)
			if got != c.want {
				t.Fatalf("it %v, want %v: %+v", got, c.want, Audit(f, known()).Findings)
			}
			for _, part := range c.says {
				if !strings.Contains(first.Server+" "+first.Message+" "+first.Next, part) {
					t.Errorf("%+v does not say %q", first, part)
				}
			}
		})
	}
}

func (e expectation) String() string { return []string{"is silent", "fires", "cannot tell"}[e] }

// twice is the same server two times, or as often as there are changes of it.
func twice(dhcp string, change ...string) []told {
	if len(change) == 0 {
		change = []string{"", ""}
	}
	var all []told
	for _, c := range change {
		all = append(all, told{dhcp: c + dhcp})
	}
	return all
}

// pair is a High Availability pair whose relations have more.
func pair(a, b string) []told {
	return []told{{dhcp: quiet + ha("k1", a)}, {dhcp: quiet + ha("k2", b)}}
}

func databases(change func(*fleet.Database)) func(*fleet.Facts) {
	return func(f *fleet.Facts) {
		for i := range f.Databases {
			change(&f.Databases[i])
		}
	}
}

func cases() []ruleCase {
	var all []ruleCase
	for _, some := range [][]ruleCase{casesOfSight(), casesOfSharing(), casesOfHA(), casesOfSubnets(), casesOfLeases(), casesOfHosts(), casesOfTime(), casesOfConnections()} {
		all = append(all, some...)
	}
	return all
}

func casesOfSight() []ruleCase {
	torn := quiet[:strings.Index(quiet, "10.1.0.99")] + `x" } ] } ],`
	backend := `"config-control": { "config-databases": [ ` + otherDB + ` ] },`
	session := func(s fleet.Session) func(*fleet.Facts) {
		return databases(func(d *fleet.Database) { d.Clients.Sessions = []fleet.Session{s} })
	}
	return []ruleCase{
		{code: "unreachable", name: "a server away", want: cannotTell, servers: twice(quiet), says: []string{"k2", "refused"}, spoil: func(f *fleet.Facts) {
			f.Servers[1] = fleet.Server{Pulse: fleet.Pulse{Name: "k2"}, Reach: fleet.Deny("connection refused")}
		}},
		{code: "root", name: "no root", want: cannotTell, servers: twice(quiet), spoil: func(f *fleet.Facts) { f.Servers[1].Root = fleet.Deny("sudo") }},
		{code: "database", name: "a database away", want: cannotTell, servers: twice(quiet), spoil: databases(func(d *fleet.Database) { d.Reach = fleet.Doubt("timeout") })},
		{code: "subnets", name: "a pool that is none", want: cannotTell, servers: twice(torn), says: []string{"kea.conf:2:", "neither a range nor a prefix"}},
		{code: "subnets", name: "of a server without a database", want: silent, servers: []told{{dhcp: torn, leases: memfile, hosts: memfile}}},
		{code: "config-backend", name: "beside shared leases", want: cannotTell, servers: []told{{dhcp: quiet, databases: backend}, {dhcp: quiet}}, says: []string{"k1", "configuration backend"}},
		{code: "config-backend", name: "beside a database of its own", want: silent, servers: []told{
			{dhcp: quiet, databases: backend, leases: memfile, hosts: memfile}, {dhcp: quiet, databases: backend},
		}},
		{code: "ha-partner", name: "a partner that nobody listed", want: cannotTell, servers: []told{{dhcp: quiet + ha("k1", off)}}, says: []string{"k2 (http://192.0.2.12:8001/)"}},
		{code: "ha-partner", name: "both are there", want: silent, servers: pair(off, off)},
		{code: "ha-partner", name: "leases in files", want: silent, servers: []told{{dhcp: quiet + ha("k1", ""), leases: memfile, hosts: memfile}}},
		{code: "ha-partner", name: "a partner that cannot be reached", want: silent, servers: pair(off, off), spoil: func(f *fleet.Facts) {
			f.Servers[1] = fleet.Server{Pulse: fleet.Pulse{Name: "k2"}, Reach: fleet.Deny("connection refused")}
		}},
		{code: "sessions-unseen", name: "no privilege", want: cannotTell, servers: twice(quiet), says: []string{"PROCESS"},
			spoil: databases(func(d *fleet.Database) { d.Clients.Visible = fleet.Deny("kea lacks PROCESS") })},
		{code: "sessions-unseen", name: "all are seen", want: silent, servers: twice(quiet)},
		{code: "unlisted-client", name: "a stranger", want: cannotTell, servers: twice(quiet), says: []string{"kea@192.0.2.77"},
			spoil: session(fleet.Session{User: "kea", Address: "192.0.2.77", Owner: fleet.OwnerStranger})},
		{code: "unlisted-client", name: "an allowed one", want: silent, servers: twice(quiet), spoil: session(fleet.Session{User: "stork", Address: "192.0.2.9", Owner: fleet.OwnerStranger})},
		{code: "unlisted-client", name: "a Kea of the fleet", want: silent, servers: twice(quiet), spoil: session(fleet.Session{User: "kea", Address: "192.0.2.11", Owner: fleet.OwnerKea})},
		{code: "runs-mismatched", name: "a newer schema", want: fires, servers: twice(quiet), spoil: func(f *fleet.Facts) {
			f.Databases[0].Schema = kea.Schema{Major: 35}
			for i, s := range f.Servers {
				f.Servers[i].Units = []fleet.Unit{{Name: "u", Daemon: kea.DHCP4, Active: "active", PID: 7}}
				f.Servers[i].Service = []fleet.Service{{Unit: "u", Daemon: kea.DHCP4, Version: s.Software.Kea}}
			}
		}},
		{code: "versions", name: "two that expect the same schema", want: fires, servers: []told{{dhcp: quiet}, {dhcp: quiet, spoil: runs("3.0.4")}},
			says: []string{"3.0.3 on k1, 3.0.4 on k2", "plan --to 3.0.4"}},
		{code: "versions", name: "two databases", want: silent, servers: []told{{dhcp: quiet}, {dhcp: quiet, leases: otherDB, hosts: otherDB, spoil: runs("3.0.4")}}},
		{code: "versions", name: "a version that is not known is told elsewhere", want: silent, servers: []told{{dhcp: quiet}, {dhcp: quiet, spoil: func(s *fleet.Server) { s.Software.Kea = kea.Version{} }}}},
	}
}

func runs(v string) func(*fleet.Server) { return func(s *fleet.Server) { s.Software.Kea = version(v) } }

func casesOfSharing() []ruleCase {
	other := subnets(subnet(2, "10.2.0.0/16", "10.2.0.10 - 10.2.0.99", ""))
	global := `"reservations-global": true,`
	commands := `"hooks-libraries": [ { "library": "/usr/lib/kea/libdhcp_host_cmds.so" } ],`
	return []ruleCase{
		{code: "shared-database", name: "different subnets, no group", want: fires, servers: twice("", quiet, other), says: []string{"k1 and k2", "leave it"}},
		{code: "shared-database", name: "the same subnets", want: silent, servers: twice(quiet)},
		{code: "shared-database", name: "one High Availability group", want: silent, servers: pair(off, off)},
		{code: "shared-database", name: "a group and one more", want: fires, servers: append(pair(off, off), told{dhcp: other})},
		{code: "shared-database", name: "two groups", want: fires, servers: append(pair(off, off), pair(off, off)...),
			spoil: func(f *fleet.Facts) { f.Servers[3].Configs[0].Parsed.Serving.Subnets[0].ID = 7 }},
		{code: "shared-database", name: "leases of one and reservations of another", want: fires, servers: []told{{dhcp: quiet, hosts: memfile}, {dhcp: quiet, leases: memfile}}},
		{code: "shared-database", name: "DHCPv4 and DHCPv6 of two servers", want: fires, servers: []told{{dhcp: quiet}, {kind: kea.DHCP6}}},
		{code: "shared-database", name: "one each", want: silent, servers: []told{{dhcp: quiet}, {dhcp: quiet, leases: otherDB, hosts: otherDB}}},
		{code: "shared-database", name: "a configuration backend alone", want: silent, servers: []told{
			{leases: memfile, hosts: memfile, databases: `"config-control": { "config-databases": [ ` + keaDB + ` ] },`},
			{leases: memfile, hosts: memfile, databases: `"config-control": { "config-databases": [ ` + keaDB + ` ] },`},
		}},
		{code: "ha-availability", name: "a pair on one database", want: fires, servers: pair(off, off), says: []string{"k1 and k2"}},
		{code: "ha-availability", name: "a pair on two", want: silent, servers: []told{{dhcp: quiet + ha("k1", "")}, {dhcp: quiet + ha("k2", ""), leases: otherDB, hosts: otherDB}}},
		{code: "global-reservations", name: "outside of the exceptions", want: fires, servers: twice("", global+quiet, other), says: []string{"k1", "kea.conf:2:"}},
		{code: "global-reservations", name: "in one group", want: silent, servers: twice(global + quiet)},
		{code: "global-reservations", name: "reservations of its own", want: silent, servers: []told{{dhcp: global + quiet, hosts: memfile}, {dhcp: other}}},
		{code: "reservation-commands", name: "two take them", want: fires, servers: twice(quiet + commands), says: []string{"k1 and k2", "Stork"}},
		{code: "reservation-commands", name: "one takes them", want: silent, servers: twice(quiet, commands, "")},
	}
}

func casesOfHA() []ruleCase {
	more := subnets(subnet(1, "10.1.0.0/16", "10.1.0.10 - 10.1.0.99", ""), subnet(2, "10.2.0.0/16", "10.2.0.10 - 10.2.0.99", ""))
	hub := `"hooks-libraries": [ { "library": "libdhcp_ha.so", "parameters": { "high-availability": [ ` +
		relation("h1", "h1", "s1", off) + `, ` + relation("h2", "h2", "s2", off) + ` ] } } ],`
	spoke := `"hooks-libraries": [ { "library": "libdhcp_ha.so", "parameters": { "high-availability": [ ` + relation("s1", "h1", "s1", off) + ` ] } } ],`
	apart := func(a, b string) []told {
		both := pair(a, b)
		both[1].leases = otherDB
		return both
	}
	fullyApart := apart("", "")
	fullyApart[1].hosts = otherDB
	reservations := func(rows ...int64) func(*fleet.Facts) {
		return func(f *fleet.Facts) {
			for i := range f.Databases {
				f.Databases[i].Rows = map[string]int64{"hosts": rows[i]}
			}
		}
	}
	unread := func(f *fleet.Facts) { f.Databases[0].Reach = fleet.Doubt("timeout") }
	return []ruleCase{
		{code: "ha-lease-updates", name: "left at the defaults", want: fires, servers: pair("", ""), says: []string{"k1", "send-lease-updates is true and sync-leases is true", "kea.conf:2:"}},
		{code: "ha-lease-updates", name: "one of them", want: fires, servers: pair(`, "send-lease-updates": false`, off), says: []string{"false and sync-leases is true"}},
		{code: "ha-lease-updates", name: "both off", want: silent, servers: pair(off, off)},
		{code: "ha-lease-updates", name: "leases apart, reservations together", want: silent, servers: apart("", "")},
		{code: "ha-no-replication", name: "leases apart", want: fires, servers: apart(off, off), says: []string{"k1", "keeps leases elsewhere"}},
		{code: "ha-no-replication", name: "leases together", want: silent, servers: pair(off, off)},
		{code: "ha-no-replication", name: "leases apart and sent", want: silent, servers: apart("", "")},
		{code: "ha-no-replication", name: "a database that cannot be read is told elsewhere", want: silent, servers: apart(off, "")[:], spoil: unread},
		{code: "ha-half", name: "one of them", want: fires, servers: apart(`, "sync-leases": false`, ""), says: []string{"k1", "send-lease-updates is true and sync-leases is false"}},
		{code: "ha-half", name: "both on", want: silent, servers: apart("", "")},
		{code: "ha-half", name: "leases together are told elsewhere", want: silent, servers: pair(`, "sync-leases": false`, off)},
		{code: "ha-subnets", name: "one has more", want: fires, servers: []told{{dhcp: quiet + ha("k1", off)}, {dhcp: more + ha("k2", off)}}, says: []string{"subnet 2 (10.2.0.0/16) only on k2"}},
		{code: "ha-subnets", name: "the same in another order", want: silent, servers: []told{{dhcp: more + ha("k1", off)}, {dhcp: subnets(
			subnet(2, "10.2.0.0/16", "10.2.0.10 - 10.2.0.99", ""), subnet(1, "10.1.0.0/16", "10.1.0.10 - 10.1.0.99", "")) + ha("k2", off)}}},
		{code: "ha-subnets", name: "no group", want: silent, servers: []told{{dhcp: quiet}, {dhcp: more}}},
		{code: "ha-reservations", name: "one fewer", want: fires, servers: fullyApart, spoil: reservations(1204, 1203), says: []string{"k1", "1204 on k1, 1203 on k2"}},
		{code: "ha-reservations", name: "as many", want: silent, servers: fullyApart, spoil: reservations(1204, 1204)},
		{code: "ha-reservations", name: "one database", want: silent, servers: pair(off, off), spoil: reservations(1204)},
		{code: "ha-reservations", name: "not counted", want: cannotTell, servers: fullyApart},
		{code: "hub-and-spoke", name: "hub and spoke in one", want: fires, servers: []told{{dhcp: more + hub}, {dhcp: quiet + spoke}}, says: []string{"k1", "has 2"}},
		{code: "hub-and-spoke", name: "the hub elsewhere", want: silent, servers: []told{{dhcp: more + hub, leases: otherDB, hosts: otherDB}, {dhcp: quiet + spoke}}},
	}
}

func casesOfSubnets() []ruleCase {
	one := subnets(subnet(1, "10.1.0.0/16", "10.1.0.10 - 10.1.0.99", ""))
	noID := `"allocator": "random", "subnet4": [ { "subnet": "10.1.0.0/16", "pools": [ { "pool": "10.1.0.10 - 10.1.0.99" } ] } ],`
	return []ruleCase{
		{code: "subnet-id", name: "two subnets", want: fires, servers: twice("", one, subnets(subnet(1, "10.2.0.0/16", "10.2.0.1 - 10.2.0.9", ""))),
			says: []string{"id 1 is 10.1.0.0/16 on k1, 10.2.0.0/16 on k2"}},
		{code: "subnet-id", name: "one subnet", want: silent, servers: twice(one)},
		{code: "subnet-id", name: "two databases", want: silent, servers: []told{{dhcp: one}, {dhcp: subnets(subnet(1, "10.2.0.0/16", "10.2.0.1 - 10.2.0.9", "")), leases: otherDB, hosts: otherDB}}},
		{code: "subnet-id", name: "in shared reservations alone", want: fires, servers: []told{{dhcp: one}, {dhcp: subnets(subnet(1, "10.2.0.0/16", "10.2.0.1 - 10.2.0.9", "")), leases: memfile}}},
		{code: "subnet-id", name: "DHCPv4 and DHCPv6", want: silent, servers: []told{{dhcp: one}, {kind: kea.DHCP6, dhcp: `"subnet6": [ { "id": 1, "subnet": "2001:db8::/64" } ],`}}},
		{code: "subnet-twice", name: "two identifiers", want: fires, servers: twice("", one, subnets(subnet(9, "10.1.0.0/16", "10.1.1.1 - 10.1.1.9", ""))),
			says: []string{"10.1.0.0/16 is 1 on k1, 9 on k2"}},
		{code: "subnet-twice", name: "one identifier", want: silent, servers: twice(one)},
		{code: "subnet-without-id", name: "none", want: fires, servers: []told{{dhcp: noID}, {dhcp: one}}, says: []string{"k1", "10.1.0.0/16 has no id"}},
		{code: "subnet-without-id", name: "a database of its own", want: silent, servers: []told{{dhcp: noID}, {dhcp: one, leases: otherDB, hosts: otherDB}}},
		{code: "overlap", name: "the last address of one", want: fires, servers: twice("", one, subnets(subnet(2, "10.1.0.0/17", "10.1.0.99 - 10.1.0.120", ""))),
			says: []string{"10.1.0.10 - 10.1.0.99 of subnet 1 (10.1.0.0/16) on k1", "10.1.0.99 - 10.1.0.120 of subnet 2 (10.1.0.0/17) on k2"}},
		{code: "overlap", name: "side by side", want: silent, servers: twice("", one, subnets(subnet(2, "10.1.0.0/17", "10.1.0.100 - 10.1.0.120", "")))},
		{code: "overlap", name: "one subnet", want: silent, servers: twice(one)},
		{code: "overlap", name: "shared reservations alone", want: silent, servers: []told{{dhcp: one, leases: memfile}, {dhcp: subnets(subnet(2, "10.1.0.0/17", "10.1.0.99 - 10.1.0.120", ""))}}},
		{code: "overlap", name: "prefixes that are delegated", want: fires, servers: []told{
			{kind: kea.DHCP6, dhcp: `"subnet6": [ { "id": 1, "subnet": "2001:db8:1::/64", "pd-pools": [ { "prefix": "2001:db8:8000::", "prefix-len": 40, "delegated-len": 56 } ] } ],`},
			{kind: kea.DHCP6, dhcp: `"subnet6": [ { "id": 2, "subnet": "2001:db8:2::/64", "pd-pools": [ { "prefix": "2001:db8:8000::", "prefix-len": 48, "delegated-len": 56 } ] } ],`},
		}},
	}
}

func casesOfLeases() []ruleCase {
	use := func(allocator string) string { return strings.Replace(quiet, "random", allocator, 1) }
	empty := `"subnet4": [ { "id": 1, "subnet": "10.1.0.0/16" } ],`
	return []ruleCase{
		{code: "old-kea", name: "2.6.1", want: fires, servers: []told{{dhcp: quiet, spoil: runs("2.6.1")}, {dhcp: quiet}}, says: []string{"k1", "Kea 2.6.1"}},
		{code: "old-kea", name: "2.7.6", want: fires, servers: []told{{dhcp: quiet, spoil: runs("2.7.6")}, {dhcp: quiet}}},
		{code: "old-kea", name: "2.6.2 and 2.7.7", want: silent, servers: []told{{dhcp: quiet, spoil: runs("2.6.2")}, {dhcp: quiet, spoil: runs("2.7.7")}}},
		{code: "old-kea", name: "leases of its own", want: silent, servers: []told{{dhcp: quiet, leases: memfile, spoil: runs("2.4.1")}, {dhcp: quiet}}},
		{code: "flq", name: "shared", want: fires, servers: twice("", use("flq"), quiet), says: []string{"k1", "subnet 1 (10.1.0.0/16)", "kea.conf:2:"}},
		{code: "flq", name: "leases of its own", want: silent, servers: []told{{dhcp: use("flq"), leases: otherDB}, {dhcp: quiet}}},
		{code: "flq", name: "a subnet without pools", want: silent, servers: twice(`"allocator": "flq", ` + empty)},
		{code: "shared-flq", name: "one of two", want: fires, servers: twice("", use("shared-flq"), quiet), says: []string{"subnet 1 (10.1.0.0/16) uses it on k1, does not on k2"}},
		{code: "shared-flq", name: "both", want: silent, servers: twice(use("shared-flq"))},
		{code: "shared-flq-experimental", name: "both", want: fires, servers: twice(use("shared-flq"))},
		{code: "shared-flq-experimental", name: "random", want: silent, servers: twice(quiet)},
		{code: "iterative", name: "by default", want: fires, servers: twice(use("iterative")), says: []string{"k1", "subnet 1 (10.1.0.0/16)"}},
		{code: "iterative", name: "random", want: silent, servers: twice(quiet)},
		{code: "iterative", name: "subnets apart", want: silent, servers: twice("", use("iterative"), `"subnet4": [ `+subnet(2, "10.2.0.0/16", "10.2.0.1 - 10.2.0.9", "")+` ],`)},
		{code: "iterative", name: "one answers a client", want: silent, servers: []told{{dhcp: use("iterative") + ha("k1", off)}, {dhcp: use("iterative") + ha("k2", off)}}},
		{code: "iterative", name: "a Kea without a choice", want: silent, servers: []told{{dhcp: use("iterative"), spoil: runs("2.2.0")}, {dhcp: use("iterative"), spoil: runs("2.2.0")}}},
		{code: "iterative", name: "prefixes", want: fires, servers: []told{{kind: kea.DHCP6, dhcp: prefixes("iterative")}, {kind: kea.DHCP6, dhcp: prefixes("iterative")}}},
		{code: "iterative", name: "random prefixes", want: silent, servers: []told{{kind: kea.DHCP6, dhcp: prefixes("random")}, {kind: kea.DHCP6, dhcp: prefixes("random")}}},
		{code: "statistics", name: "nobody", want: fires, servers: twice(quiet), says: []string{"k1 and k2"}},
		{code: "statistics", name: "one of two", want: silent, servers: twice(quiet, stats, "")},
	}
}

func prefixes(allocator string) string {
	return `"pd-allocator": "` + allocator + `", "subnet6": [ { "id": 1, "subnet": "2001:db8:1::/64", "pd-pools": [ { "prefix": "2001:db8:8000::", "prefix-len": 40, "delegated-len": 56 } ] } ],`
}

func casesOfHosts() []ruleCase {
	many := `"ip-reservations-unique": false,`
	by := func(list string) string { return `"host-reservation-identifiers": [ ` + list + ` ],` }
	other := subnets(subnet(2, "10.2.0.0/16", "10.2.0.1 - 10.2.0.9", ""))
	return []ruleCase{
		{code: "reservations-unique", name: "one of two", want: fires, servers: twice(quiet, many, ""), says: []string{"false on k1, true on k2"}},
		{code: "reservations-unique", name: "both", want: silent, servers: twice(many + quiet)},
		{code: "reservations-unique", name: "leases alone", want: silent, servers: []told{{dhcp: many + quiet, hosts: memfile}, {dhcp: quiet}}},
		{code: "host-identifiers", name: "fewer", want: fires, servers: twice(quiet, by(`"hw-address"`), ""), says: []string{"by hw-address on k1; by circuit-id, client-id, duid, hw-address on k2"}},
		{code: "host-identifiers", name: "the same in another order", want: silent, servers: twice(quiet, by(`"duid", "hw-address"`), by(`"hw-address", "duid"`))},
		{code: "host-identifiers", name: "different subnets", want: silent, servers: twice("", by(`"hw-address"`)+quiet, other)},
	}
}

func casesOfTime() []ruleCase {
	late := func(d time.Duration) []told { return []told{{dhcp: quiet}, {dhcp: quiet, clock: d}} }
	latePair := func(d time.Duration) []told {
		both := pair(off, off)
		both[1].clock = d
		return both
	}
	return []ruleCase{
		{code: "clock", name: "31 s", want: fires, servers: late(31 * time.Second), says: []string{"k2 its clock is 31s before that of k1"}},
		{code: "clock", name: "30 s", want: silent, servers: late(-30 * time.Second)},
		{code: "clock", name: "partners", want: fires, servers: latePair(-60 * time.Second)},
		{code: "clock", name: "nothing in common", want: silent, servers: []told{{dhcp: quiet}, {dhcp: quiet, leases: otherDB, clock: time.Hour}}},
		{code: "clock", name: "not read", want: cannotTell, servers: []told{{dhcp: quiet}, {dhcp: quiet, spoil: func(s *fleet.Server) { s.Clock = nil }}}},
		{code: "clock-terminates", name: "61 s", want: fires, servers: latePair(61 * time.Second), says: []string{"1m1s"}},
		{code: "clock-terminates", name: "60 s", want: silent, servers: latePair(60 * time.Second)},
		{code: "clock-terminates", name: "no partners", want: silent, servers: late(time.Hour)},
		{code: "timezone", name: "two hours", want: fires, servers: twice(quiet), spoil: databases(func(d *fleet.Database) { d.Zone = "+0200" }), says: []string{"k1", "+0000", "+0200"}},
		{code: "timezone", name: "the same", want: silent, servers: twice(quiet)},
		{code: "timezone", name: "not read", want: cannotTell, servers: []told{{dhcp: quiet, spoil: func(s *fleet.Server) { s.Zone = "" }}}},
	}
}

func casesOfConnections() []ruleCase {
	with := func(more string) string { return strings.Replace(keaDB, `"user"`, more+`"user"`, 1) }
	bare := `{ "type": "mysql", "name": "kea", "host": "192.0.2.5", "user": "kea" }`
	return []ruleCase{
		{code: "on-fail", name: "it serves on", want: fires, servers: []told{{dhcp: quiet, leases: with(`"on-fail": "serve-retry-exit", `)}}, says: []string{"k1", "serve-retry-exit", "kea.conf:3:"}},
		{code: "on-fail", name: "the default, written", want: silent, servers: []told{{dhcp: quiet, leases: with(`"on-fail": "stop-retry-exit", `)}}},
		{code: "on-fail", name: "of reservations", want: silent, servers: []told{{dhcp: quiet, hosts: with(`"on-fail": "serve-retry-exit", `)}}},
		{code: "reconnect-some", name: "leases alone", want: fires, servers: []told{{dhcp: quiet, hosts: bare}}, says: []string{"database of leases", "that of hosts"}},
		{code: "reconnect-some", name: "neither", want: silent, servers: []told{{dhcp: quiet, leases: bare, hosts: bare}}},
		{code: "reconnect-some", name: "tries without a wait", want: fires, servers: []told{{dhcp: quiet, hosts: strings.Replace(keaDB, "1000", "0", 1)}}},
		{code: "no-reconnect", name: "of a shared one", want: fires, servers: []told{{dhcp: quiet, leases: bare, hosts: bare}, {dhcp: quiet}}, says: []string{"k1"}},
		{code: "no-reconnect", name: "of its own", want: silent, servers: []told{{dhcp: quiet, leases: bare, hosts: bare}, {dhcp: quiet, leases: otherDB, hosts: otherDB}}},
	}
}
