//go:build mutants

package orchestrator_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mutantVariable names the mutant that a test binary is to run with.
const mutantVariable = "KEA_LOCKSTEP_MUTANT"

// active is the file that each package with mutants gets besides.
const active = "package %s\n\nimport \"os\"\n\nvar activeMutant = os.Getenv(%q)\n"

// infected builds the tests once, with every mutant in them and none at work, for building takes longer than most mutants live: a function
// with a bug is added beside the one that is there, which hands its calls on when that mutant is at work.
func infected(t *testing.T, all []mutant) (binary string) {
	dir := t.TempDir()
	binary, replace := filepath.Join(dir, "proof.test"), map[string]string{}
	put := func(file, text string) {
		original, err := filepath.Abs(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		replace[original] = filepath.Join(dir, strings.ReplaceAll(file, "/", "-"))
		if err := os.WriteFile(replace[original], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for file, in := range byFile(all) {
		text, name, err := with(file, in)
		if err != nil {
			t.Fatal(err)
		}
		put(file, text)
		put(filepath.Join(filepath.Dir(file), "active_mutant.go"), fmt.Sprintf(active, name, mutantVariable))
	}
	said, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, said, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("a mutant does not build, which kills nothing: %v\n%s", err, out)
	}
	return binary
}

func byFile(all []mutant) map[string][]mutant {
	files := map[string][]mutant{}
	for _, m := range all {
		files[m.file] = append(files[m.file], m)
	}
	return files
}

// with gives a file with mutants added to it, and its package.
func with(file string, mutants []mutant) (text, name string, err error) {
	original, err := os.ReadFile(filepath.Join("..", file))
	if err != nil {
		return "", "", err
	}
	tree, _, err := parsed(string(original))
	if err != nil {
		return "", "", err
	}
	handed := map[int]string{} // what the bodies begin with, by where they do
	added := ""
	for n, m := range mutants {
		mutated, err := m.apply()
		if err != nil {
			return "", "", err
		}
		bug, at, err := m.around(string(original), mutated, fmt.Sprint("Mutant", n+1))
		if err != nil {
			return "", "", fmt.Errorf("mutant %q: %w", m.name, err)
		}
		added += "\n// " + m.name + "\n" + bug.text + "\n"
		handed[at] += bug.call
	}
	text = string(original)
	ends := make([]int, 0, len(handed))
	for at := range handed {
		ends = append(ends, at)
	}
	slices.Sort(ends)
	for _, at := range slices.Backward(ends) {
		if at > 0 {
			text = text[:at] + handed[at] + text[at:]
		}
	}
	return text + added, tree.Name.Name, nil
}

func parsed(text string) (*ast.File, *token.File, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	return tree, fset.File(tree.Pos()), nil
}

// bug is a declaration with a mutant in it, and how the original hands over to it.
type bug struct{ text, call string }

// around gives the bug, and where in the original what hands over to it belongs; 0 where it takes over by itself.
func (m mutant) around(original, mutated, suffix string) (bug, int, error) {
	from := strings.Index("\n"+original, "\n"+m.old)
	to := from + len(m.old) - 1
	was, file, err := parsed(original)
	if err != nil {
		return bug{}, 0, err
	}
	is, now, err := parsed(mutated)
	if err != nil {
		return bug{}, 0, fmt.Errorf("with it nothing can be read: %w", err)
	}
	for i, decl := range was.Decls {
		if file.Offset(decl.Pos()) > from || to > file.Offset(decl.End()) {
			continue
		}
		text := func(n ast.Node) string { return mutated[now.Offset(n.Pos()):now.Offset(n.End())] }
		switch decl := is.Decls[i].(type) {
		case *ast.FuncDecl:
			name := decl.Name.Name + suffix
			call, err := handOver(decl, name, m.name)
			head := mutated[now.Offset(decl.Pos()):now.Offset(decl.Name.Pos())]
			original, _ := was.Decls[i].(*ast.FuncDecl)
			return bug{head + name + mutated[now.Offset(decl.Name.End()):now.Offset(decl.End())], call}, file.Offset(original.Body.Lbrace) + 1, err
		case *ast.GenDecl:
			if v, ok := decl.Specs[0].(*ast.ValueSpec); ok && decl.Tok == token.VAR && len(decl.Specs) == 1 && len(v.Values) == 1 {
				return bug{text: fmt.Sprintf("func init() {\n\tif activeMutant == %q {\n\t\t%s = %s\n\t}\n}", m.name, v.Names[0].Name, text(v.Values[0]))}, 0, nil
			}
		}
	}
	return bug{}, 0, fmt.Errorf("it is neither within one function nor within one variable")
}

// handOver is what a function begins with that hands its call over when the mutant is at work.
func handOver(f *ast.FuncDecl, name, mutant string) (string, error) {
	if f.Recv != nil {
		if len(f.Recv.List[0].Names) == 0 {
			return "", fmt.Errorf("the receiver of %s has no name", f.Name.Name)
		}
		name = f.Recv.List[0].Names[0].Name + "." + name
	}
	var args []string
	for _, p := range f.Type.Params.List {
		_, variadic := p.Type.(*ast.Ellipsis)
		for _, n := range p.Names {
			arg := n.Name
			if variadic {
				arg += "..."
			}
			args = append(args, arg)
		}
		if len(p.Names) == 0 || slices.Contains(args, "_") {
			return "", fmt.Errorf("a parameter of %s has no name", f.Name.Name)
		}
	}
	call := fmt.Sprintf("%s(%s)", name, strings.Join(args, ", "))
	if f.Type.Results != nil {
		return fmt.Sprintf("\n\tif activeMutant == %q {\n\t\treturn %s\n\t}\n", mutant, call), nil
	}
	return fmt.Sprintf("\n\tif activeMutant == %q {\n\t\t%s\n\t\treturn\n\t}\n", mutant, call), nil
}
