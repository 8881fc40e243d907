package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What is said to hold when things break is said by tests: each section is one, and each line a fault that it tries.
func TestReliabilityNamesFaultsThatAreTried(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "reliability.md"))
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, src := range sources(t) {
		if src.dir == "lab/product" && src.isTest() {
			tests.WriteString(src.text)
		}
	}
	_, sections, _ := strings.Cut(string(text), "\n## ")
	for _, section := range strings.Split(sections, "\n## ") {
		title, table, _ := strings.Cut(section, "\n")
		name, _, _ := strings.Cut(title, " on ")
		if !strings.Contains(tests.String(), "func "+name+"(") {
			t.Errorf("docs/reliability.md has a section %q, which is no test", name)
		}
		for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+?) \|`).FindAllStringSubmatch(table, -1) {
			fault := strings.TrimSpace(row[1][strings.LastIndex(row[1], ", ")+1:])
			moment := `"` + fault[strings.LastIndex(fault, " ")+1:] + `"` // names are made of moments, too
			if fault != "fault" && !strings.Contains(tests.String(), fault) && !strings.Contains(tests.String(), moment) {
				t.Errorf("docs/reliability.md: %s tries no %q", name, row[1])
			}
		}
	}
}
