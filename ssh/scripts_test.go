package ssh

import (
	"os/exec"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

func embedded() map[string]string {
	return map[string]string{"system": systemSh, "open": openSh, "guard": guardSh, "put": putSh, "get": getSh, "jobstart": jobStartSh,
		"jobrun": jobRunSh, "joblook": jobLookSh, "jobwait": jobLookSh + jobWaitSh, "joboutput": jobOutputSh}
}

func TestScriptsArePOSIX(t *testing.T) {
	for name, text := range embedded() {
		if _, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), name); err != nil {
			t.Error(err)
		}
	}
}

func TestScriptsPassShellcheck(t *testing.T) {
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("this machine has no shellcheck")
	}
	for name, text := range embedded() {
		// SC2154: the parameters are set before the script. SC1091: what is read is made on the server.
		cmd := exec.Command(shellcheck, "-s", "sh", "-e", "SC2154,SC1091", "-")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// However a value is made up, sh takes it for one word and nothing else.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "'", `'\''`, "$(id)", "a\nb", "\\", "\xff'\x81", "}; exit"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		text, err := assignments([]Param{{"V", value}})
		if strings.IndexByte(value, 0) >= 0 {
			if err == nil {
				t.Fatal("a NUL byte was let through")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-c", text+`printf '%s' "$V"`).Output()
		if err != nil || string(out) != value {
			t.Fatalf("%q arrived as %q: %v", value, out, err)
		}
	})
}

func FuzzParseJobState(f *testing.F) {
	f.Add("claim made\nalive yes\nunit u\nboot a\nboot-now a\nstarted-pid 1\nstarted-at 5.000000001\n")
	f.Add("claim made\nalive no\nstatus-kind done\nstatus-exit 3\nstatus-at 9.N\n")
	f.Add("claim absent\n")
	f.Fuzz(func(t *testing.T, look string) {
		s, err := parseJobState(look)
		if s.Phase == JobDone && !strings.Contains(look, "status-exit ") {
			t.Fatalf("done without a status: %q", look)
		}
		if s.Phase == JobAbsent && !strings.Contains(look, "absent") || err != nil && s.Phase != JobUnknown {
			t.Fatalf("%v, %v from %q", s, err, look)
		}
	})
}
