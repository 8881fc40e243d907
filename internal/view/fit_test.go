package view

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFit(t *testing.T) {
	for _, c := range []struct {
		name, line string
		columns    int
		want       string
	}{
		{"it fits", "  what was seen", 40, "  what was seen"},
		{"no paper to fit", strings.Repeat("x ", 200), 0, strings.Repeat("x ", 200)},
		{"words", "one two three four five six seven eight nine ten", 40, "one two three four five six seven eight\n  nine ten"},
		{"under its column", "warning  kea1: while it migrates, kea-admin shows it", 40, "warning  kea1: while it migrates,\n         kea-admin shows it"},
		{"under a text that is moved in", "      one two three four five six seven eight nine", 40, "      one two three four five six seven\n      eight nine"},
		{"a column too far to the right", "  outage  about 9.3 s, 14 s to the last   (estimated)", 40, "  outage  about 9.3 s, 14 s to the last\n          (estimated)"},
		{"a rule", "    -- asks: stop the fleet? ------------------------", 40, "    -- asks: stop the fleet? -----------"},
		{"a rule with little room", "    == from here on there is no way ========", 40, "    == from here on there is no way ===="},
		{"a rule behind a broken line", "    == from here on there is no way back: ok ========", 40, "    == from here on there is no way\n    back: ok ========"},
		{"a rule without any room", "    == from here on there is no way now ========", 40, "    == from here on there is no way now"},
		{"a long word", "next  /var/backups/kea-lockstep/20261128T051714Z-3xaw/kea1-db1.sql.gz and more", 40,
			"next  /var/backups/kea-lockstep/20261128T051714Z-3xaw/kea1-db1.sql.gz\n      and more"},
		{"colour", "\x1b[33mwarning\x1b[0m  one two three four five six seven eight", 40, "\x1b[33mwarning\x1b[0m  one two three four five six\n         seven eight"},
		{"wide letters", "一二三四五 一二三四五 一二三四五 一二三四五 一二三四五", 40, "一二三四五 一二三四五 一二三四五\n  一二三四五 一二三四五"},
	} {
		if got := fit(c.line, c.columns); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestFitLosesNothing: whatever a line says, its words stand in their order, and only a word that is too long makes a line too long.
func TestFitLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringMatching(`( |  |[a-z]{1,12}|\x1b\[31m){0,60}`).Draw(t, "line")
		columns := rapid.IntRange(fewest, 100).Draw(t, "columns")
		got := fit(line, columns)
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(line), " ") {
			t.Fatalf("%q became %q", line, got)
		}
		for one := range strings.Lines(got) {
			shown := strings.TrimRight(escape.ReplaceAllString(one, ""), " \n")
			if width(shown) > columns && len(strings.Fields(shown)) > 1 && hanging(shown, columns) < columns/2 && longest(shown) < columns/4 {
				t.Fatalf("%q is longer than %d", shown, columns)
			}
		}
	})
}

func longest(line string) (most int) {
	for _, word := range strings.Fields(line) {
		most = max(most, len(word))
	}
	return most
}

func TestAPageFitsItsPaper(t *testing.T) {
	page := NewPage(Paper{Columns: 40})
	page.line(plain, "%s", "  one two three four five six seven eight nine ten")
	page.verbatim(faint, 4, "one two three four five six seven eight nine ten")
	page.table(2, cells("a", "one two three four five six seven eight nine ten"))
	want := "  one two three four five six seven\n    eight nine ten\n" +
		"    one two three four five six seven eight nine ten\n" +
		"  a  one two three four five six seven\n     eight nine ten\n"
	if got := page.String(); got != want {
		t.Errorf("\n%s\nwant\n%s", got, want)
	}
}
