//go:build lab

package product_test

import (
	"context"
	"net/netip"
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
	f := labtest.Up(t, lab.Spec{Servers: 3})
	for _, how := range []struct{ name, script string }{
		{"unmasked and started", "systemctl unmask " + product.Unit + "; systemctl start " + product.Unit},
		{"fence removed and started", "rm -rf /etc/systemd/system/" + product.Unit + " /etc/systemd/system/" + product.Unit +
			".d; systemctl daemon-reload; systemctl start " + product.Unit},
		{"started by hand", "install -d -m 0750 -o _kea -g _kea /run/kea; setsid runuser -u _kea -- /usr/sbin/kea-dhcp4 -c /etc/kea/kea-dhcp4.conf >/dev/null 2>&1 < /dev/null & sleep 0.2"},
	} {
		t.Run(how.name, func(t *testing.T) {
			if err := f.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			p := tool(t, f)
			watched(t, f, func() { startBehind(t, f, p, how.script) })
			atRest(t, f, "2.6.3", "22.2")
		})
	}
}

func startBehind(t *testing.T, f *lab.Fleet, p product.Tool, script string) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tty, err := product.Start(p.Command(ctx, "upgrade", "--to", "3.0.3"))
	if err != nil {
		t.Fatal(err)
	}
	mark, err := tty.Await(ctx, 0, "stop every Kea daemon")
	if err != nil {
		t.Fatal(err)
	}
	if mark, err = tty.Await(ctx, mark, " [y/N]"); err != nil {
		t.Fatal(err)
	}
	if err := tty.Type("y"); err != nil {
		t.Fatal(err)
	}
	if mark, err = tty.Await(ctx, mark, "migrate the schema?"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	labtest.Must(t, f, "k3", script)
	soon, cancel := context.WithDeadline(ctx, began.Add(2*time.Second))
	defer cancel()
	if mark, err = tty.Await(soon, mark, "k3: "); err != nil {
		t.Fatal(err)
	}
	t.Logf("seen after %s", time.Since(began).Round(time.Millisecond))
	if err := tty.Type("migrate"); err != nil {
		t.Fatal(err)
	}
	if mark, err = tty.Await(ctx, mark, "back out to the old state?"); err != nil {
		t.Fatal(err)
	}
	if _, err = tty.Await(ctx, mark, "[y/N]"); err != nil {
		t.Fatal(err)
	}
	if err := tty.Type("y"); err != nil {
		t.Fatal(err)
	}
	if code := tty.Wait(); code != 7 {
		t.Fatalf("exit %d, want 7\n%s", code, tty.Text())
	}
	if strings.Contains(tty.Text(), "30.0, migrated") {
		t.Errorf("the migration started\n%s", tty.Text())
	}
}

// TestKeaOutsideTheFleet: a session in the database from an address that is no server of the fleet is refused before the stop,
// named by its address.
func TestKeaOutsideTheFleet(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 3})
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
	atRest(t, f, "2.6.3", "22.2")
}
