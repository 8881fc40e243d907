package house

import (
	"slices"
	"strings"
	"testing"
)

// room is one part of the house: a directory with everything below it, and the
// rooms it may look into. A room may always import what lies within itself.
type room struct {
	dir string
	may []string // directories, each meaning itself and no room below it
}

// rooms is the plan of the house. The longest matching directory decides;
// a package that matches none has no place yet, and the test says so.
//
// The chain is cli -> {live, view, notify, audit, orchestrator} -> fleet -> kea,
// live -> {ssh, dbcheck, playbooks}, world -> fleet. Nothing points back. live
// and world also know the orchestrator's words, because they are its Actor; view
// shows what it plans and what its journal folds to.
func rooms() []room {
	plan := []string{"internal/fleet", "internal/kea", "orchestrator", "orchestrator/journal"}
	return []room{
		{"internal/kea", nil},
		{"ssh", nil},
		{"dbcheck", nil},
		{"playbooks", nil},
		{"internal/house", nil},
		{"lab", nil},
		{"lab/cable", nil}, // networks for tests
		{"internal/fleet", []string{"internal/kea"}},
		{"internal/world", plan},
		{"internal/audit", []string{"internal/fleet", "internal/kea"}},
		{"orchestrator/journal", []string{"internal/fleet", "internal/kea"}},
		{"orchestrator", []string{"orchestrator/journal", "internal/fleet", "internal/kea"}},
		{"internal/notify", plan},
		{"internal/view", append([]string{"internal/audit"}, plan...)},
		{"internal/live", append([]string{"ssh", "dbcheck", "playbooks"}, plan...)},
		{"internal/cli", append([]string{
			"internal/live", "internal/view", "internal/notify", "internal/audit",
		}, plan...)},
		{"cmd/kea-lockstep", []string{"internal/cli"}},
		// The simulated fleet is a module of its own and drives the shipped command.
		// Of dbcheck it takes the structures of Kea's schemas, which its database shows.
		{"sim", []string{"internal/cli", "internal/world", "internal/fleet", "internal/kea", "dbcheck"}},
	}
}

// inTests lists what a room's tests may use beyond what its code may.
func inTests() map[string][]string {
	return map[string][]string{
		"orchestrator":    {"internal/world"},
		"internal/view":   {"internal/world"},
		"internal/audit":  {"internal/world"},
		"internal/notify": {"internal/world"},
		"internal/cli":    {"internal/world"},
		"ssh":             {"lab/cable"},
		"lab":             {"lab/cable"},
	}
}

// owned names the rooms that may use a package from outside; for the standard
// library's ways out of the process too, so that what is pure stays pure.
func owned() map[string][]string {
	return map[string][]string{
		"github.com/urfave/cli":                      {"internal/cli"},
		"golang.org/x/crypto/ssh":                    {"ssh", "lab", "sim"},
		"github.com/skeema/knownhosts":               {"ssh"},
		"github.com/kevinburke/ssh_config":           {"ssh"},
		"github.com/go-sql-driver/mysql":             {"dbcheck", "orchestrator/journal", "lab", "sim"},
		"github.com/lib/pq":                          {"dbcheck", "orchestrator/journal", "lab", "sim"},
		"github.com/insomniacslk/dhcp":               {"internal/live"},
		"database/sql":                               {"dbcheck", "orchestrator/journal", "lab", "sim"},
		"net/http":                                   {"internal/live", "internal/notify", "internal/cli", "lab", "sim"},
		"os/exec":                                    {"ssh", "dbcheck", "internal/live", "internal/notify", "internal/cli", "lab", "lab/cable", "sim"},
		"testing/synctest":                           nil, // in tests only, which are not asked
		"github.com/google/go-cmp":                   nil,
		"pgregory.net/rapid":                         nil,
		"github.com/rogpeppe/go-internal/diff":       {"internal/kea"},
		"github.com/rogpeppe/go-internal/testscript": nil,
		"github.com/santhosh-tekuri/jsonschema":      nil,
		"github.com/creack/pty":                      {"lab", "sim"},
	}
}

func roomOf(dir string) (room, bool) {
	var found room
	for _, r := range rooms() {
		if within(dir, r.dir) && len(r.dir) > len(found.dir) {
			found = r
		}
	}
	return found, found.dir != ""
}

// broken says what is wrong with a file of dir importing the path, or "".
func broken(dir, imported string, test bool) string {
	here, known := roomOf(dir)
	if !known {
		return "the package has no place in the plan of the house: give it one in rooms()"
	}
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		there, known := roomOf(ours)
		switch {
		case !known:
			return "imports " + ours + ", which has no place in the plan of the house"
		case there.dir == here.dir, slices.Contains(here.may, there.dir):
			return ""
		case test && slices.Contains(inTests()[here.dir], there.dir):
			return ""
		}
		return here.dir + " must not know " + there.dir
	}
	if test {
		return ""
	}
	for lib, owners := range owned() {
		if within(imported, lib) && !slices.Contains(owners, here.dir) {
			return lib + " is for tests and for " + strings.Join(append(owners, "nobody else"), ", ")
		}
	}
	return ""
}

func TestNothingPointsBack(t *testing.T) {
	for _, src := range sources(t) {
		for _, imported := range src.imports() {
			if wrong := broken(src.dir, imported, src.isTest()); wrong != "" {
				t.Errorf("%s: %s", src.path, wrong)
			}
		}
	}
}

// The plan itself could be too lenient to ever fail: these are the imports that
// would undo the design, and each must be refused.
func TestThePlanRefuses(t *testing.T) {
	for _, c := range []struct{ dir, imports string }{
		{"internal/kea", "kea-lockstep/internal/fleet"},
		{"internal/fleet", "kea-lockstep/orchestrator"},
		{"orchestrator", "kea-lockstep/ssh"},
		{"orchestrator", "kea-lockstep/internal/live"},
		{"orchestrator", "kea-lockstep/internal/world"},
		{"orchestrator", "kea-lockstep/internal/view"},
		{"orchestrator/journal", "kea-lockstep/orchestrator"},
		{"internal/view", "kea-lockstep/internal/live"},
		{"internal/cli", "kea-lockstep/ssh"},
		{"internal/cli", "kea-lockstep/dbcheck"},
		{"internal/cli", "kea-lockstep/internal/world"},
		{"internal/live", "github.com/urfave/cli/v2"},
		{"internal/kea", "os/exec"},
		{"orchestrator", "database/sql"},
		{"ssh", "kea-lockstep/internal/kea"},
		{"dbcheck", "kea-lockstep/internal/kea"},
		{"lab", "kea-lockstep/internal/cli"},
		{"internal/new", "fmt"},
	} {
		if broken(c.dir, c.imports, false) == "" {
			t.Errorf("%s importing %s is let through", c.dir, c.imports)
		}
	}
	if wrong := broken("internal/live", "kea-lockstep/ssh", false); wrong != "" {
		t.Errorf("live must be able to use ssh: %s", wrong)
	}
}
