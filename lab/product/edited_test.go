//go:build lab

package product_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
)

var staged = regexp.MustCompile(`(?m)^    config:\n(      .*\n)+`)

// TestDatabaseHookIsAdded: without staged files the configuration gets the hook that the target needs, shown as a diff in the
// plan, and nothing else in it changes.
func TestDatabaseHookIsAdded(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2})
	p := tool(t, f)
	text, err := os.ReadFile(p.Fleet)
	if err != nil {
		t.Fatal(err)
	}
	bare := staged.ReplaceAll(text, nil)
	if len(bare) == len(text) {
		t.Fatal("the fleet file stages nothing")
	}
	p.Fleet = filepath.Join(f.Dir, "bare.yaml")
	if err := os.WriteFile(p.Fleet, bare, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{nil, {"-v"}} {
		plan := run(t, p, 0, append([]string{"plan", "--to", "3.0.3"}, more...)...)
		if !plan.Says("libdhcp_mysql.so") || plan.Says(lab.KeaPassword) {
			t.Errorf("the plan does not show the edit, or shows a password\n%s", plan)
		}
	}
	before := labtest.Must(t, f, "k1", "cat /etc/kea/kea-dhcp4.conf")
	declined(t, p)
	if now := labtest.Must(t, f, "k1", "cat /etc/kea/kea-dhcp4.conf"); now != before {
		t.Error("the configuration was edited without the operator's yes")
	}
	watched(t, f, func() { run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes") })
	atRest(t, f, "3.0.3", "30.0")
	labtest.Must(t, f, "k1", "test \"$(stat -c '%a %U %G' /etc/kea/kea-dhcp4.conf)\" = \"$(stat -c '%a %U %G' /var/lib/kea-lockstep/runs/*/kept/etc/kea/kea-dhcp4.conf)\"")
	kept := labtest.Must(t, f, "k1", "cat /var/lib/kea-lockstep/runs/*/kept/etc/kea/kea-dhcp4.conf")
	if kept != before {
		t.Error("the kept file is not the one that was there")
	}
	if added := labtest.Must(t, f, "k1", "diff /var/lib/kea-lockstep/runs/*/kept/etc/kea/kea-dhcp4.conf /etc/kea/kea-dhcp4.conf | grep -c '^<' || true"); added != "0\n" && added != "1\n" {
		t.Errorf("more than one line of the configuration was changed: %s", added)
	}
}

// declined answers the first question of an upgrade with no: it has to show the edit before.
func declined(t *testing.T, p product.Tool) {
	t.Helper()
	tty, err := product.Start(p.Command(t.Context(), "upgrade", "--to", "3.0.3"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tty.Await(t.Context(), 0, "[y/N] "); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(tty.Text(), "libdhcp_mysql.so") || !strings.Contains(tty.Text(), "(edited on k1 and k2)") {
		t.Errorf("it asks without showing the edit\n%s", tty.Text())
	}
	if err := tty.Type("n"); err != nil {
		t.Fatal(err)
	}
	if code := tty.Wait(); code != 3 {
		t.Errorf("no was answered, exit %d\n%s", code, tty.Text())
	}
}
