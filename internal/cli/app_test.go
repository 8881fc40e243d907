package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call runs the command line and returns its exit code and both streams.
func call(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var out, talk bytes.Buffer
	argv := append([]string{"kea-lockstep"}, args...)
	code := Main(context.Background(), argv, Streams{In: strings.NewReader(""), Out: &out, Err: &talk})
	return code, out.String(), talk.String()
}

func TestVersionIsTheOnlyThingOnStdout(t *testing.T) {
	code, out, talk := call(t, "version")
	if code != 0 || !strings.HasPrefix(out, "kea-lockstep ") || strings.Count(out, "\n") != 1 || talk != "" {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out, talk)
	}
}

func TestWhatCannotBeReadIsUsageOnStderr(t *testing.T) {
	for _, typed := range []string{"", "upgrad", "version --no-such", "version extra", "--", "-- upgrad",
		"survey --to 3.0.3", "runs --yes", "plan --parallel many", "plan --to 3.0.3 --parallel many -o json"} {
		code, out, talk := call(t, strings.Fields(typed)...)
		if code != 2 || out != "" || !strings.HasPrefix(talk, "kea-lockstep: ") {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", typed, code, out, talk)
		}
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	code, out, _ := call(t, "--help")
	if code != 0 {
		t.Fatalf("exit %d", code)
	}
	for _, command := range newApp(newProgram(Streams{})).Commands {
		if !strings.Contains(out, command.Name) {
			t.Errorf("help does not name %s", command.Name)
		}
	}
}

// The manual page must be true: each command has its entry, and no entry
// speaks of a command that is not there.
func TestTheManualPageNamesEveryCommand(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "kea-lockstep.1.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n# COMMANDS\n")
	if !found {
		t.Fatal("the manual page has no section COMMANDS")
	}
	section, _, _ = strings.Cut(section, "\n# ")
	documented := map[string]bool{}
	for line := range strings.SplitSeq(section, "\n") {
		if entry, ok := strings.CutPrefix(line, "**"); ok {
			name, _, _ := strings.Cut(entry, "**")
			documented[name] = true
		}
	}
	for _, command := range newApp(newProgram(Streams{})).Commands {
		if !documented[command.Name] {
			t.Errorf("the manual page has no entry for %s", command.Name)
		}
		delete(documented, command.Name)
	}
	for name := range documented {
		t.Errorf("the manual page has an entry for %s, which is no command", name)
	}
}
