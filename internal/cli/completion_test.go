package cli

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"kea-lockstep/internal/world"
)

// offered is what is offered at the end of a line, whose words are parted by one blank each: its kind, and the words.
func (b *bench) offered(line string) (string, []string) {
	b.t.Helper()
	var out, talk bytes.Buffer
	argv := append([]string{"kea-lockstep", "completion", "bash", "--"}, strings.Split(strings.ReplaceAll(line, "DIR", b.dir), " ")...)
	if code := b.program(&out, &talk).main(context.Background(), argv); code != 0 || talk.Len() > 0 {
		b.t.Fatalf("%s: exit %d, %s", line, code, talk.String())
	}
	kind, list, _ := strings.Cut(out.String(), "\n")
	var words []string
	for one := range strings.Lines(list) {
		word, _, _ := strings.Cut(one, "\t")
		words = append(words, word)
	}
	return kind, words
}

func TestWhatIsOfferedWhereTheCursorIs(t *testing.T) {
	b := newBench(t, 3)
	for line, want := range map[string]string{
		"su":                                       "words survey",
		"--output=json su":                         "words survey",
		"-f DIR/fleet.yaml su":                     "words survey",
		"--out":                                    "words --output",
		"plan --to 3.0.3 --can":                    "words --canary",
		"survey --can":                             "words",
		"status -o ":                               "words text json",
		"status --output=j":                        "words --output=json",
		"-o=":                                      "words -o=text -o=json",
		"upgrade --accept unpr":                    "words unprovable-sessions unproved-backup",
		"plan --to 2.4.":                           "words 2.4.2 2.4.1 2.4.0",
		"-f DIR/fleet.yaml plan --canary ":         "words k1 k2 k3",
		"resume --from k2 -f DIR/fleet.yaml":       "files",
		"resume -f DIR/fleet.yaml --from k3":       "words k3",
		"resume -f DIR/none.yaml --from ":          "words",
		"--declare-dead=k -f":                      "words",
		"--fleet DIR/fleet.yaml --declare-dead=k1": "words --declare-dead=k1",
		"upgrade --plan ":                          "files",
		"upgrade --plan=pl":                        "files",
		"--state ":                                 "directories",
		"plan --parallel ":                         "words",
		"completion ":                              "words bash zsh fish",
		"completion bash ":                         "words",
		"plan -- --":                               "words",
		"-- su":                                    "words",
		"frobnicate --":                            "words",
		"version -":                                "words",
	} {
		kind, words := b.offered(line)
		if got := strings.Join(append([]string{kind}, words...), " "); got != want {
			t.Errorf("%q\n offers %s\n want   %s", line, got, want)
		}
	}
	for _, line := range []string{"", "-o json "} {
		if _, words := b.offered(line); !slices.Contains(words, "upgrade") || !slices.Contains(words, "completion") {
			t.Errorf("%q offers no command: %s", line, words)
		}
	}
	if _, words := b.offered("-"); !slices.Contains(words, "-f") || !slices.Contains(words, "--declare-dead") {
		t.Errorf("a dash offers %s", words)
	}
}

// Runs are offered to who can do something with them.
func TestRunsAreOffered(t *testing.T) {
	b := newBench(t, 2)
	line := func(command string) string { return "--state DIR/state " + command + " " }
	if _, words := b.offered(line("status")); len(words) > 0 {
		t.Errorf("offered %s, and none is kept", words)
	}
	b.at = failing("start-k1/", world.Fails)
	b.expect(codeHaltedPast, "upgrade --to 3.0.3 --yes")
	for _, command := range []string{"status", "resume", "rollback"} {
		if _, words := b.offered(line(command)); len(words) != 1 || words[0] != b.newestRun() {
			t.Errorf("%s is offered %s", command, words)
		}
	}
	b.at = nil
	b.expect(codeDone, "resume --yes")
	if _, words := b.offered(line("resume")); len(words) > 0 {
		t.Errorf("resume is offered %s, which is done", words)
	}
	if _, words := b.offered(line("status -o text")); len(words) != 1 {
		t.Errorf("status is offered %s", words)
	}
	if _, words := b.offered(line("status " + b.newestRun())); len(words) > 0 {
		t.Errorf("a second run is offered: %s", words)
	}
	_, groups := b.offered("--state DIR/state -f DIR/fleet.yaml survey --group ")
	if !slices.Equal(groups, []string{"k1+k2"}) {
		t.Errorf("groups: %s", groups)
	}
}

// What a usage names as formats is what the command writes.
func TestTheFormatsOfferedAreWritten(t *testing.T) {
	b := newBench(t, 1)
	b.expect(codeDone, "upgrade --to 3.0.3 --yes")
	for _, command := range []string{"survey", "check", "plan --to 3.0.3", "status", "runs", "report"} {
		_, formats := b.offered(command + " -o ")
		for _, format := range formats {
			b.expect(codeDone, command+" -o "+format)
		}
		if len(formats) < 2 {
			t.Errorf("%s: formats %s", command, formats)
		}
	}
}

func TestCompletionKnowsItsShells(t *testing.T) {
	for _, shell := range shells {
		code, out, talk := call(t, "completion", shell)
		if code != 0 || !strings.Contains(out, "completion "+shell+" -- ") || talk != "" {
			t.Errorf("%s: exit %d, %q", shell, code, talk)
		}
	}
	for _, typed := range []string{"completion", "completion tcsh", "completion ../completion"} {
		if code, out, talk := call(t, strings.Fields(typed)...); code != 2 || out != "" || !strings.Contains(talk, "bash|zsh|fish") {
			t.Errorf("%s: exit %d, %q, %q", typed, code, out, talk)
		}
	}
}
