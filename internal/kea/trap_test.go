package kea

import (
	"slices"
	"strings"
	"testing"
)

func mustVersion(t *testing.T, text string) Version {
	t.Helper()
	if text == "" {
		return Version{}
	}
	v, err := ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTraps(t *testing.T) {
	const maria11, maria106, mysql8 = "11.8.6-MariaDB-0+deb13u1", "5.5.5-10.6.12-MariaDB", "8.0.36"
	for _, tc := range []struct {
		from, to string
		engine   Engine
		port     int
		server   string
		blocks   string // the codes of what refuses, in order
		warns    string // of the rest
	}{
		{"2.6.3", "3.0.3", MySQL, 0, maria11, "", "visible-password database-hook"},
		{"2.6.3", "3.0.3", PostgreSQL, 0, "17.5", "", "database-hook"},
		{"2.6.3", "3.0.3", "", 0, "", "", ""},
		{"3.0.0", "3.0.3", MySQL, 3307, maria11, "", ""},
		{"3.0.3", "3.0.3", MySQL, 0, maria11, "", ""},
		{"3.0.3", "2.6.3", MySQL, 0, maria11, "downgrade", "visible-password"},
		{"2.6.3", "2.7.6", MySQL, 0, maria11, "skipped-script", "visible-password database-hook"},
		{"2.6.5", "2.7.0", PostgreSQL, 0, "", "skipped-script", "ignored-errors"},
		{"2.6.1", "2.7.0", MySQL, 0, maria11, "skipped-script", "visible-password"},
		{"2.6.1", "2.7.1", MySQL, 0, maria11, "", "visible-password"},
		{"2.6.3", "2.7.7", MySQL, 0, maria11, "", "visible-password database-hook"},
		{"1.8.2", "3.0.3", MySQL, 0, mysql8, "two-jumps", "slow-step extended-info visible-password database-hook"},
		{"1.8.2", "3.0.3", PostgreSQL, 0, "15", "", "step-without-transaction extended-info database-hook"},
		{"1.8.2", "2.6.5", MySQL, 0, mysql8, "", "slow-step extended-info visible-password"},
		{"2.0.3", "3.0.3", MySQL, 0, mysql8, "", "slow-step extended-info visible-password database-hook"},
		{"2.2.1", "2.4.1", MySQL, 0, maria11, "lease-expiry", "slow-step visible-password"},
		{"2.2.1", "2.4.1", MySQL, 0, maria106, "", "slow-step visible-password"},
		{"2.2.1", "2.4.1", MySQL, 0, "10.11.6", "lease-expiry", "slow-step visible-password"},
		{"2.2.1", "2.4.1", MySQL, 0, "what is this", "lease-expiry", "slow-step visible-password"},
		{"2.2.1", "2.4.1", MySQL, 0, mysql8, "", "slow-step visible-password"},
		{"2.2.1", "2.4.1", MySQL, 0, "", "lease-expiry", "slow-step visible-password"},
		{"2.4.1", "2.6.5", MySQL, 3307, maria11, "", "admin-port extended-info visible-password"},
		{"2.4.1", "2.6.5", MySQL, 3306, maria11, "", "extended-info visible-password"},
		{"2.4.1", "2.6.5", PostgreSQL, 5433, "15", "", "admin-port ignored-errors extended-info"},
		{"3.0.3", "3.2.0", MySQL, 3307, maria11, "", "visible-password control-agent-gone"},
		{"3.0.3", "3.9.0", MySQL, 0, maria11, "unknown-target", "visible-password control-agent-gone"},
		{"3.0.3-git", "3.2.0", MySQL, 0, maria11, "unknown-version", "visible-password control-agent-gone"},
		{"", "3.0.3", MySQL, 0, maria11, "unknown-version", "visible-password database-hook"},
		{"1.6.2", "1.8.0", MySQL, 0, mysql8, "old-target", "visible-password"},
	} {
		traps := Traps(mustVersion(t, tc.from), mustVersion(t, tc.to), tc.engine, tc.port, tc.server)
		var blocks, warns []string
		for _, trap := range traps {
			if trap.What == "" || trap.Why == "" || trap.Next == "" || strings.Contains(trap.What+trap.Why+trap.Next, "%!") {
				t.Errorf("%s does not say what, why and next: %+v", trap.Code, trap)
			}
			if trap.Blocks() {
				blocks = append(blocks, trap.Code)
			} else {
				warns = append(warns, trap.Code)
			}
		}
		if strings.Join(blocks, " ") != tc.blocks || strings.Join(warns, " ") != tc.warns {
			t.Errorf("%s -> %s on %s %s:\n blocks %v, want %s\n warns %v, want %s", tc.from, tc.to, tc.engine, tc.server, blocks, tc.blocks, warns, tc.warns)
		}
	}
}

// What counts is the schema that is there, not the one that should be.
func TestTrapsOfTheSchemaThatWasFound(t *testing.T) {
	j := Jump{From: mustVersion(t, "2.6.3"), To: mustVersion(t, "3.0.3"), Engine: MySQL, Schema: Schema{9, 3}}
	if traps := j.Traps(); len(traps) == 0 || traps[0].Code != "two-jumps" {
		t.Errorf("traps from 9.3: %+v", traps)
	}
}

func TestThePortReachesKeaAdmin(t *testing.T) {
	traps := Traps(mustVersion(t, "2.4.1"), mustVersion(t, "2.6.5"), MySQL, 3307, "11.8.6-MariaDB")
	if !slices.ContainsFunc(traps, func(trap Trap) bool { return slices.Equal(trap.AdminOptions, []string{"-x", "--port=3307"}) }) {
		t.Errorf("no trap gives kea-admin the port: %+v", traps)
	}
}
