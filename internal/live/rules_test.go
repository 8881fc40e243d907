package live

import (
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/playbooks"
	"kea-lockstep/ssh"
)

func someFleet(t *testing.T, databases ...fleet.DatabaseEntry) *Fleet {
	t.Helper()
	f, err := New(fleet.File{
		Servers: []fleet.ServerEntry{{Name: "k1", SSH: "root@192.0.2.11"}, {Name: "k2", SSH: "k2"}}, Databases: databases,
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestAFleetNeedsItsPlaybooks(t *testing.T) {
	_, err := New(fleet.File{Servers: []fleet.ServerEntry{{Name: "k1", SSH: "k1", Playbook: "plan9"}}}, Options{})
	if err == nil || !strings.Contains(err.Error(), "k1") || !strings.Contains(err.Error(), "debian") {
		t.Errorf("an unknown playbook must be named, with those that there are: %v", err)
	}
	_, err = New(fleet.File{Servers: []fleet.ServerEntry{{Name: "k1", SSH: "k1", Playbook: "./none.yaml"}}}, Options{})
	if inText := (*fleet.FileError)(nil); !errors.As(err, &inText) || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("a playbook that is not there: %v", err)
	}
}

// TestAPlanShowsOnesOwnPlaybook: what runs on a server is what its own playbook says.
func TestAPlanShowsOnesOwnPlaybook(t *testing.T) {
	f, err := New(fleet.File{Servers: []fleet.ServerEntry{{Name: "k1", SSH: "k1", Playbook: "../../docs/playbook/site.yaml"}, {Name: "k2", SSH: "k2"}}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for server, own := range map[string]bool{"k1": true, "k2": false} {
		shown := strings.Join(f.Scripts(orchestrator.Step{Server: server, Kind: orchestrator.KindInstall}), "\n")
		if strings.Contains(shown, "libdhcp_site.so") != own || !strings.Contains(shown, "NEEDRESTART_SUSPEND") {
			t.Errorf("%s installs with\n%s", server, shown)
		}
	}
}

// The plan shows what runs: a kind that acts without a script would act unseen.
func TestEveryEffectShowsItsScript(t *testing.T) {
	f := someFleet(t)
	looks := []orchestrator.Kind{orchestrator.KindContents, orchestrator.KindVerify, orchestrator.KindConfirm}
	for _, engine := range []kea.Engine{kea.MySQL, kea.PostgreSQL} {
		at := fleet.Place{Server: "k1", Engine: engine, Host: "192.0.2.5", Port: 3307, Name: "kea", User: "kea"}
		everyEffect(t, f, at)
	}
	for _, kind := range looks {
		if len(actions[kind]) > 0 {
			t.Errorf("%s looks, and has a script that acts", kind)
		}
	}
}

func everyEffect(t *testing.T, f *Fleet, at fleet.Place) {
	t.Helper()
	for kind, names := range actions {
		step := orchestrator.Step{ID: string(kind) + "-k1", Kind: kind, Server: "k1", At: at}
		shown := f.Scripts(step)
		if len(shown) != len(names) {
			t.Errorf("%s shows %d of %d scripts", kind, len(shown), len(names))
		}
		for _, text := range shown {
			if !strings.Contains(text, "set -eu") {
				t.Errorf("%s shows no script: %.80s", kind, text)
			}
			if slices.Contains(names, "migrate") && (!strings.Contains(text, "port='3307'\n") || !strings.Contains(text, "db-upgrade "+at.Engine.AdminName())) {
				t.Errorf("the migration does not show where it goes: %s", text)
			}
		}
	}
}

func TestScriptsAreTheSameForTheSameStep(t *testing.T) {
	f := someFleet(t)
	step := orchestrator.Step{ID: "dump-k1-db1", Kind: orchestrator.KindDump, Server: "k1",
		At: fleet.Place{Server: "k1", Engine: kea.MySQL, Name: "kea"}}
	first := strings.Join(f.Scripts(step), "")
	for range 20 {
		if strings.Join(f.Scripts(step), "") != first {
			t.Fatal("a plan's hash would change from one look to the next")
		}
	}
}

func TestScriptsAskForWhatTheyAreGiven(t *testing.T) {
	for script, want := range map[string]bool{
		"echo $state/x": true, `echo "${state}"`: true, `echo "$state"`: true, "$state": true,
		"echo $states": false, "state=1": false, "echo $stat": false, "${state:-x}": true, "$states $state": true,
	} {
		if asks(script, "state") != want {
			t.Errorf("%q", script)
		}
	}
}

// What stands before a script must be read by the shell as it was meant, whatever it holds.
func TestAssignmentsAreRead(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	rapid.Check(t, func(t *rapid.T) {
		value := strings.ReplaceAll(rapid.String().Draw(t, "value"), "\x00", "")
		cmd := exec.Command(sh, "-s")
		cmd.Stdin = strings.NewReader(assigned(params("value", value)) + "printf %s \"$value\"\n")
		out, err := cmd.Output()
		if err != nil || string(out) != value {
			t.Fatalf("%q came out as %q: %v", value, out, err)
		}
	})
}

func TestDatabasesOfTheFleetFileAreFound(t *testing.T) {
	at := func(host string, port int) fleet.Place {
		return fleet.Place{Server: "k1", Engine: kea.MySQL, Host: host, Port: port, Name: "kea"}
	}
	for _, c := range []struct {
		match string
		at    fleet.Place
		want  bool
	}{
		{"192.0.2.5/kea", at("192.0.2.5", 0), true},
		{"192.0.2.5:3306/kea", at("192.0.2.5", 0), true},
		{"192.0.2.5/kea", at("192.0.2.5", 3306), true},
		{"192.0.2.5:3307/kea", at("192.0.2.5", 0), false},
		{"192.0.2.5/other", at("192.0.2.5", 0), false},
		{"192.0.2.6/kea", at("192.0.2.5", 0), false},
		{"localhost/kea", at("", 0), true},
		{"[2001:db8::5]:3306/kea", at("2001:db8::5", 0), true},
	} {
		if got := matches(c.match, c.at); got != c.want {
			t.Errorf("%q and %v: %v", c.match, c.at, got)
		}
	}
}

// TestHardNamesAreFound: quotes, slashes, colons and what else a name may hold; and PostgreSQL's socket by its directory.
func TestHardNamesAreFound(t *testing.T) {
	for _, c := range []struct {
		match, host, name string
		engine            kea.Engine
	}{
		{"192.0.2.5/-kea='`$(id)#;%\"é\\", "192.0.2.5", "-kea='`$(id)#;%\"é\\", kea.MySQL},
		{"192.0.2.5:3306/a/b:7", "192.0.2.5", "a/b:7", kea.MySQL},
		{"/run/postgresql/kea prod", "/run/postgresql", "kea prod", kea.PostgreSQL},
		{"localhost/kea", "", "kea", kea.PostgreSQL},
	} {
		at := fleet.Place{Server: "k1", Engine: c.engine, Host: c.host, Name: c.name}
		if !matches(c.match, at) {
			t.Errorf("%q does not match %v", c.match, at)
		}
		if at.Name += "x"; matches(c.match, at) {
			t.Errorf("%q matches %v", c.match, at)
		}
	}
}

// TestHardNamesReachThePrograms: as options of MySQL's and arguments of PostgreSQL's programs.
func TestHardNamesReachThePrograms(t *testing.T) {
	for name, want := range map[string]string{
		"kea": "kea", "-k'ea": "-k'ea", "a=b": "dbname='a=b'", `a='\b`: `dbname='a=\'\\b'`, "postgresql://x": "dbname='postgresql://x'",
	} {
		if got := conninfo(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	in := entrance{ref: kea.DatabaseRef{Engine: kea.MySQL, Name: "kea", TLS: kea.TLS{TrustAnchor: `/etc/"ca"`, CertFile: "/c", KeyFile: "/k"}}}
	if got, want := optionsTLS(in), "ssl-ca=\"/etc/\\\"ca\\\"\"\nssl-cert=\"/c\"\nssl-key=\"/k\""; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := strings.Join(adminOwn(in, account{user: "kea"}), " "); got != `-x --ssl-ca=/etc/"ca" -x --ssl-cert=/c -x --ssl-key=/k` {
		t.Error(got)
	}
	in.directory = true
	if got := strings.Join(adminOwn(in, account{user: "kéa"}), " "); !strings.HasPrefix(got, "-x --default-character-set=utf8mb4 -x --ssl-capath=") {
		t.Error(got)
	}
	for value, ok := range map[string]bool{"/etc/kea/tls/ca.pem": true, "ECDHE-RSA-AES256-SHA:!aNULL": true, "/a b": false, "/a*": false, `/"a"`: false, "/a?": false} {
		if wordy.MatchString(value) != ok {
			t.Errorf("%q: %t", value, !ok)
		}
	}
}

func TestAnAccountThatIsNotNamedIsKeas(t *testing.T) {
	at := fleet.Place{Server: "k1", Engine: kea.MySQL, Host: "192.0.2.5", Name: "kea", User: "kea"}
	f := someFleet(t, fleet.DatabaseEntry{Match: "192.0.2.5/kea", Admin: &fleet.Account{User: "dba"}})
	for as, want := range map[role]role{asKea: asKea, asAdmin: asAdmin, asOwner: asKea} {
		if got := f.named(at, as); got != want {
			t.Errorf("role %d is %d, want %d", as, got, want)
		}
	}
}

func TestMissingPasswordIsNamedAndNeverShown(t *testing.T) {
	f := someFleet(t)
	_, err := f.secret(t.Context(), fleet.SecretSource{Env: "KEA_LOCKSTEP_NO_SUCH_VARIABLE"}, "it")
	if err == nil || !strings.Contains(err.Error(), "KEA_LOCKSTEP_NO_SUCH_VARIABLE") {
		t.Errorf("%v", err)
	}
	t.Setenv("KEA_LOCKSTEP_PASSWORD", "pw-Zq7")
	p, err := f.secret(t.Context(), fleet.SecretSource{Env: "KEA_LOCKSTEP_PASSWORD"}, "it")
	if err != nil || p.Reveal() != "pw-Zq7" || strings.Contains(fmt.Sprintf("%v %+v %q", p, p, p), "Zq7") {
		t.Errorf("%v %v", p, err)
	}
	p, err = f.secret(t.Context(), fleet.SecretSource{Command: []string{"printf", `a b\n`}}, "it")
	if err != nil || p.Reveal() != "a b" {
		t.Errorf("a command's password: %v", err)
	}
}

// A greeting as MariaDB 11.8 sends it; the connection's number is 0x000004D2.
func TestConnectionsAreKnownByTheirNumber(t *testing.T) {
	packet := []byte("\x6e\x00\x00\x00\x0a5.5.5-11.8.6-MariaDB-0+deb13u1\x00\xd2\x04\x00\x00abcdefgh\x00")
	for cut := range packet {
		number, ok := greeting(packet[:cut])
		if want := cut >= len(packet)-9; ok != want || ok && number != 1234 {
			t.Errorf("%d bytes: %d, %v", cut, number, ok)
		}
	}
	if _, ok := greeting([]byte("\x17\x00\x00\x00\xff\x10\x04Too many connections")); ok {
		t.Error("a refusal has no number")
	}
}

// What PostgreSQL 15 sends after a password: it is content, its settings, the process 4321, and that it is ready.
func TestProcessesOfPostgreSQLAreKnownByTheirNumber(t *testing.T) {
	const key = "K\x00\x00\x00\x0c\x00\x00\x10\xe1secr"
	stream := []byte("R\x00\x00\x00\x08\x00\x00\x00\x00S\x00\x00\x00\x16application_name\x00\x00" + key + "Z\x00\x00\x00\x05I")
	known := strings.Index(string(stream), key) + 9
	for cut := range stream {
		number, ok := keyData(stream[:cut])
		if want := cut >= known; ok != want || ok && number != 4321 {
			t.Errorf("%d bytes: %d, %v", cut, number, ok)
		}
	}
	for _, none := range []string{"", "S", "E\x00\x00\x00\x03", "E\x00\x00\x00\x08SFAT", "R\xff\xff\xff\xff", strings.Repeat("\x00", 64)} {
		if number, ok := keyData([]byte(none)); ok {
			t.Errorf("%q has the number %d", none, number)
		}
	}
}

// A session whose origin the account may not see can be anybody's, unless it is one of our own.
func TestHiddenSessionsAreStrangersUnlessTheyAreOurs(t *testing.T) {
	f := someFleet(t)
	at := fleet.Place{Server: "k1", Engine: kea.PostgreSQL, Host: "192.0.2.5", Name: "kea", User: "kea"}
	f.servers["k2"].owns(42, 1)
	for id, want := range map[uint64]fleet.Owner{41: fleet.OwnerStranger, 42: fleet.OwnerOurs} {
		found, err := f.attribute(t.Context(), at, []dbcheck.Session{{ID: id, User: "dba", Host: "(hidden)", Database: "kea", Hidden: true}})
		if err != nil || len(found) != 1 || found[0].Owner != want || found[0].String() != "dba@(hidden)" {
			t.Errorf("session %d: %+v, %v", id, found, err)
		}
	}
}

// Sessions of the database's own machine are of the fleet server that it runs on, over whichever way they came.
func TestTheDatabasesOwnMachineIsFound(t *testing.T) {
	f := someFleet(t)
	for _, s := range f.servers {
		s.asked = time.Now()
	}
	f.servers["k2"].addresses = []string{"192.0.2.12"}
	place := func(host string) fleet.Place {
		return fleet.Place{Server: "k1", Engine: kea.PostgreSQL, Host: host, Name: "kea"}
	}
	here := []dbcheck.Session{{Host: "127.0.0.1", Port: 40000}, {Host: "::1", Port: 40000}, {Host: "localhost"}, {}}
	for host, want := range map[string]string{
		"": "k1", "localhost": "k1", "127.0.0.1": "k1", "::1": "k1", "/var/run/postgresql": "k1", "192.0.2.12": "k2", "192.0.2.99": "",
	} {
		for _, s := range here {
			o := f.origins(t.Context(), "k1", []dbcheck.Session{s})
			if name, known := o.of(t.Context(), place(host), s); name != want || !known {
				t.Errorf("database on %q, session from %q: %q %v", host, s.Host, name, known)
			}
		}
	}
	if name, _ := f.origins(t.Context(), "k1", nil).of(t.Context(), place("192.0.2.99"), dbcheck.Session{Host: "192.0.2.12", Port: 1}); name != "k2" {
		t.Errorf("a session from k2 is of %q", name)
	}
}

func TestWaysToADatabase(t *testing.T) {
	f := someFleet(t)
	book := debian(t)
	f.servers["k1"].book = &book
	for _, c := range []struct {
		engine       kea.Engine
		host         string
		network, way string
		ends         []string // where they need no look
	}{
		{kea.MySQL, "", "unix", "/run/mysqld/mysqld.sock", []string{"/run/mysqld/mysqld.sock"}},
		{kea.MySQL, "localhost", "unix", "/run/mysqld/mysqld.sock", []string{"/run/mysqld/mysqld.sock"}},
		{kea.MySQL, "192.0.2.5", "tcp", "192.0.2.5:3306", []string{"192.0.2.5:3306"}},
		{kea.PostgreSQL, "192.0.2.5", "tcp", "192.0.2.5:5432", []string{"192.0.2.5:5432"}},
		{kea.PostgreSQL, "", "tcp", "localhost:5432", nil},
		{kea.PostgreSQL, "localhost", "tcp", "localhost:5432", nil},
		{kea.PostgreSQL, "/var/run/postgresql", "unix", "/var/run/postgresql/.s.PGSQL.5432", []string{"/run/postgresql/.s.PGSQL.5432"}},
	} {
		ref := kea.DatabaseRef{Engine: c.engine, Host: c.host, Name: "kea", User: "kea"}
		target, err := f.target(fleet.PlaceOf("k1", ref), entrance{ref: ref}, account{user: "kea", via: "k1"})
		if err != nil || target.Network != c.network || target.Addr != c.way || string(target.Engine) != string(c.engine) {
			t.Errorf("%s on %q: %v, %v", c.engine, c.host, target, err)
		}
		if c.ends == nil {
			continue
		}
		ends, err := f.ends(t.Context(), f.servers["k1"], ref)
		if err != nil || !slices.Equal(ends, c.ends) {
			t.Errorf("%s on %q ends at %q, %v", c.engine, c.host, ends, err)
		}
	}
}

func TestOnlyProgramsThatAreNeededAreMissed(t *testing.T) {
	engine := func(e kea.Engine) kea.Config { return kea.Config{Databases: []kea.DatabaseRef{{Engine: e}}} }
	tools := func() map[string]fleet.Verdict {
		return map[string]fleet.Verdict{"flock": {}, "mariadb": {}, "mariadb-dump": {}, "psql": {}, "pg_dump": {}, "pg_restore": {}}
	}
	for _, c := range []struct {
		configs []fleet.Config
		want    string
	}{
		{nil, "flock"},
		{[]fleet.Config{{Parsed: engine(kea.MySQL)}}, "flock mariadb mariadb-dump"},
		{[]fleet.Config{{Parsed: engine(kea.PostgreSQL)}}, "flock pg_dump pg_restore psql"},
		{[]fleet.Config{{Parsed: engine(kea.MySQL), Staged: &fleet.Config{Parsed: engine(kea.PostgreSQL)}}},
			"flock mariadb mariadb-dump pg_dump pg_restore psql"},
	} {
		if got := strings.Join(slices.Sorted(maps.Keys(needed(tools(), debian(t), c.configs))), " "); got != c.want {
			t.Errorf("needed: %s, want %s", got, c.want)
		}
	}
}

func TestVersionsOfProgramsAreRead(t *testing.T) {
	for said, want := range map[string]int{
		"pg_dump (PostgreSQL) 17.6 (Debian 17.6-0+deb13u1)\n": 17, "PostgreSQL 9.6.24": 9, "PostgreSQL 18beta1": 18, "": 0,
	} {
		if got := majorIn(said); got != want {
			t.Errorf("%q is %d", said, got)
		}
	}
}

func TestSessionsHaveOwners(t *testing.T) {
	f := someFleet(t)
	for _, c := range []struct {
		holders []holder
		want    fleet.Owner
		process string
	}{
		{nil, fleet.OwnerGhost, ""},
		{[]holder{{"77", "kea-dhcp4", "/system.slice/kea-dhcp4-server.service"}}, fleet.OwnerKea, "kea-dhcp4[77]"},
		{[]holder{{"78", "kea-dhcp4", "/user.slice/user-0.slice/session-3.scope"}}, fleet.OwnerKea, "kea-dhcp4[78]"},
		{[]holder{{"79", "mariadb", "/system.slice/kea-lockstep-R1-migrate-k1-db1-1.service"}}, fleet.OwnerOurs, "mariadb[79]"},
		{[]holder{{"80", "kea-dhcp4", "/system.slice/kea-lockstep-test-kea-dhcp4.service"}}, fleet.OwnerOurs, "kea-dhcp4[80]"},
		{[]holder{{"81", "mariadb", "/system.slice/ssh.service"}}, fleet.OwnerOther, "mariadb[81]"},
		{[]holder{{"82", "sshd-session", "/system.slice/ssh.service"}}, fleet.OwnerOther, "sshd-session[82]"},
		{[]holder{{"83", "mysqld_exporter", "/system.slice/exporter.service/kea-lockstep-x"}}, fleet.OwnerOther, "mysqld_exporter[83]"},
		{[]holder{{"84", "sh", ""}, {"85", "kea-dhcp6", ""}}, fleet.OwnerKea, "kea-dhcp6[85]"},
	} {
		if owner, process := f.owner(c.holders); owner != c.want || process != c.process {
			t.Errorf("%v: %s %s, want %s %s", c.holders, owner, process, c.want, c.process)
		}
	}
}

// A connection that was lost leaves a session that the server's sshd holds until it notices. It is nobody else's; but once the
// database counts anew, its number may be.
func TestSessionsLeftBehindAreOurs(t *testing.T) {
	f := someFleet(t)
	s := f.servers["k1"]
	s.owns(32, 1)
	if s.leftBehind(32, nil) {
		t.Error("it is in use")
	}
	s.owns(32, -1)
	sshd, kea := holder{"81", "sshd-session", "/system.slice/ssh.service"}, holder{"77", "kea-dhcp4", "/system.slice/kea-dhcp4-server.service"}
	for _, c := range []struct {
		number  uint64
		holders []holder
		want    bool
	}{
		{32, []holder{sshd}, true}, {32, nil, true}, {32, []holder{kea}, false}, {32, []holder{sshd, kea}, false}, {33, []holder{sshd}, false},
	} {
		if got := s.leftBehind(c.number, c.holders); got != c.want {
			t.Errorf("%d of %v: %v", c.number, c.holders, got)
		}
	}
	s.owns(40, 1)
	if got := strings.Join(f.ownNumbers(), ","); got != "32,40" {
		t.Errorf("the migration is told that %s are ours", got)
	}
}

func TestSessionsOfTheDatabaseAreKept(t *testing.T) {
	all := []dbcheck.Session{
		{ID: 1, User: "kea", Database: "kea"}, {ID: 2, User: "kea", Database: "KEA"}, {ID: 3, User: "kea"},
		{ID: 4, User: "app", Database: "shop"}, {ID: 5, User: "root"}, {ID: 6, User: "kea", Database: "kea", Own: true},
		{ID: 7, User: "event_scheduler", Database: "kea", Command: "Daemon"}, {ID: 8, User: "stork", Database: "kea"},
		{ID: 9, User: "kea", Database: "kea", Background: true}, {ID: 10, User: "stork", Database: "kea", Host: "(hidden)", Hidden: true},
	}
	for engine, want := range map[kea.Engine][]uint64{
		kea.MySQL: {1, 2, 3, 8, 10}, kea.PostgreSQL: {1, 3, 8, 10}, // which tells cases apart
	} {
		var ids []uint64
		for _, s := range inDatabase(all, fleet.Place{Engine: engine, Name: "kea", User: "kea"}) {
			ids = append(ids, s.ID)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: kept %v", engine, ids)
		}
	}
}

func TestRowsMustStillBeThere(t *testing.T) {
	plan := orchestrator.DatabasePlan{Rows: map[string]int64{"lease4": 400}}
	at := fleet.Place{Server: "k1", Name: "kea", Host: "db"}
	for _, c := range []struct {
		dumped, now map[string]int64
		ok          bool
	}{
		{map[string]int64{"lease4": 401}, map[string]int64{"lease4": 401}, true},
		{map[string]int64{"lease4": 401}, map[string]int64{"lease4": 400}, false},
		{map[string]int64{"lease4": 401}, map[string]int64{}, false},
		{map[string]int64{}, map[string]int64{"hosts": 1}, false},
		{nil, map[string]int64{"lease4": 1}, true},
		{nil, map[string]int64{"lease4": 0}, false},
	} {
		if err := sameRows("k1", at, plan, c.dumped, c.now); (err == nil) != c.ok {
			t.Errorf("%v then %v: %v", c.dumped, c.now, err)
		}
	}
}

// The canary serves, and writes, while the rest is upgraded: what it wrote is no other database.
func TestRowsAtTheDumpAreTheCanarysMeasureAlone(t *testing.T) {
	plan := orchestrator.DatabasePlan{Places: []fleet.Place{{Server: "k1", Name: "kea", Host: "db"}}}
	o := order{Order: orchestrator.Order{
		Group: &orchestrator.GroupPlan{Canary: "k1", Databases: []orchestrator.DatabasePlan{plan}},
		Results: func(string) journal.Result {
			return journal.Result{Facts: map[string]string{journal.FactRows: `{"lease4":401}`}}
		},
	}}
	for server, measured := range map[string]bool{"k1": true, "k2": false} {
		o.Server = server
		if rows := o.rowsAtDump(plan); (rows["lease4"] == 401) != measured {
			t.Errorf("%s is held against %v", server, rows)
		}
	}
}

func TestPasswordsSurviveOptionFiles(t *testing.T) {
	if got := optionValue("'`$(id);%=\u00fc\n"); got != `'`+"`"+`$(id);%=ü\n` {
		t.Errorf("%s", got)
	}
	if got := optionValue("a\"b\\c#d\te"); got != `a\"b\\c#d\te` {
		t.Errorf("%s", got)
	}
}

func TestSchemasOnTheWay(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"22.2", "30.0", "22.2 23.0 24.0 25.0 26.0 27.0 28.0 29.0 30.0"},
		{"22.0", "22.2", "22.0 22.1 22.2"},
		{"14.0", "22.2", "14.0 15.0 16.0 17.0 18.0 19.0 20.0 21.0 22.0 22.1 22.2"},
		{"22.2", "22.0", "22.2 22.0"},
		{"30.0", "30.0", "30.0"},
	} {
		from, _ := kea.ParseSchema(c.from)
		to, _ := kea.ParseSchema(c.to)
		var all []string
		for _, s := range schemasBetween(from, to) {
			all = append(all, s.String())
		}
		if got := strings.Join(all, " "); got != c.want {
			t.Errorf("%s to %s: %s", c.from, c.to, got)
		}
	}
}

// A table of somebody else's in the database must not make a whole schema look torn, and a half step must not pass for whole.
func TestTheOwnersOwnObjectsAreNoDamage(t *testing.T) {
	f := someFleet(t)
	before, target := kea.Schema{Major: 22, Minor: 2}, kea.Schema{Major: 30}
	for _, v := range schemasBetween(before, target) {
		whole, ok := f.references.Structure(dbcheck.MySQL, versionOf(v))
		if !ok {
			t.Fatalf("no reference of %s", v)
		}
		whole["table site_notes"] = "their own"
		whole["index lease4.by_site"] = "their own"
		if state := f.judge(before, target, v, whole); state == dbcheck.Torn || state == dbcheck.CannotTell {
			t.Errorf("%s with a table of the owner's is %s", v, state)
		}
		for name := range whole {
			if name != "table site_notes" && name != "index lease4.by_site" {
				delete(whole, name)
				break
			}
		}
		if state := f.judge(before, target, v, whole); state != dbcheck.Torn {
			t.Errorf("%s without one object of Kea's is %s", v, state)
		}
	}
}

// A database that was upgraded over the years differs from one that was made anew, and neither is damaged, before its migration
// or after, wherever that begins.
func TestUpgradedDatabasesAreNoDamage(t *testing.T) {
	f := someFleet(t)
	target := kea.Schema{Major: 30}
	for _, before := range []kea.Schema{{Major: 19}, {Major: 22}, {Major: 22, Minor: 1}, {Major: 22, Minor: 2}, {Major: 23}} {
		for _, v := range []kea.Schema{before, target} {
			variants := f.references.Variants(dbcheck.MySQL, versionOf(v))
			if len(variants) < 2 {
				t.Errorf("%d ways to %s", len(variants), v)
			}
			for i, is := range variants {
				state := f.judge(before, target, v, is)
				if v == before && state != dbcheck.Untouched || v == target && state != dbcheck.Done {
					t.Errorf("from %s, way %d to %s is %s", before, i, v, state)
				}
				delete(is, "index lease4.PRIMARY")
				if state := f.judge(before, target, v, is); state != dbcheck.Torn {
					t.Errorf("from %s, way %d to %s without an index is %s", before, i, v, state)
				}
			}
		}
	}
}

func (f *Fleet) judge(before, target, now kea.Schema, s dbcheck.Structure) dbcheck.State {
	return f.classify(dbcheck.MySQL, before, target, dbcheck.Snapshot{Version: versionOf(now), Structure: s}).State
}

// The README is for somebody who has nothing but the server.
func TestReadmeTellsHowToGoOn(t *testing.T) {
	m := marker{
		Run: "R1", Epoch: 2, Driver: "ops@bastion[1]", Server: "k2", Servers: []string{"k1", "k2"},
		Backups: "/var/backups/kea-lockstep/R1", Kept: "/var/lib/kea-lockstep/runs/R1/kept", Packages: "/var/lib/kea-lockstep/packages",
		Databases: []orchestrator.DatabasePlan{
			{Name: "kea", Engine: kea.PostgreSQL, At: fleet.Place{Server: "k1", Engine: kea.PostgreSQL, Host: "db", Name: "kea", User: "dhcp"}},
			{Name: "kea", Engine: kea.MySQL, At: fleet.Place{Server: "k1", Engine: kea.MySQL, Name: "kea6", User: "kea"}},
		},
	}
	book, err := playbooks.Load("debian")
	if err != nil {
		t.Fatal(err)
	}
	text := m.readme(book.Hand, "a.service b.service", "a.service")
	for _, want := range []string{
		"kea-lockstep resume R1 ", "kea-lockstep resume --from k2\n", "kea-lockstep rollback R1", "/var/backups/kea-lockstep/R1", m.Kept, "systemctl unmask a.service b.service; systemctl daemon-reload\n",
		"software, both ways:    /var/lib/kea-lockstep/packages\n",
		"/etc/systemd/system/b.service.d/kea-lockstep.conf", "systemctl start a.service",
		"rm /var/lib/kea-lockstep/claim /var/lib/kea-lockstep/marker.json",
		"kea-admin db-version pgsql -h db -u dhcp -n kea -p\n", "kea-admin db-version mysql -h localhost -u kea -n kea6 -p\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// Whoever goes on by hand is told where what is to be installed lies.
func TestWhereTheSoftwareOfBothWaysLies(t *testing.T) {
	for want, book := range map[string]playbooks.Playbook{
		"/var/lib/x/packages":   {State: "/var/lib/x"},
		"/opt/kea-* /srv/kea-*": {State: "/var/lib/x", Trees: []string{"/opt/kea-*", "/srv/kea-*"}},
	} {
		if got := softwareOf(book); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// TestReadmeSpeaksOfTheServersInit: by hand a fence is lifted as the playbook says.
func TestReadmeSpeaksOfTheServersInit(t *testing.T) {
	for name, want := range map[string]string{
		"alpine": "rm -f /etc/rc.conf.d/kea-lockstep-a.conf /etc/rc.conf.d/kea-lockstep-b.conf\n  start what ran:         for service in a; do rc-service $service start; done\n",
		"keactrl": "lift the fence:         for server in a b; do sed -i \"/^kea_lockstep_$server=/d\" /usr/local/etc/kea/keactrl.conf; done\n" +
			"  start what ran:         for server in a; do /usr/local/sbin/keactrl start -c /usr/local/etc/kea/keactrl.conf -s $server; done\n",
	} {
		book, err := playbooks.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		text := marker{Run: "R1", Server: "k1"}.readme(book.Hand, "a b", "a")
		if !strings.Contains(text, want) {
			t.Errorf("%s: it does not say %q:\n%s", name, want, text)
		}
	}
}

func params(name, value string) []ssh.Param { return []ssh.Param{{Name: name, Value: value}} }

// What may have begun must not count as never begun.
func TestNoAnswerIsToldFromAnUnknownFate(t *testing.T) {
	for _, c := range []struct {
		err             error
		unreached, fate bool
	}{
		{ssh.ErrUnreachable, true, false},
		{fmt.Errorf("asking: %w", dbcheck.ErrUnreachable), true, false},
		{sshError(ssh.ErrFateUnknown), false, true},
		{fmt.Errorf("waiting: %w: %w", orchestrator.ErrFateUnknown, ssh.ErrUnreachable), false, true},
		{dbcheck.ErrAuth, false, false},
		{nil, false, false},
	} {
		got := unreached(c.err)
		if errors.Is(got, orchestrator.ErrUnreached) != c.unreached || errors.Is(got, orchestrator.ErrFateUnknown) != c.fate {
			t.Errorf("%v is %v", c.err, got)
		}
	}
}

// Who holds a connection is asked once, of Kea's and our own alone: the same words never stand for another connection.
func TestConnectionsAreKnownAgain(t *testing.T) {
	var d known
	at := fleet.Place{Server: "k1", Host: "192.0.2.5", Name: "kea"}
	listed := func(key string) dbcheck.Session { return dbcheck.Session{Key: key} }
	session := fleet.Session{ID: "7", User: "kea", Server: "k1", Port: 40000, Owner: fleet.OwnerKea, Process: "kea-dhcp4[812]"}
	other := fleet.Session{ID: "8", User: "kea", Server: "k1", Port: 40001, Owner: fleet.OwnerOther, Process: "mariadb[813]"}
	list := []dbcheck.Session{listed("db|1795500000|7"), listed("db|1795500000|8"), listed("")}
	untold := fleet.Session{ID: "9", User: "kea", Server: "k1", Port: 40009, Owner: fleet.OwnerKea, Process: "kea-dhcp4[812]"}
	d.keep(at, list, []fleet.Session{session, other, untold})
	known := func(one dbcheck.Session, s fleet.Session) bool {
		s.Owner, s.Process = "", ""
		ok := d.recall(one, &s)
		if ok && (s.Owner != fleet.OwnerKea || s.Process != "kea-dhcp4[812]") {
			t.Errorf("%+v", s)
		}
		return ok
	}
	if !known(list[0], session) {
		t.Error("it is not known again")
	}
	if known(list[1], other) || known(list[2], untold) {
		t.Error("what is nobody's of ours, or has no key, is remembered")
	}
	if known(listed("db|1795600000|7"), session) {
		t.Error("after a restart of the database server another session is taken for it")
	}
	for name, change := range map[string]func(*fleet.Session){
		"number": func(s *fleet.Session) { s.ID = "9" }, "account": func(s *fleet.Session) { s.User = "root" },
		"server": func(s *fleet.Session) { s.Server = "k2" }, "port": func(s *fleet.Session) { s.Port = 40002 },
	} {
		s := session
		if change(&s); known(list[0], s) {
			t.Errorf("one of another %s is taken for it", name)
		}
	}
	ours := fleet.Session{ID: "11", Server: "k3", Port: 40003, Owner: fleet.OwnerOurs, Process: "sshd-session[5]"}
	d.keep(at, []dbcheck.Session{listed("db|1795500000|11")}, []fleet.Session{ours})
	if got := d.ours(); !slices.Equal(got, []string{"11"}) {
		t.Errorf("the migration is told of %v", got)
	}
	if !known(list[0], session) {
		t.Error("a list from a place that does not see it makes it unknown")
	}
	d.next = time.Time{}
	for end, h := range d.held {
		h.listed = h.listed.Add(-2 * unlisted)
		d.held[end] = h
	}
	if d.keep(at, nil, nil); known(list[0], session) || len(d.ours()) > 0 {
		t.Error("it is known for ever")
	}
}

// A daemon that is where its unit does not say has its connections taken for somebody else's.
func TestANetworkIsTheUnits(t *testing.T) {
	all := networks([][]string{{"77", "10.0.0.1", "/run/netns/dhcp", "yes"}, {"78", "", "", "no"}, {"79", "", "/run/netns/dhcp", "no"}})
	if got := all["77"]; got != (network{source: "10.0.0.1"}) {
		t.Errorf("%+v", got)
	}
	for pid, want := range map[string]string{"78": "than the server's own,", "79": "than /run/netns/dhcp,"} {
		if got := all[pid].problem; !strings.Contains(got, want) || !strings.Contains(got, "NetworkNamespacePath=") {
			t.Errorf("%s: %q", pid, got)
		}
	}
}

// A daemon that ends is neither enabled nor started on the way on, and both on the way back.
func TestADaemonThatEndsIsLeftAlone(t *testing.T) {
	o := order{plan: orchestrator.ServerPlan{Units: []orchestrator.UnitPlan{{Name: "kea-dhcp4", Ran: true}, {Name: "kea-ctrl-agent", Ran: true, Gone: true}}}}
	if got := o.units(o.starts); got != "kea-dhcp4" {
		t.Errorf("on the way on %q are started", got)
	}
	o.Args = map[string]string{orchestrator.ArgWay: orchestrator.WayBack}
	if got := o.units(o.starts); got != "kea-dhcp4 kea-ctrl-agent" {
		t.Errorf("on the way back %q are started", got)
	}
}
