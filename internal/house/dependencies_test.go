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

func anyWithin(imported string, modules []string) bool {
	for _, module := range modules {
		if within(imported, module) {
			return true
		}
	}
	return false
}
