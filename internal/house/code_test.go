package house

import (
	"go/ast"
	"strings"
	"testing"
)

// lines is how long a file may be before it is two ideas.
const lines = 400

func TestEachPackageSaysWhatItOwns(t *testing.T) {
	docs, code := map[string]string{}, map[string]bool{}
	for _, src := range sources(t) {
		if !src.isTest() && src.tree.Name.Name != "main" {
			code[src.dir] = true
		}
		if strings.HasSuffix(src.path, "/doc.go") {
			docs[src.dir] = src.tree.Doc.Text()
		}
	}
	for dir := range code {
		if !strings.HasPrefix(docs[dir], "Package ") {
			t.Errorf("%s has no doc.go that begins with a package comment: what it owns, what it must never do, what it may import", dir)
		}
	}
}

func TestAFileIsOneIdea(t *testing.T) {
	for _, src := range sources(t) {
		if n := strings.Count(src.text, "\n"); n > lines && !src.isTest() && !ast.IsGenerated(src.tree) {
			t.Errorf("%s has %d lines; over %d it is two ideas", src.path, n, lines)
		}
	}
}

func TestNothingHappensBehindTheReader(t *testing.T) {
	for _, src := range sources(t) {
		ast.Inspect(src.tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: init() runs unseen", src.at(n.Pos()))
				}
			case *ast.CallExpr:
				if wrong := badCall(src, n); wrong != "" {
					t.Errorf("%s: %s", src.at(n.Pos()), wrong)
				}
			}
			return true
		})
	}
}

// badCall says why a call has no place in the file, or "".
func badCall(src source, call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	switch pkg.Name + "." + sel.Sel.Name {
	case "os.Exit", "log.Fatal", "log.Fatalf":
		if !src.isTest() && src.tree.Name.Name != "main" {
			return "only main ends the process"
		}
	case "time.Sleep":
		if src.isTest() && !strings.Contains(src.text, `"testing/synctest"`) {
			return "a test waits for what it awaits, with a deadline, or uses testing/synctest"
		}
	}
	return ""
}
