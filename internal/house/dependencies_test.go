package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each dependency has its reason in docs/dependencies.md, where a reader who
// has to trust it looks. The lab and the simulator are held to it as well.
func TestEachDependencyHasItsReason(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .{20,}\\|$").FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, row[1])
	}
	if len(listed) == 0 {
		t.Fatal("no module is listed: the table is not read rightly")
	}
	for _, src := range sources(t) {
		for _, imported := range src.imports() {
			domain, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(domain, ".") || anyWithin(imported, listed) {
				continue
			}
			t.Errorf("%s imports %s, which has no reason in docs/dependencies.md", src.path, imported)
		}
	}
}

// A reason without a dependency is as wrong: what was dropped is dropped there too.
func TestEachReasonHasItsDependency(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	simulator, err := os.ReadFile(filepath.Join(root(t), "sim", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, simulator...)
	reasons, err := os.ReadFile(filepath.Join(root(t), "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(text), -1) {
		direct[row[1]] = true
	}
	modules, _, _ := strings.Cut(string(reasons), "\n## Tools\n")
	listed := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(modules, -1)
	if len(direct) == 0 || len(listed) == 0 {
		t.Fatalf("%d modules in go.mod, %d in docs/dependencies.md: one is not read rightly", len(direct), len(listed))
	}
	for _, row := range listed {
		if !direct[row[1]] {
			t.Errorf("docs/dependencies.md lists %s, which go.mod does not require directly", row[1])
		}
	}
}

func anyWithin(imported string, modules []string) bool {
	for _, module := range modules {
		if within(imported, module) {
			return true
		}
	}
	return false
}
