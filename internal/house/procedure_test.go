package house

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The procedure names, line by line, the tests that hold it, and so does what is said of databases. A name without a test behind it
// would be a claim that nobody keeps.
func TestTheProcedureNamesTestsThatAreThere(t *testing.T) {
	there := map[string]bool{}
	for _, src := range sources(t) {
		for _, decl := range src.tree.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && src.isTest() {
				there[f.Name.Name] = true
			}
		}
	}
	for _, page := range []string{"procedure.md", "databases.md", "identity.md"} {
		text, err := os.ReadFile(filepath.Join(root(t), "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(text), -1)
		if len(named) == 0 {
			t.Fatalf("docs/%s names no test: its table is not read rightly", page)
		}
		for _, name := range named {
			if !there[name[1]] {
				t.Errorf("docs/%s names %s, which is no test", page, name[1])
			}
		}
	}
}
