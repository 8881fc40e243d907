//go:build lab

package lab_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
)

const bootID = "cat /proc/sys/kernel/random/boot_id"

func TestAPowerCutKeepsTheDiskAndNothingElse(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 1})
	before := labtest.Must(t, f, "k1", "echo here >/root/note; echo here >/run/note; "+bootID)
	if err := f.PowerCut(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	var off lab.ErrOff
	if _, err := f.Run(t.Context(), "k1", "true"); !errors.As(err, &off) {
		t.Errorf("a host that is off answers: %v", err)
	}
	for range 2 { // a boot after a boot must work as well
		if err := f.PowerCut(t.Context(), "k1"); err != nil {
			t.Fatal(err)
		}
		if err := f.Boot(t.Context(), "k1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.AwaitKea(t.Context(), "k1", 90*time.Second); err != nil {
		t.Fatal(err)
	}
	after := labtest.Must(t, f, "k1", "cat /root/note; test ! -e /run/note; "+bootID)
	if !strings.HasPrefix(after, "here\n") || strings.Contains(after, strings.TrimSpace(before)) {
		t.Errorf("boot id %q before, %q after", before, after)
	}
}

func TestANetworkCutIsolatesTheHostAlone(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2})
	reach := func(h lab.Host) error {
		dialer := net.Dialer{Timeout: 500 * time.Millisecond}
		conn, err := dialer.DialContext(t.Context(), "tcp", h.Address.String()+":22")
		if err == nil {
			conn.Close()
		}
		return err
	}
	if err := f.CutNetwork(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	if reach(f.Servers[0]) == nil || reach(f.Servers[1]) != nil {
		t.Error("not k1 alone is cut off")
	}
	labtest.Must(t, f, "k1", "true") // and still runs
	if err := f.RestoreNetwork(t.Context(), "k1"); err != nil {
		t.Fatal(err)
	}
	if err := f.AwaitSSH(t.Context(), f.Servers[0], 5*time.Second); err != nil {
		t.Error(err)
	}
}

func TestFleetsSideBySideDoNotTouchOneAnother(t *testing.T) {
	one, two := labtest.Up(t, lab.Spec{Servers: 1}), labtest.Up(t, lab.Spec{Servers: 1})
	if one.Index == two.Index {
		t.Fatal("two fleets share a network")
	}
	labtest.Must(t, one, "k1", "systemctl stop kea-dhcp4-server")
	if _, err := one.SQL(t.Context(), "DELETE FROM lease4;"); err != nil {
		t.Fatal(err)
	}
	if out, err := one.Run(t.Context(), "k1", `systemd-run --quiet --wait --pipe date --set="$(date --rfc-3339=ns)"`); err == nil ||
		!strings.Contains(out, "not permitted") {
		t.Errorf("a host may set the clock of all: %v %s", err, out)
	}
	if err := two.AwaitKea(t.Context(), "k1", time.Second); err != nil {
		t.Error("stopping Kea in one fleet stopped it in the other")
	}
	if got, err := two.SQL(t.Context(), "SELECT COUNT(*) FROM lease4;"); got != "400" || err != nil {
		t.Errorf("the other fleet has %s leases, %v", got, err)
	}
}

// A fleet is what its engine's name says, holds what every fleet holds at first, and nobody has more rights than an
// administrator would give him.
func TestAFleetOnEachEngine(t *testing.T) {
	for _, engine := range []lab.Engine{lab.MySQL, lab.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			f := labtest.Up(t, lab.Spec{Servers: 2, Engine: engine})
			for range 2 {
				holdsWhatItHeldAtFirst(t, f)
				if _, err := f.SQL(t.Context(), "DELETE FROM lease4; UPDATE schema_version SET version = 29;"); err != nil {
					t.Fatal(err)
				}
				if err := f.Reset(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, s := range f.Servers {
				if got, err := f.Kea(t.Context(), s.Name, "version-get"); err != nil || got.Text != "2.6.3" {
					t.Errorf("%s answers %+v, %v", s.Name, got, err)
				}
			}
			for _, account := range []struct {
				user, password, statement string
				may                       bool
			}{
				{lab.KeaUser, lab.KeaPassword, "DELETE FROM hosts", true},
				{lab.KeaUser, lab.KeaPassword, "CREATE DATABASE kea_lockstep_x", false},
				{lab.AdminUser, lab.AdminPassword, "CREATE DATABASE kea_lockstep_x", true},
				{lab.AdminUser, lab.AdminPassword, "DROP TABLE lease4_stat", true},
				{lab.WitnessUser, lab.WitnessPassword, "SELECT COUNT(*) FROM lease4", true},
				{lab.WitnessUser, lab.WitnessPassword, "DELETE FROM lease4", false},
				{lab.WitnessUser, "wrong", "SELECT COUNT(*) FROM lease4", false},
			} {
				db, err := f.OpenDatabase(account.user, account.password, f.Witness)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := db.ExecContext(t.Context(), account.statement); (err == nil) != account.may {
					t.Errorf("%s: %s: %v", account.user, account.statement, err)
				}
				db.Close()
			}
		})
	}
}

func holdsWhatItHeldAtFirst(t *testing.T, f *lab.Fleet) {
	t.Helper()
	got, err := f.Contents(t.Context())
	if want := (lab.Contents{Schema: "22.2", Leases: lab.Leases, Reservations: lab.Reservations}); got != want || err != nil {
		t.Errorf("the database holds %+v, %v; want %+v", got, err, want)
	}
}

func TestSSHAndPackagesWorkBothWays(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 1})
	ssh := func(script string) string {
		out, err := exec.CommandContext(t.Context(), "ssh", "-F", f.SSHConfig(), "k1", script).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if got := ssh("apt-cache policy kea-dhcp4-server | sed -n 's/^  Candidate: //p'"); !strings.HasPrefix(got, "2.6.3-") {
		t.Errorf("without asking, apt would install %s", got)
	}
	install := `export DEBIAN_FRONTEND=noninteractive
v=$(apt-cache madison kea-common | awk -v want=%s 'index($3, want) == 1 { print $3; exit }')
apt-get -qq install -y --allow-downgrades -o Dpkg::Options::=--force-confold kea-dhcp4-server=$v kea-admin=$v kea-common=$v >/dev/null 2>&1
kea-dhcp4 -v`
	for _, version := range []string{"3.0.3", "2.6.3"} {
		if got := ssh(strings.Replace(install, "%s", version, 1)); got != version {
			t.Errorf("wanted %s, got %s", version, got)
		}
	}
}

func TestDownRemovesWhatACancelledUpLeft(t *testing.T) {
	t.Setenv("KEA_LAB_KEEP", "1")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := lab.Up(ctx, lab.Spec{Name: "cancelled", Servers: 3}, t.Output())
	if err == nil {
		t.Log("the fleet was up before it was cancelled")
	}
	f, err := lab.Open("cancelled")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // what is gone already is no error
		if err := f.Down(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	links, err := exec.CommandContext(t.Context(), "ip", "-brief", "link").Output()
	if err != nil {
		t.Fatal(err)
	}
	device := strings.Replace("klX-", "X", f.DB.Address.String()[len("10.77."):strings.LastIndex(f.DB.Address.String(), ".")], 1)
	namespaces, _ := filepath.Glob("/run/netns/" + device + "*")
	if strings.Contains(string(mounts), f.Dir) || strings.Contains(string(links), device) || namespaces != nil {
		t.Errorf("left behind: %s %s %v", mounts, links, namespaces)
	}
	if _, err := os.Stat(f.Dir); err == nil {
		t.Error("its directory is still there")
	}
}
