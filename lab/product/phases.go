//go:build lab

package product

import (
	"regexp"
	"slices"
	"strings"
)

// phases are the columns of the table over all faults, with the steps that belong to each. The canary is k1.
var phases = []struct {
	name  string
	steps *regexp.Regexp
}{
	{"before", regexp.MustCompile(`^from the beginning$`)},
	{"prefetch", regexp.MustCompile(` (prefetch|stage)-`)},
	{"stop", regexp.MustCompile(` (claim|fence|stop)-`)},
	{"back up", regexp.MustCompile(` (dump|prove|contents)-`)},
	{"upgrade canary", regexp.MustCompile(` (install|configure)-k1$`)},
	{"migrate", regexp.MustCompile(` migrate-`)},
	{"verify", regexp.MustCompile(` (verify-|test-k1$)`)},
	{"start canary", regexp.MustCompile(` (unfence|start)-k1$`)},
	{"confirm canary", regexp.MustCompile(` confirm-k1$`)},
	{"upgrade rest", regexp.MustCompile(` (install|configure|test)-k[2-9]$`)},
	{"start rest", regexp.MustCompile(` (unfence|start)-k[2-9]$`)},
	{"confirm rest", regexp.MustCompile(` confirm-k[2-9]$`)},
	{"release", regexp.MustCompile(` release-`)},
	{"the way back", regexp.MustCompile(` old-`)},
}

// The table stands between these.
const (
	tableBegins = "<!-- faults x phases: made of the lines below -->"
	tableEnds   = "<!-- end -->"
)

var (
	exitCode  = regexp.MustCompile(`^(killed|\d+)`)
	wayOnCode = regexp.MustCompile(`(?:^|; )(?:resume|rollback|abort|upgrade)[^:;]*: (\d+)`)
)

// tabled replaces the table over all faults by one that is made of the lines below it: for each test and phase how its runs ended, at
// once or on the way on.
func tabled(lines []string) []string {
	begins, ends := slices.Index(lines, tableBegins), slices.Index(lines, tableEnds)
	if begins < 0 || ends < begins {
		return lines
	}
	cells := map[string]map[string][]string{}
	var tests []string
	test := ""
	for _, line := range lines[ends:] {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			test = title
			continue
		}
		row := strings.Split(strings.Trim(line, "| "), " | ")
		if test == "" || !strings.HasPrefix(line, "| ") || len(row) < 4 || row[0] == "fault" {
			continue
		}
		if cells[test] == nil {
			cells[test] = map[string][]string{}
			tests = append(tests, test)
		}
		end := exitCode.FindString(row[2])
		if on := wayOnCode.FindAllStringSubmatch(row[3], -1); len(on) > 0 {
			end += " → " + on[len(on)-1][1]
		}
		for _, p := range phases {
			if p.steps.MatchString(row[1]) && !slices.Contains(cells[test][p.name], end) {
				cells[test][p.name] = append(cells[test][p.name], end)
			}
		}
	}
	slices.Sort(tests)
	head, rule := "| test |", "|---|"
	for _, p := range phases {
		head, rule = head+" "+p.name+" |", rule+"---|"
	}
	table := []string{tableBegins, "", head, rule}
	for _, test := range tests {
		row := "| " + strings.TrimPrefix(test, "Test") + " |"
		for _, p := range phases {
			slices.Sort(cells[test][p.name])
			row += " " + strings.Join(cells[test][p.name], ", ") + " |"
		}
		table = append(table, row)
	}
	return slices.Concat(lines[:begins], table, []string{""}, lines[ends:])
}
