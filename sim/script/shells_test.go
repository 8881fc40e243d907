package script

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// atPrompt are shells at a terminal, with the completion that the program prints. Prompts end in "> ".
var atPrompt = []struct {
	shell string
	args  []string
	says  []string // typed first
}{
	{"bash", []string{"--norc", "--noprofile", "-i"}, []string{"PS1='> '", "bind 'set bell-style none'", "source <(kea-lockstep completion bash)"}},
	{"zsh", []string{"-f", "-i"}, []string{"PS1='> '", "unsetopt zle_bracketed_paste prompt_sp beep", "autoload -Uz compinit; compinit -u -d ./dump", "source <(kea-lockstep completion zsh)"}},
	{"fish", []string{"--no-config", "-i"}, []string{"function fish_prompt; printf '> '; end", "set fish_autosuggestion_enabled 0", "kea-lockstep completion fish | source"}},
}

// completing are lines as they are typed, with a tab for each ⇥, and what stands there afterwards.
var completing = []struct{ typed, becomes string }{
	{"sur⇥", "kea-lockstep survey "},
	{"-f fl⇥", "kea-lockstep -f fleet.yaml "},
	{"--output=js⇥", "kea-lockstep --output=json"},
	{"status --out⇥te⇥", "kea-lockstep status --output text"},
	{"-f fleet.yaml upgrade --canary west⇥", "kea-lockstep -f fleet.yaml upgrade --canary west-1"},
	{"resume --from=ea⇥ -f fleet.yaml", "kea-lockstep resume --from=east-1"},
	{"-f 'a fleet.yaml' resume --from nor⇥", "kea-lockstep -f 'a fleet.yaml' resume --from north"},
	{"upgrade --plan=pla⇥", "kea-lockstep upgrade --plan=plan.json"},
	{"--state sub⇥", "kea-lockstep --state subdirectory"},
}

// Each shell completes as it is typed, by a real terminal.
func TestShellsComplete(t *testing.T) {
	for _, sh := range atPrompt {
		t.Run(sh.shell, func(t *testing.T) {
			path, err := exec.LookPath(sh.shell)
			if err != nil {
				t.Skipf("%s is not installed: %v", sh.shell, err)
			}
			cmd := exec.CommandContext(t.Context(), path, sh.args...)
			cmd.Dir = desk(t)
			cmd.Env = append(os.Environ(), "PATH="+program(t)+":"+os.Getenv("PATH"), "HOME="+cmd.Dir, "TERM=xterm", "LC_ALL=C.UTF-8", "XDG_STATE_HOME="+cmd.Dir)
			s := inTerminal(t, 120, 40, cmd)
			for i, line := range sh.says {
				s.types(line + fmt.Sprintf("; echo 'ready' %d\n", i))
				s.await(fmt.Sprintf("ready %d", i))
			}
			for _, c := range completing {
				s.types("\x15\x0c") // what was typed is gone, and what was shown
				s.awaitThat("the prompt alone", func(text string) bool { return strings.TrimSpace(text) == ">" })
				s.types("kea-lockstep " + strings.ReplaceAll(c.typed, "⇥", "\t"))
				s.awaitThat(c.becomes, func(text string) bool { return strings.HasPrefix(last(text), "> "+strings.TrimSpace(c.becomes)) })
			}
			s.types("\x15exit\n")
			<-s.over
			_ = cmd.Wait() // it ends as its last command did
		})
	}
}

// desk is a directory with what the lines name: fleet files and a saved plan.
func desk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"fleet.yaml":   "version: 1\nservers: [ { name: west-1 }, { name: east-1 } ]\n",
		"a fleet.yaml": "version: 1\nservers: [ { name: north } ]\n",
		"plan.json":    "{}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "subdirectory"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}
