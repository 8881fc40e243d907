package live

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
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
}

// The plan shows what runs: a kind that acts without a script would act unseen.
func TestEveryEffectShowsItsScript(t *testing.T) {
	f := someFleet(t)
	at := fleet.Place{Server: "k1", Engine: kea.MySQL, Host: "192.0.2.5", Port: 3307, Name: "kea", User: "kea"}
	looks := []orchestrator.Kind{orchestrator.KindContents, orchestrator.KindVerify, orchestrator.KindConfirm}
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
			if slices.Contains(names, "migrate") && !strings.Contains(text, "port='3307'\n") {
				t.Error("the migration does not show where it goes")
			}
		}
	}
	for _, kind := range looks {
		if len(actions[kind]) > 0 {
			t.Errorf("%s looks, and has a script that acts", kind)
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
	_, err := secret(t.Context(), fleet.SecretSource{Env: "KEA_LOCKSTEP_NO_SUCH_VARIABLE"})
	if err == nil || !strings.Contains(err.Error(), "KEA_LOCKSTEP_NO_SUCH_VARIABLE") {
		t.Errorf("%v", err)
	}
	t.Setenv("KEA_LOCKSTEP_PASSWORD", "pw-Zq7")
	p, err := secret(t.Context(), fleet.SecretSource{Env: "KEA_LOCKSTEP_PASSWORD"})
	if err != nil || p.Reveal() != "pw-Zq7" || strings.Contains(fmt.Sprintf("%v %+v %q", p, p, p), "Zq7") {
		t.Errorf("%v %v", p, err)
	}
	p, err = secret(t.Context(), fleet.SecretSource{Command: []string{"printf", `a b\n`}})
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
	if got := f.ownNumbers(); got != "32,40" {
		t.Errorf("the migration is told that %s are ours", got)
	}
}

func TestSessionsOfTheDatabaseAreKept(t *testing.T) {
	at := fleet.Place{Name: "kea", User: "kea"}
	all := []dbcheck.Session{
		{ID: 1, User: "kea", Database: "kea"}, {ID: 2, User: "kea", Database: "KEA"}, {ID: 3, User: "kea"},
		{ID: 4, User: "app", Database: "shop"}, {ID: 5, User: "root"}, {ID: 6, User: "kea", Database: "kea", Own: true},
		{ID: 7, User: "event_scheduler", Database: "kea", Command: "Daemon"}, {ID: 8, User: "stork", Database: "kea"},
	}
	var ids []uint64
	for _, s := range inDatabase(all, at) {
		ids = append(ids, s.ID)
	}
	if !slices.Equal(ids, []uint64{1, 2, 3, 8}) {
		t.Errorf("kept: %v", ids)
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

func TestPasswordsSurviveOptionFiles(t *testing.T) {
	if got := optionValue("a\"b\\c#d\te"); got != `a\"b\\c#d\te` {
		t.Errorf("%s", got)
	}
}

func TestSchemasOnTheWay(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"22.2", "30.0", "22.2 23.0 24.0 25.0 26.0 27.0 28.0 29.0 30.0"},
		{"22.0", "22.2", "22.0 22.2"},
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

func (f *Fleet) judge(before, target, now kea.Schema, s dbcheck.Structure) dbcheck.State {
	return f.references.Classify(dbcheck.Migration{
		Engine: dbcheck.MySQL, Target: versionOf(target), Now: dbcheck.Snapshot{Version: versionOf(now), Structure: s},
		Before: dbcheck.Snapshot{Version: versionOf(before), Structure: f.baseline(dbcheck.MySQL, before, target, s)},
	}).State
}

// The README is for somebody who has nothing but the server.
func TestReadmeTellsHowToGoOn(t *testing.T) {
	m := marker{
		Run: "R1", Epoch: 2, Driver: "ops@bastion[1]", Servers: []string{"k1", "k2"},
		Backups: "/var/backups/kea-lockstep/R1", Kept: "/var/lib/kea-lockstep/runs/R1/kept", Packages: "/var/lib/kea-lockstep/packages",
		Databases: []orchestrator.DatabasePlan{{Name: "kea", At: fleet.Place{Server: "k1", Host: "db", Name: "kea"}}},
	}
	text := m.readme("a.service b.service", "a.service")
	for _, want := range []string{
		"kea-lockstep resume R1", "/var/backups/kea-lockstep/R1", m.Kept, "systemctl unmask a.service b.service",
		"/etc/systemd/system/b.service.d/kea-lockstep.conf", "systemctl start a.service",
		"rm /var/lib/kea-lockstep/claim /var/lib/kea-lockstep/marker.json",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
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
