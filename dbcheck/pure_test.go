package dbcheck

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestPasswordNeverShows(t *testing.T) {
	target := Target{Engine: MySQL, User: "kea", Password: "hunter2", Name: "kea", Addr: "db:3306"}
	text, err := json.Marshal(target.Password)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("opened", "password", target.Password)
	p := target.Password
	for _, shown := range []string{
		fmt.Sprint(p), fmt.Sprintf("%s %v %q %x %d %#v %+v", p, p, p, p, p, p, p), fmt.Sprintf("%v %+v %#v", target, target, target),
		string(text), log.String(), target.String(), fmt.Errorf("no: %w", errors.New(p.String())).Error(),
	} {
		if strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("it shows in %s", shown)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, bad := range []string{"", "30", "30.", ".0", "a.b", "30.0.1", "-1.0", "+3.0", "30.0\n"} {
		if v, err := ParseVersion(bad); err == nil {
			t.Errorf("%q is %v", bad, v)
		}
	}
	v, err := ParseVersion("22.2")
	if err != nil || v.String() != "22.2" || v.Compare(Version{22, 10}) >= 0 || v.Compare(Version{9, 9}) <= 0 {
		t.Errorf("%v %v", v, err)
	}
}

// What MariaDB and MySQL say of the same column is one description.
func TestColumnIsOneForAllProducts(t *testing.T) {
	for name, tc := range map[string][2]string{
		"width": {column("int(10) unsigned", false, "NULL", "auto_increment", ""), column("int unsigned", false, "NULL", "auto_increment", "")},
		"text":  {column("varchar(255)", true, "'it''s'", "", ""), column("varchar(255)", true, "it's", "", "")},
		"now": {column("timestamp", false, "current_timestamp()", "on update current_timestamp()", ""),
			column("timestamp", false, "CURRENT_TIMESTAMP", "DEFAULT_GENERATED on update CURRENT_TIMESTAMP", "")},
		"number": {column("tinyint(1)", false, "'0'", "", ""), column("tinyint", false, "0", "", "")},
	} {
		if tc[0] != tc[1] {
			t.Errorf("%s: %q and %q", name, tc[0], tc[1])
		}
	}
	for _, differs := range [][2]string{
		{column("int(10)", true, "NULL", "", ""), column("int(10)", false, "NULL", "", "")},
		{column("int(10)", true, "NULL", "", ""), column("int(10) unsigned", true, "NULL", "", "")},
		{column("varchar(39)", true, "NULL", "", ""), column("varchar(40)", true, "NULL", "", "")},
		{column("int", true, "0", "", ""), column("int", true, "1", "", "")},
		{column("enum('a')", true, "NULL", "", ""), column("enum('A')", true, "NULL", "", "")},
	} {
		if differs[0] == differs[1] {
			t.Errorf("no difference in %q", differs[0])
		}
	}
}

func TestSqueeze(t *testing.T) {
	for in, want := range map[string]string{
		"BEGIN\n  -- why\n  SET a = 1; /* x */\n# y\nEND": "BEGIN SET a = 1; END",
		"SELECT '-- no', \"/* no */\", `# no`":            "SELECT '-- no', \"/* no */\", `# no`",
		"SELECT 'it''s -- x', 'b\\'-- c'":                 "SELECT 'it''s -- x', 'b\\'-- c'",
		"SELECT 1--1":                                     "SELECT 1--1",
		"a /* never closed":                               "a",
		"":                                                "",
	} {
		if got := squeeze(in, mysqlToken); got != want {
			t.Errorf("MySQL: %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"BEGIN\n  --why\n  x := 1; /* a /* b */ c */\nEND": "BEGIN x := 1; END",
		"SELECT '-- no', \"/* no */\", a #> b":             "SELECT '-- no', \"/* no */\", a #> b",
		"SELECT 'it''s -- x', 'b\\', -- c":                 "SELECT 'it''s -- x', 'b\\',",
		"SELECT E'b\\'-- no', e'\\\\' -- c":                "SELECT E'b\\'-- no', e'\\\\'",
		"EXECUTE $x$ a  -- $$ no $x$  || $$  $$":           "EXECUTE $x$ a  -- $$ no $x$ || $$  $$",
		"SELECT price$1$,  a$b  -- $":                      "SELECT price$1$, a$b",
		"a /* b /* never closed */":                        "a",
		"$never  closed$":                                  "$never closed$",
		"":                                                 "",
	} {
		if got := squeeze(in, postgresqlToken); got != want {
			t.Errorf("PostgreSQL: %q: %q, want %q", in, got, want)
		}
	}
}

func FuzzSqueeze(f *testing.F) {
	f.Add("BEGIN -- x\n SET a = 'b''c'; END")
	f.Add("'\\")
	f.Add("/*/**/ E'\\'' $a$ /* $a$")
	f.Fuzz(func(t *testing.T, s string) {
		for _, first := range []token{mysqlToken, postgresqlToken} {
			once := squeeze(s, first)
			if len(once) > len(s) {
				t.Errorf("%q grew to %q", s, once)
			}
			if !strings.ContainsAny(s, "-#/'\"`\\") && strings.Join(strings.Fields(s), "") != strings.Join(strings.Fields(once), "") {
				t.Errorf("%q lost more than white space: %q", s, once)
			}
		}
	})
}

func TestSplitHost(t *testing.T) {
	for in, want := range map[string]struct {
		host string
		port int
	}{
		"10.77.0.1:51234": {"10.77.0.1", 51234}, "localhost": {"localhost", 0}, "": {"", 0},
		"2001:db8::1:3306": {"2001:db8::1", 3306}, "db.example.net:1": {"db.example.net", 1},
	} {
		if host, port := splitHost(in); host != want.host || port != want.port {
			t.Errorf("%q: %q %d", in, host, port)
		}
	}
}

func TestGrants(t *testing.T) {
	for name, tc := range map[string]struct {
		line, schema, privilege string
		want                    bool
	}{
		"all on everything":  {"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED BY PASSWORD '*81F5' WITH GRANT OPTION", "kea", "TRIGGER", true},
		"global":             {"GRANT PROCESS, SUPER ON *.* TO `a`@`%`", "", "PROCESS", true},
		"not global":         {"GRANT ALL PRIVILEGES ON `kea`.* TO `a`@`%`", "", "PROCESS", false},
		"database":           {"GRANT SELECT, INSERT ON `kea`.* TO `a`@`%`", "kea", "INSERT", true},
		"other database":     {"GRANT SELECT ON `kea`.* TO `a`@`%`", "kea2", "SELECT", false},
		"escaped":            {"GRANT SELECT ON `my\\_kea`.* TO `a`@`%`", "my_kea", "SELECT", true},
		"escaped is literal": {"GRANT SELECT ON `my\\_kea`.* TO `a`@`%`", "myxkea", "SELECT", false},
		"wildcard":           {"GRANT CREATE ON `kea\\_lockstep\\_%`.* TO `a`@`%`", "kea_lockstep_x", "CREATE", true},
		"one table":          {"GRANT ALL PRIVILEGES ON `kea`.`lease4` TO `a`@`%`", "kea", "SELECT", false},
		"columns":            {"GRANT SELECT (`address`, `hwaddr`), UPDATE ON `kea`.* TO `a`@`%`", "kea", "SELECT", false},
		"awkward name":       {"GRANT SELECT ON `we``ird on x`.* TO `a`@`%`", "we`ird on x", "SELECT", true},
		"role":               {"GRANT `boss` TO `a`@`%`", "kea", "SELECT", false},
		"similar privilege":  {"GRANT CREATE ROUTINE ON `kea`.* TO `a`@`%`", "kea", "CREATE", false},
		"usage":              {"GRANT USAGE ON *.* TO `a`@`%`", "kea", "SELECT", false},
	} {
		g, ok := parseGrant(tc.line)
		if got := ok && g.gives(tc.schema, tc.privilege); got != tc.want {
			t.Errorf("%s: %v (%+v)", name, got, g)
		}
	}
}

func FuzzParseGrant(f *testing.F) {
	f.Add("GRANT SELECT ON `kea`.* TO `a`@`%`", "kea")
	f.Fuzz(func(t *testing.T, line, schema string) {
		g, ok := parseGrant(line)
		if ok && g.gives(schema, "SELECT") && !strings.Contains(line, "SELECT") && !strings.Contains(strings.ToUpper(line), "ALL") && !strings.Contains(strings.ToUpper(line), "SELECT") {
			t.Errorf("%q gives SELECT on %q", line, schema)
		}
	})
}

func FuzzQuote(f *testing.F) {
	f.Add("kea`; DROP DATABASE x; --")
	f.Fuzz(func(t *testing.T, name string) {
		q := mysqlDialect{}.quote(name)
		if unquote(q) != name || strings.Contains(strings.ReplaceAll(q[1:len(q)-1], "``", ""), "`") {
			t.Errorf("%q became %q", name, q)
		}
	})
}
