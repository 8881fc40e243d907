//go:build lab

package product_test

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
)

// TestOldKeaStartedAfterTheStop lets somebody unmask and start the old Kea on the third server while the operator is asked at
// the point of no return: it is seen within two seconds, named, and the migration does not start.
func TestOldKeaStartedAfterTheStop(t *testing.T) {
	f := labtest.Up(t, spec())
	for _, how := range []struct{ name, script string }{
		{"unmasked and started", "systemctl unmask " + f.Unit(lab.DHCPv4) + "; systemctl start " + f.Unit(lab.DHCPv4)},
		{"fence removed and started", "rm -rf /etc/systemd/system/" + f.Unit(lab.DHCPv4) + " /etc/systemd/system/" + f.Unit(lab.DHCPv4) +
			".d; systemctl daemon-reload; systemctl start " + f.Unit(lab.DHCPv4)},
		{"started by hand", "install -d -m 0750 -o _kea -g _kea /run/kea; setsid runuser -u _kea -- /usr/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf >/dev/null 2>&1 < /dev/null & sleep 0.2"},
	} {
		t.Run(how.name, func(t *testing.T) {
			if err := f.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			p := tool(t, f)
			watched(t, f, func() {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				out, err := startedBehind(ctx, t, p, func() time.Time {
					began := time.Now()
					labtest.Must(t, f, "k3", how.script)
					return began
				})
				if err != nil {
					t.Fatal(err)
				}
				if out.Code != 7 {
					t.Fatalf("exit %d, want 7\n%s", out.Code, out.Stderr)
				}
			})
			noMigration(t, f, p)
			restsAt(t, f, "2.6.3")
		})
	}
}

// startedBehind upgrades at a terminal, lets somebody start a Kea on k3 at the point of no return, and backs out. It wants that Kea told
// within two seconds of the moment that it is given.
func startedBehind(ctx context.Context, t *testing.T, p product.Tool, starts func() time.Time) (product.Output, error) {
	t.Helper()
	tty, err := product.Start(p.Command(ctx, "upgrade", "--to", "3.0.3"))
	if err != nil {
		return product.Output{}, err
	}
	mark := 0
	shown := func(ctx context.Context, texts ...string) {
		for _, text := range texts {
			if err == nil {
				mark, err = tty.Await(ctx, mark, text)
			}
		}
	}
	typed := func(line string) {
		if err == nil {
			err = tty.Type(line)
		}
	}
	shown(ctx, "stop every Kea daemon", " [y/N]")
	typed("y")
	shown(ctx, "migrate the schema?")
	if err != nil {
		return product.Output{}, err
	}
	began := starts()
	soon, cancel := context.WithDeadline(ctx, began.Add(2*time.Second))
	defer cancel()
	shown(soon, "k3: ")
	t.Logf("seen after %s", time.Since(began).Round(time.Millisecond))
	typed("migrate")
	shown(ctx, "back out to the old state?", "[y/N]")
	typed("y")
	if err != nil {
		return product.Output{}, err
	}
	return product.Output{Code: tty.Wait(), Stderr: tty.Text()}, nil
}

// noMigration wants that no migration was begun: by the run's journal, by the records of the jobs on every server, and by what
// systemd started there.
func noMigration(t *testing.T, f *lab.Fleet, p product.Tool) {
	t.Helper()
	begun, err := p.Begun()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(begun, "stop-k1") {
		t.Errorf("by its journal the run did not stop k1 either, so that is read wrongly: %q", begun)
	}
	for _, step := range begun {
		if strings.HasPrefix(step, "migrate-") {
			t.Errorf("the run began %s", step)
		}
	}
	migrated(t, f, 0)
}

// TestKeaOutsideTheFleet: a session in the database from an address that is no server of the fleet is refused before the stop,
// named by its address.
func TestKeaOutsideTheFleet(t *testing.T) {
	f := labtest.Up(t, spec())
	p := tool(t, f)
	stranger := netip.MustParseAddr(f.Prober.String())
	db, err := f.OpenDatabase(lab.KeaUser, lab.KeaPassword, stranger)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	session, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	watched(t, f, func() {
		out := run(t, p, 3, "upgrade", "--to", "3.0.3", "--yes")
		if !out.Says(stranger.String()) {
			t.Errorf("the stranger is not named by address %s\n%s", stranger, out)
		}
	})
	restsAt(t, f, "2.6.3")
}
