//go:build lab

package product_test

import (
	"strings"
	"testing"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
	"kea-lockstep/lab/witness"
)

// hard is what a database and its account may be called in Kea's configuration, which knows no blank there. The lab's own password is in
// this one, so that whoever looks for leaks finds it.
var hard = lab.Access{
	Database: "-kea=prod'`$(id)#;%é",
	User:     `-k"e'a` + "`" + `$u\#%ü`,
	Password: `"p'w` + "`" + `$(id>/tmp/pw)\#;%=` + "\n" + `ü` + lab.KeaPassword,
	TLS:      true,
}

// TestReachedOverTLS upgrades a fleet whose database is hard to get into: over TLS alone, with names and a password that are full of
// quotes, blanks of the shell and what else means something to somebody. The administrator connects from this machine.
func TestReachedOverTLS(t *testing.T) { reached(t, lab.MySQL, "here") }

// TestReachedOverTLSOnPostgreSQL is the same on PostgreSQL, where the administrator connects through a chosen server.
func TestReachedOverTLSOnPostgreSQL(t *testing.T) { reached(t, lab.PostgreSQL, "k2") }

func reached(t *testing.T, engine lab.Engine, via string) {
	f := labtest.Up(t, lab.Spec{Servers: 3, Engine: engine, Access: hard, Via: via})
	p := tool(t, f)
	all := []product.Output{run(t, p, 0, "survey"), run(t, p, 0, "check"), run(t, p, 0, "plan", "--to", "3.0.3", "-v")}
	sampler := product.Sample(t.Context())
	var upgrade product.Output
	watched(t, f, func() {
		upgrade = run(t, p, 0, "upgrade", "--to", "3.0.3", "--yes")
	})
	for _, line := range sampler.Stop() {
		t.Errorf("a password on a command line: %q", line)
	}
	atRest(t, f, "3.0.3", witness.Expects(engine, "3.0.3"))
	all = append(all, upgrade, run(t, p, 0, "check"))
	for _, out := range all {
		if product.HasSecret(out.String()) {
			t.Errorf("a password was shown:\n%s", out)
		}
	}
	if !strings.Contains(all[0].Stdout, f.Access.Database) {
		t.Errorf("the survey does not name the database:\n%s", all[0])
	}
	for _, s := range f.Servers {
		labtest.Must(t, f, s.Name, "[ ! -e /tmp/pw ]")
	}
	leaks(t, f, p)
	if t.Failed() {
		t.Log(upgrade)
	}
}
