package house

import (
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The manual page says which commands and flags there are, no more and no fewer.
func TestTheManualKnowsEveryCommandAndFlag(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "kea-lockstep.1.md"))
	if err != nil {
		t.Fatal(err)
	}
	manual := strings.ReplaceAll(string(text), `\-`, "-")
	_, commands, _ := strings.Cut(manual, "\n# COMMANDS\n")
	commands, _, _ = strings.Cut(commands, "\n# ")
	code := commandLine(t)
	compare(t, "command", code["Command"], regexp.MustCompile(`(?m)^\*\*([a-z]+)\*\*`).FindAllStringSubmatch(commands, -1))
	compare(t, "flag", code["Flag"], regexp.MustCompile(`\*\*--([a-z-]+)`).FindAllStringSubmatch(manual, -1))
}

func compare(t *testing.T, what string, code map[string]bool, manual [][]string) {
	t.Helper()
	said := map[string]bool{}
	for _, m := range manual {
		said[m[1]] = true
	}
	if len(code) < 5 {
		t.Fatalf("only the %ss %v are found: the code is not read rightly", what, slices.Collect(maps.Keys(code)))
	}
	for name := range code {
		if !said[name] {
			t.Errorf("the manual page lacks the %s %s", what, name)
		}
	}
	for name := range said {
		if !code[name] {
			t.Errorf("the manual page has a %s %s, and the program has not", what, name)
		}
	}
}

// commandLine reads the names of the commands ("Command") and flags ("Flag") from the literals that make them.
func commandLine(t *testing.T) map[string]map[string]bool {
	t.Helper()
	names := map[string]map[string]bool{"Command": {}, "Flag": {}}
	for _, src := range sources(t) {
		if src.dir != "internal/cli" || src.isTest() {
			continue
		}
		ast.Inspect(src.tree, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			of, ok := lit.Type.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			for what := range names {
				if strings.HasSuffix(of.Sel.Name, what) {
					if name := nameIn(lit); name != "" {
						names[what][name] = true
					}
				}
			}
			return true
		})
	}
	return names
}

// nameIn is the text that a literal gives its field Name.
func nameIn(lit *ast.CompositeLit) string {
	for _, element := range lit.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, isName := pair.Key.(*ast.Ident)
		value, isText := pair.Value.(*ast.BasicLit)
		if isName && isText && key.Name == "Name" {
			text, _ := strconv.Unquote(value.Value)
			return text
		}
	}
	return ""
}
