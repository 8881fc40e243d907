//go:build lab

package witness_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/witness"
)

// install brings the backports' Kea to a server, as somebody does who keeps the configuration file.
const install = `export DEBIAN_FRONTEND=noninteractive
v=$(apt-cache madison kea-common | awk '/backports/ { print $3 }')
apt-get -q install -y -o Dpkg::Options::=--force-confold kea-dhcp4-server=$v kea-admin=$v kea-common=$v`

const migrate = `KEA_ADMIN_DB_PASSWORD=` + lab.KeaPassword + ` kea-admin db-upgrade $ENGINE -h $DB -u kea -n kea`

// onEach runs a test on a fleet of each engine.
func onEach(t *testing.T, test func(*testing.T, lab.Engine)) {
	for _, engine := range []lab.Engine{lab.MySQL, lab.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) { test(t, engine) })
	}
}

func start(t *testing.T, f *lab.Fleet) *witness.Witness {
	t.Helper()
	w, err := witness.Start(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	await(t, w)
	return w
}

func await(t *testing.T, w *witness.Witness, servers ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := w.AwaitOffers(ctx, servers...); err != nil {
		t.Fatal(err)
	}
}

// use puts the target's configuration in place.
func use(t *testing.T, f *lab.Fleet, server string) {
	t.Helper()
	text, err := os.ReadFile(f.TargetConfig(server))
	if err != nil {
		t.Fatal(err)
	}
	labtest.Must(t, f, server, "cat >/etc/kea/kea-dhcp4.conf <<'END-OF-CONFIG'\n"+string(text)+"\nEND-OF-CONFIG\n")
}

func TestAFleetLeftAloneIsWell(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2})
	w := start(t, f)
	for range 10 {
		await(t, w)
	}
	r := w.Stop()
	t.Log(r)
	if len(r.BadMoments) != 0 || r.LastServer() > time.Second || len(r.Processes) != 2 || len(r.Schema) != 1 {
		t.Error("the witness sees what is not there")
	}
}

func TestAPackageThatStartsKeaOnTheOldSchemaIsSeen(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2})
	w := start(t, f)
	use(t, f, "k1")
	labtest.Must(t, f, "k1", install)
	await(t, w, "k2")
	r := w.Stop()
	t.Log(r)
	if len(r.BadMoments) == 0 {
		t.Fatal("Kea 3.0.3 ran on schema 22.2, and the witness did not see it")
	}
	for _, bad := range r.BadMoments {
		if bad.Host != "k1" || bad.Version != "3.0.3" || bad.Expects != "30.0" || bad.Found != "22.2" {
			t.Errorf("wrongly blamed: %s", bad)
		}
	}
	if started := r.StartedByPackages(); len(started) != 1 || started[0].Version != "3.0.3" {
		t.Errorf("who started it was not seen: %v", started)
	}
	if r.FirstAnswer() > time.Second {
		t.Error("k2 served all the time")
	}
}

func TestAMigrationUnderRunningOldKeasIsSeen(t *testing.T) { onEach(t, migrationUnderRunningKeas) }

func migrationUnderRunningKeas(t *testing.T, engine lab.Engine) {
	f := labtest.Up(t, lab.Spec{Servers: 2, Engine: engine})
	w := start(t, f)
	// k1's daemon goes on running from a program that is no longer on the disk; k2 is untouched.
	labtest.Must(t, f, "k1", "systemctl mask kea-dhcp4-server\n"+install)
	if _, err := os.Stat(filepath.Join(f.Root("k1"), "usr/sbin/kea-dhcp4")); err != nil {
		t.Fatal(err)
	}
	labtest.Must(t, f, "k1", "ENGINE="+engine.KeaAdmin()+" DB="+f.DB.Address.String()+"\n"+migrate)
	await(t, w, "k2")
	r := w.Stop()
	t.Log(r)
	blamed := map[string]bool{}
	for _, bad := range r.BadMoments {
		blamed[bad.Host] = true
		if bad.Version != "2.6.3" || bad.Expects != "22.2" {
			t.Errorf("wrongly blamed: %s", bad)
		}
	}
	if !blamed["k1"] || !blamed["k2"] {
		t.Error("old Keas ran on the new schema, and the witness did not see each of them")
	}
	if last := r.Schema[len(r.Schema)-1].Version; last != witness.Expects(engine, "3.0.3") {
		t.Errorf("the schema is %s at the end, says the witness", last)
	}
}

// A database that falls silent in the middle of a session is no answer, and seen again as soon as it speaks.
func TestASilentDatabaseIsNoAnswer(t *testing.T) { onEach(t, silentDatabase) }

func silentDatabase(t *testing.T, engine lab.Engine) {
	f := labtest.Up(t, lab.Spec{Servers: 1, Engine: engine})
	w := start(t, f)
	db, err := f.OpenDatabaseWithin(2*time.Second, lab.WitnessUser, lab.WitnessPassword, f.Prober)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Freeze(t.Context(), lab.DatabaseHost); err != nil {
		t.Fatal(err)
	}
	if err := db.PingContext(t.Context()); err == nil { // which takes its two seconds
		t.Error("a frozen database answers")
	}
	if err := f.Thaw(t.Context(), lab.DatabaseHost); err != nil {
		t.Fatal(err)
	}
	await(t, w)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := w.AwaitSchema(ctx, func(string) bool { return true }); err != nil {
		t.Error(err)
	}
	r := w.Stop()
	t.Log(r)
	if len(r.Schema) != 3 || r.Schema[1].Version != "" || r.Schema[2].Version != "22.2" {
		t.Errorf("answered, silent, answered was to be seen: %v", r.Schema)
	}
	if r.Blind.Schema > 6*time.Second {
		t.Errorf("the witness was blind for %s after two seconds of silence", r.Blind.Schema)
	}
}

func TestAPowerCutIsAnOutageAndNoBadMoment(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2})
	w := start(t, f)
	if err := f.PowerCut(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	<-time.After(time.Second) // a host may boot in less time than an outage has to last to be seen
	if err := f.Boot(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	await(t, w)
	r := w.Stop()
	t.Log(r)
	if len(r.BadMoments) != 0 || len(r.StartedByPackages()) != 0 {
		t.Error("a power cut is blamed")
	}
	if k1 := r.Servers[0].Outage.Length(); k1 < 500*time.Millisecond || r.FirstAnswer() > k1/2 {
		t.Errorf("k1 was away for %s, all for %s", k1, r.FirstAnswer())
	}
	if len(r.Processes) != 3 {
		t.Errorf("k1's daemon ran twice and k2's once, seen were %d", len(r.Processes))
	}
}
