package kea

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

func TestVersionsFollowEachOther(t *testing.T) {
	inOrder := []string{"0.9.2", "1.4.0", "1.4.0-P1", "1.4.0-P2", "1.9.9", "1.9.10", "2.6.3-git", "2.6.3",
		"3.0.0-beta1", "3.0.0-beta2", "3.0.0-rc1", "3.0.0-git", "3.0.0", "3.0.3", "3.10.0"}
	var versions []Version
	for _, text := range inOrder {
		v, err := ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if v.String() != text {
			t.Errorf("%s is printed as %s", text, v)
		}
		versions = append(versions, v)
	}
	for i := range versions {
		for j := range versions {
			if got, want := versions[i].Compare(versions[j]), sign(i-j); got != want {
				t.Errorf("%s compared with %s is %d, want %d", versions[i], versions[j], got, want)
			}
		}
		if versions[i].Compare(Version{}) <= 0 {
			t.Errorf("%s does not come after an unknown version", versions[i])
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestWhatIsNoVersionIsRefused(t *testing.T) {
	for _, text := range []string{"", "3", "3.0", "3.0.3-1~bpo13+1", "3.0.3 ", "v3.0.3", "3.0.-1", "3.0.3-", "99999.0.0", "0.0.0", "00.0.0", "unknown"} {
		if v, err := ParseVersion(text); err == nil {
			t.Errorf("%q was read as %v", text, v)
		}
	}
	for _, text := range []string{"", "30", "30.0.1", "30.0\n", "-1.0", "0.0", "a.b"} {
		if s, err := ParseSchema(text); err == nil {
			t.Errorf("%q was read as %v", text, s)
		}
	}
}

func TestSchemaVersionsAreNoDecimalFractions(t *testing.T) {
	if (Schema{22, 10}).Compare(Schema{22, 9}) <= 0 {
		t.Error("22.10 must follow 22.9")
	}
	if (Schema{9, 6}).Compare(Schema{10, 0}) >= 0 {
		t.Error("10.0 must follow 9.6")
	}
}

func TestVersionsAndSchemasSurviveJSON(t *testing.T) {
	type row struct {
		V Version
		S Schema
	}
	for _, want := range []row{{Version{3, 0, 3, ""}, Schema{30, 0}}, {Version{2, 6, 3, "git"}, Schema{22, 2}}, {}} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got row
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s came back as %v, %v", text, got, err)
		}
	}
}

func TestNoPrintingShowsAPassword(t *testing.T) {
	const secret = "s3cr3t-in-the-clear"
	ref := DatabaseRef{Name: "kea", User: "kea", Password: secret}
	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "% x"} {
		fmt.Fprintf(&printed, verb, ref)
		fmt.Fprintf(&printed, verb, ref.Password)
		fmt.Fprintf(&printed, verb, &ref.Password)
		fmt.Fprintf(&printed, verb, []Password{secret})
	}
	fmt.Fprintln(&printed, ref, errors.New(ref.String()), map[Password]Password{secret: secret})
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "password", ref.Password, "ref", ref)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "password", ref.Password, "ref", ref)
	if err := json.NewEncoder(&printed).Encode([]any{ref, ref.Password, &ref}); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% x", secret)} {
		if strings.Contains(printed.String(), form) {
			t.Errorf("the password was printed:\n%s", printed.String())
		}
	}
	if ref.Password.Reveal() != secret {
		t.Error("Reveal must give the password")
	}
}

func TestReleaseTable(t *testing.T) {
	for _, tc := range []struct{ version, mysql, postgresql string }{
		{"1.6.2", "8.2", "5.1"}, {"2.2.0", "14.0", "13.0"}, {"2.6.0", "22.0", "22.0"}, {"2.6.1", "22.1", "22.1"},
		{"2.6.3", "22.2", "22.2"}, {"2.7.8", "30.0", "29.0"}, {"3.0.3", "30.0", "29.0"}, {"3.2.0", "35.0", "34.0"},
	} {
		v, _ := ParseVersion(tc.version)
		for e, want := range map[Engine]string{MySQL: tc.mysql, PostgreSQL: tc.postgresql} {
			if got, ok := Expected(v, e); !ok || got.String() != want {
				t.Errorf("Kea %s expects %s of %s, want %s", v, got, e, want)
			}
		}
	}
	for _, unknown := range []string{"3.9.9", "3.0.3-git", "2.6.99"} {
		v, _ := ParseVersion(unknown)
		if s, ok := Expected(v, MySQL); ok {
			t.Errorf("the table claims that %s, which it cannot know, expects %s", v, s)
		}
	}
	if s, ok := Expected(Version{}, MySQL); ok {
		t.Errorf("an unknown version expects %s", s)
	}
	if _, ok := Expected(Version{Major: 3, Patch: 3}, "cql"); ok {
		t.Error("an unknown engine has a schema")
	}
	with := ReleasesWith(Schema{22, 2}, MySQL)
	if got := fmt.Sprint(with); got != "[2.6.2 2.6.3 2.6.4 2.6.5]" {
		t.Errorf("releases with 22.2: %s", got)
	}
}

// Within a release line no later release expects an older schema; that is what
// makes "an older schema" mean "not yet upgraded". The table as a whole is not
// monotonic: 2.6.2 (22.2) came after 2.7.6 (28.0).
func TestSchemasGrowWithReleases(t *testing.T) {
	table := Releases()
	if len(table) < 100 {
		t.Fatalf("the table has %d releases", len(table))
	}
	if !slices.IsSortedFunc(table, func(a, b Release) int { return a.Version.Compare(b.Version) }) {
		t.Fatal("the table is not in order")
	}
	for i := 1; i < len(table); i++ {
		before, after := table[i-1], table[i]
		if before.Version == after.Version {
			t.Errorf("%s is in the table twice", after.Version)
		}
		if after.MySQL.Compare(before.MySQL) < 0 || after.PostgreSQL.Compare(before.PostgreSQL) < 0 {
			t.Errorf("%s expects an older schema than %s", after.Version, before.Version)
		}
		if after.MySQL.IsZero() || after.PostgreSQL.IsZero() || len(after.Released) != len("2006-01-02") {
			t.Errorf("%s is incomplete: %+v", after.Version, after)
		}
	}
}
