package playbooks

import (
	"path/filepath"
	"strings"
	"testing"
)

// The dump of before a migration is what leads back: none that comes later takes its place, whatever its name.
func TestNoDumpTakesThePlaceOfAnother(t *testing.T) {
	h := newHost(t)
	dump := func(holds string) string {
		t.Helper()
		h.program("mysqldump", "echo '"+holds+"'\necho '-- Dump completed'")
		status, said := h.runOn("mysql", "dump", "client=true", "dumper=mysqldump", "host=192.0.2.1", "port=3306", "user=kea", "database=kea",
			"option_password=p", "option_tls=", "dir="+h.path("dumps"), "name=kea-db1")
		for line := range strings.Lines(said) {
			if path, ok := strings.CutPrefix(line, "path\t"); status == 0 && ok {
				return strings.TrimSpace(path)
			}
		}
		t.Fatalf("status %d: %s", status, said)
		return ""
	}
	first := dump("the old schema")
	kept := h.read(filepath.Join("dumps", filepath.Base(first)))
	second, third := dump("another"), dump("a third")
	if first == second || second == third || first == third {
		t.Errorf("dumps at %s, %s and %s", first, second, third)
	}
	if now := h.read(filepath.Join("dumps", filepath.Base(first))); now != kept || kept == "" {
		t.Error("the first dump is another one now")
	}
}
