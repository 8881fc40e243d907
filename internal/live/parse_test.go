package live

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/playbooks"
)

func debian(t testing.TB) playbooks.Playbook {
	t.Helper()
	book, err := playbooks.Load("debian")
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// held is what pulse.sh printed on a Debian host in the middle of a run: fenced, one daemon started by hand.
const held = `@boot
2795389d-9738-41b0-8dd7-e239fa2b42c4
@claim
20261123T041303Z-euhq 3
@driver
"ops@bastion \"night\"[4711]",
@units
kea-dhcp4-server.service	kea-dhcp4	yes	yes	no	linked	yes	/etc/kea/kea-dhcp4.conf	_kea	20261123T041303Z-euhq
kea-dhcp6-server.service	kea-dhcp6	yes	no	yes	unlinked	yes	/srv/six.conf	_kea	
kea-dhcp-ddns-server.service	kea-dhcp-ddns	yes	yes	no	unlinked	yes	/etc/kea/kea-dhcp-ddns.conf	_kea	
kea-ctrl-agent.service	kea-ctrl-agent	no	no	no	unlinked	no	/etc/kea/kea-ctrl-agent.conf		
@show
Id=kea-dhcp4-server.service
ActiveState=inactive
UnitFileState=masked
MainPID=0

Id=kea-dhcp6-server.service
ActiveState=active
UnitFileState=enabled
MainPID=812

Id=kea-dhcp-ddns-server.service
ActiveState=failed
UnitFileState=masked
MainPID=0

Id=kea-ctrl-agent.service
ActiveState=inactive
UnitFileState=
MainPID=0
@processes
812	kea-dhcp6	kea-dhcp6-server.service	3344	/usr/sbin/kea-dhcp6 -c /srv/six.conf 
913	kea-dhcp4		5566	/usr/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf -d 
915	kea-admin	session-3.scope	5568	/bin/sh /usr/sbin/kea-admin db-upgrade mysql -u kea -p secret -n kea 
916	kea-admin	cron.service	5568	/bin/sh /usr/sbin/kea-admin db-version mysql -n kea 
918	kea-admin	session-3.scope	5568	/bin/sh /usr/sbin/kea-admin lease-upload memfile -4 -i x -o y 
919	upgrade_022_to_	session-3.scope	5568	/bin/sh /usr/share/kea/scripts/mysql/upgrade_022_to_023.sh -N -B --password=secret 
917	kea-admin	kea-lockstep-20261123T041303Z-euhq-migrate-k1-db1-1.service	5569	/bin/sh /usr/sbin/kea-admin db-upgrade mysql -n kea 
914	kea-dhcp4	run-u77.service	5567	/usr/sbin/kea-dhcp4 -c /tmp/x 
@end
`

func TestPulseTellsWhoHoldsAServerAndWhatRuns(t *testing.T) {
	p, err := parsePulse("k1", debian(t), []byte(held))
	if err != nil {
		t.Fatal(err)
	}
	if want := (fleet.Claim{Run: "20261123T041303Z-euhq", Epoch: 3, Driver: `ops@bastion "night"[4711]`}); p.Claim != want {
		t.Errorf("the claim is %+v", p.Claim)
	}
	want := []fleet.Unit{
		{Name: "kea-dhcp4-server.service", Daemon: kea.DHCP4, Present: true, Masked: true, Enabled: "enabled", Active: "inactive",
			Fence:  "20261123T041303Z-euhq",
			Config: "/etc/kea/kea-dhcp4.conf", User: "_kea"},
		{Name: "kea-dhcp6-server.service", Daemon: kea.DHCP6, Present: true, Own: true, Enabled: "enabled", Active: "active",
			PID: 812, Config: "/srv/six.conf", User: "_kea"},
		{Name: "kea-dhcp-ddns-server.service", Daemon: kea.DDNS, Present: true, Masked: true, Enabled: "disabled", Active: "failed",
			Config: "/etc/kea/kea-dhcp-ddns.conf", User: "_kea"},
		{Name: "kea-ctrl-agent.service", Daemon: kea.CtrlAgent, Active: "inactive"},
	}
	for i, u := range p.Units {
		if u != want[i] {
			t.Errorf("unit %d is\n%+v, want\n%+v", i, u, want[i])
		}
	}
	if !slices.Equal(p.Admins, []fleet.Admin{{PID: 915, Command: "db-upgrade"}, {PID: 919, Command: "db-upgrade"}}) {
		t.Errorf("somebody's kea-admin that changes a database is %+v", p.Admins)
	}
	var units []string
	for _, one := range p.Processes {
		units = append(units, one.Unit)
	}
	if got := strings.Join(units, ","); got != "kea-dhcp6-server.service,," {
		t.Errorf("a daemon in no unit of Kea's must count as started by hand: units are %q", got)
	}
}

// What ends before its end proves nothing: a fence that is not in it may be there.
func TestCutOutputIsNoAnswer(t *testing.T) {
	for cut := range len(held) - 1 {
		if _, err := parsePulse("k1", debian(t), []byte(held[:cut])); err == nil {
			t.Fatalf("the first %d bytes were taken for the whole", cut)
		}
	}
}

func TestSoftwareSeesWhatIsHalfDone(t *testing.T) {
	const out = `@binary
2.6.3
@scripts
mysql	upgrade_021_to_022.sh
mysql	upgrade_022.1_to_022.2.sh
pgsql	upgrade_021_to_022.sh
@hooks
/usr/lib/x86_64-linux-gnu/kea/hooks
@packages
kea-admin	2.6.3-1+deb13u1	isc-kea	ii 
kea-common	3.0.3-1~bpo13+1	isc-kea	iF 
kea-doc	2.6.3-1	isc-kea	rc 
vim	9	vim	iU 
@interrupted
@fetched
kea-admin=1:3.0.3-1~bpo13+1
@end
`
	s, err := parseSoftware("k1", []string{"isc-kea"}, []byte(out))
	if err != nil {
		t.Fatal(err)
	}
	if s.Whole.OK() || !strings.Contains(s.Whole.Saw, "kea-common") || !strings.Contains(s.Whole.Saw, "vim") {
		t.Errorf("half installed packages are taken for whole: %v", s.Whole)
	}
	if len(s.Packages) != 2 || s.Packages["kea-common"] != "3.0.3-1~bpo13+1" || s.Packages["kea-admin"] != "2.6.3-1+deb13u1" {
		t.Errorf("the packages of Kea are %v", s.Packages)
	}
	if s.Scripts[kea.MySQL].String() != "22.2" || s.Scripts[kea.PostgreSQL].String() != "22.0" {
		t.Errorf("kea-admin leads to %v", s.Scripts)
	}
	if len(s.Fetched) != 1 || s.Fetched[0] != "kea-admin=1:3.0.3-1~bpo13+1" {
		t.Errorf("fetched %q", s.Fetched)
	}
	if s.Kea.String() != "2.6.3" {
		t.Errorf("Kea is %s", s.Kea)
	}
}

func TestATransactionThatHurtsIsRefused(t *testing.T) {
	keep := debian(t).Keep
	for _, c := range []struct{ said, harm string }{
		{"Inst kea-admin [2.6.3] (3.0.3 Debian)\nConf kea-admin (3.0.3)\n", ""},
		{"Inst kea-admin [2.6.3] (3.0.3)\nRemv kea-doc [2.6.3]\n", "remove kea-doc"},
		{"Purg kea-doc [2.6.3]\n", "remove kea-doc"},
		{"Inst kea-admin [2.6.3] (3.0.3)\nRemv kea-ctrl-agent [2.6.3]\n", ""}, // which the plan removes
		{"Remv kea-ctrl-agent [2.6.3]\nRemv kea-doc [2.6.3]\n", "remove kea-doc"},
		{"Inst mariadb-server [11] (12)\n", "change mariadb-server"},
		{"Inst mariadb-server-core [11] (12)\n", "change mariadb-server-core"},
		{"Inst postgresql-17 [1] (2)\n", "change postgresql-17"},
		{"Inst postgresql-common [1] (2)\n", "change postgresql-common"},
		{"Inst libpq5 [1] (2)\nInst postgresql-client-17 [1] (2)\n", ""},
		{"Inst openssh-server [1] (2)\n", "change openssh-server"},
		{"Inst systemd [1] (2)\n", "change systemd"},
		{"Inst libmariadb3 [1] (2)\nInst mariadb-client [1] (2)\n", ""},
	} {
		if harm := parseTransaction([]byte(c.said)).harms(keep, []string{"kea-ctrl-agent"}); harm != c.harm {
			t.Errorf("%q: %q, want %q", c.said, harm, c.harm)
		}
	}
}

func TestReleaseNamesItsPlaybook(t *testing.T) {
	release := "PRETTY_NAME=\"Ubuntu 24.04 LTS\"\nID=ubuntu\nID_LIKE=debian\n"
	for text, want := range map[string]string{release: "debian", release + "\n@" + playbooks.Marks()[0] + "\n": "isc-deb"} {
		name, words, marks := parseRelease(text)
		book, ok := playbooks.For(words, marks)
		if name != "Ubuntu 24.04 LTS" || !ok || book.Name != want {
			t.Errorf("%q, %q, %q is spoken to by %q", name, words, marks, book.Name)
		}
	}
}

// TestWhatIsTherePicksThePlaybook runs the script that asks a server which system it is.
func TestWhatIsTherePicksThePlaybook(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("isc-kea-dhcp4-server.service")
	there, missing := filepath.Join(dir, "isc-*.service"), filepath.Join(dir, "none-*.service")
	sh := exec.Command("sh", "-s")
	sh.Stdin = strings.NewReader("marks='" + missing + "\n" + there + "'\n" + platformSh)
	out, err := sh.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, _, marks := parseRelease(string(out)); !slices.Equal(marks, []string{there}) {
		t.Errorf("marks %q of\n%s", marks, out)
	}
}

func TestPackagesThatMayBeNeededBesides(t *testing.T) {
	book, err := playbooks.Load("isc-deb")
	if err != nil {
		t.Fatal(err)
	}
	available := []fleet.Package{{Name: "isc-kea-dhcp4", Available: []string{"2", "1"}}, {Name: "isc-kea-mysql", Available: []string{"2"}}}
	got := packages(available, fleet.Software{Packages: map[string]string{"isc-kea-dhcp4": "1"}}, book)
	want := []fleet.Package{
		{Name: "isc-kea-dhcp4", Installed: "1", Available: []string{"2", "1"}},
		{Name: "isc-kea-mysql", For: kea.MySQL, Available: []string{"2"}},
		{Name: "isc-kea-pgsql", For: kea.PostgreSQL, Available: []string{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestPeersAreCompared(t *testing.T) {
	for in, want := range map[string]string{
		"[::ffff:192.0.2.5]:3306":           "192.0.2.5:3306",
		"192.0.2.5:3306":                    "192.0.2.5:3306",
		"[2001:db8:0::5]:3306":              "[2001:db8::5]:3306",
		"/run/mysqld/mysqld.sock":           "/run/mysqld/mysqld.sock",
		"/var/run/postgresql/.s.PGSQL.5432": "/run/postgresql/.s.PGSQL.5432",
	} {
		if got := normalPeer(in); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func TestHoldersAreFoundByTheirEnds(t *testing.T) {
	holders, err := parseHolders([]byte("@sockets\n40000\t77\tkea-dhcp4\t/system.slice/kea-dhcp4-server.service\n" +
		"40000\t78\tkea-dhcp4\t\n@backends\n901\t80\tpsql\t/user.slice\n@end\n"))
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[fleet.Session]string{
		{ID: "900", Port: 40000}: "[{77 kea-dhcp4 /system.slice/kea-dhcp4-server.service} {78 kea-dhcp4 }]",
		{ID: "901"}:              "[{80 psql /user.slice}]",
		{ID: "902"}:              "[]",
		{ID: "901", Port: 40001}: "[]",
	} {
		if got := fmt.Sprint(holders[endOf(s)]); got != want {
			t.Errorf("%+v is held by %s, want %s", s, got, want)
		}
	}
}

func TestLogsAreJudged(t *testing.T) {
	started := "INFO  [kea-dhcp4.dhcp4/77.1] DHCP4_STARTED Kea DHCPv4 server version 3.0.3 started"
	fatal := "ERROR [kea-dhcp4.dhcp4/77.1] DHCP4_INIT_FAIL failed to initialize Kea server: Unable to open database"
	for _, c := range []struct {
		lines []string
		want  fleet.Answer
	}{
		{[]string{started}, fleet.Yes},
		{[]string{started, fatal}, fleet.No},
		{[]string{fatal}, fleet.No},
		{nil, fleet.CannotTell},
		{[]string{"something else"}, fleet.CannotTell},
	} {
		if v := judgeLog(c.lines); v.Answer != c.want {
			t.Errorf("%q: %v", c.lines, v)
		}
	}
}

func TestClocksAreCompared(t *testing.T) {
	asked := time.Unix(1000, 0)
	if d := skew("1090.5", asked, asked.Add(time.Second)); d == nil || *d < 89*time.Second || *d > 91*time.Second {
		t.Errorf("a clock that is 90 s ahead is off by %v", d)
	}
	if d := skew("nonsense", asked, asked); d != nil {
		t.Errorf("what cannot be read is off by %v", d)
	}
	for east, want := range map[time.Duration]string{0: "+0000", 330 * time.Minute: "+0530", -150 * time.Minute: "-0230"} {
		if got := zone(east); got != want {
			t.Errorf("%v east of UTC is %q, not %q", east, got, want)
		}
	}
	for said, want := range map[string]string{"+0200": "+0200", "CEST": "", "": ""} {
		if got := parseRest(sections{"zone": {said}}).Zone; got != want {
			t.Errorf("of the zone %q it takes %q", said, got)
		}
	}
}

func FuzzParsers(f *testing.F) {
	f.Add([]byte(held))
	f.Add([]byte("@sockets\n3306\t77\tkea-dhcp4\t/system.slice/kea-dhcp4-server.service\n@backends\n901\t80\tpsql\t\n@end\n"))
	f.Add([]byte("@units\n@show\nA=B\n@packages\na\tb\tc\t\n@available\na\t1\t\n@disk\n/\t99999999999999999999\n@end\n"))
	book := debian(f)
	f.Fuzz(func(t *testing.T, out []byte) {
		if p, err := parsePulse("k1", book, out); err == nil && len(p.Units) == 0 {
			t.Error("a server without a unit is no answer: every unit of the playbook is told of")
		}
		_, _ = parseSoftware("k1", book.Sources, out)
		if found, err := parseSections(out); err == nil {
			for _, d := range parseRest(found).Disk {
				if d.Free < 0 {
					t.Errorf("room of %d bytes", d.Free)
				}
			}
		}
		_, _ = parseHolders(out)
		_, _ = greeting(out)
		_, _ = keyData(out)
		_ = reported(out)
		_ = parseTransaction(out)
	})
}

func TestFilesAreKnownByTheirPaths(t *testing.T) {
	files, err := parseFiles("k1", []byte(`@files
2c26a948f5b4bb5bb82c4008a65ebf598500157391c47e261a124b1fc61a4258  /etc/kea/kea dhcp4.conf
@staged
cae25874747218038b518837733dba41114289a36b2bc8d52a2a76369ef3baf5  /var/lib/kea-lockstep/runs/R1/staged/etc/kea/kea-dhcp4.conf
@end
`))
	if err != nil {
		t.Fatal(err)
	}
	if files.Now["/etc/kea/kea dhcp4.conf"] == "" || files.Staged["R1:/etc/kea/kea-dhcp4.conf"] == "" {
		t.Errorf("%+v", files)
	}
}
