package house

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The procedure names, line by line, the tests that hold it. A name without a test behind it would be a claim that nobody keeps.
func TestTheProcedureNamesTestsThatAreThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "procedure.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, src := range sources(t) {
		for _, decl := range src.tree.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && src.isTest() {
				there[f.Name.Name] = true
			}
		}
	}
	named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) == 0 {
		t.Fatal("the procedure names no test: its table is not read rightly")
	}
	for _, name := range named {
		if !there[name[1]] {
			t.Errorf("docs/procedure.md names %s, which is no test", name[1])
		}
	}
}
