package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// module is the path that go.mod gives this module.
const module = "kea-lockstep"

// source is one Go file of the module, by its path from the root.
type source struct {
	path string // "internal/kea/doc.go"
	dir  string // "internal/kea"
	text string
	tree *ast.File
	fset *token.FileSet
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// at renders a place in the file as an editor can jump to it.
func (s source) at(pos token.Pos) string {
	p := s.fset.Position(pos)
	p.Filename = s.path
	return p.String()
}

// imports lists the import paths of the file.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.tree.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`+"`"))
	}
	return paths
}

// root is the checkout: the directory with go.mod above this package.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("the checkout's root should be two levels up: %v", err)
	}
	return dir
}

// walk calls visit with every file of the checkout that belongs to it: version
// control's own and what was built are left out.
func walk(t *testing.T, visit func(name string, read func() []byte)) {
	t.Helper()
	files := os.DirFS(root(t))
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch path.Base(name) {
			case ".git", "bin":
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		visit(name, func() []byte {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			return text
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sources parses every Go file of the checkout, whatever its build tags.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	walk(t, func(name string, read func() []byte) {
		if path.Ext(name) != ".go" || strings.Contains(name, "/testdata/") {
			return
		}
		fset := token.NewFileSet()
		text := read()
		tree, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s does not parse: %v", name, err)
			return
		}
		all = append(all, source{path: name, dir: path.Dir(name), text: string(text), tree: tree, fset: fset})
	})
	if len(all) < 4 {
		t.Fatalf("only %d Go files found: the walk is broken, and every rule would pass", len(all))
	}
	return all
}

// within says whether dir is the directory base or lies below it.
func within(dir, base string) bool {
	return dir == base || strings.HasPrefix(dir, base+"/")
}
