package script

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// process is a command line of kea-lockstep that is being run.
func process(ts *testscript.TestScript, args ...string) *exec.Cmd {
	program, err := exec.LookPath("kea-lockstep")
	ts.Check(err)
	cmd := exec.Command(program, args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "XDG_STATE_HOME", "NO_COLOR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	return cmd
}

// meanwhile runs kea-lockstep, lets something happen once its talk has the text, and wants that code. What it said is in the file talk.
func meanwhile(ts *testscript.TestScript, code, text string, args []string, happens func(*os.Process)) {
	cmd := process(ts, args...)
	talk, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	var said strings.Builder
	seen := false
	for lines := bufio.NewScanner(talk); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if !seen && strings.Contains(lines.Text(), text) {
			seen = true
			happens(cmd.Process)
		}
	}
	_ = cmd.Wait() // the code tells
	ts.Check(os.WriteFile(ts.MkAbs("talk"), []byte(said.String()), 0o600))
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); !seen || got != code {
		ts.Fatalf("it ended with %s, not %s:\n%s", got, code, said.String())
	}
}

// interrupted is "interrupted CODE TEXT ARGUMENT...": runs kea-lockstep, interrupts it once its talk has the text, and wants that code.
func interrupted(ts *testscript.TestScript, _ bool, args []string) {
	meanwhile(ts, args[0], args[1], args[2:], func(p *os.Process) { ts.Check(p.Signal(os.Interrupt)) })
}

// killed is "killed TEXT ARGUMENT...": runs kea-lockstep, and kills it once its talk has the text.
func killed(ts *testscript.TestScript, _ bool, args []string) {
	meanwhile(ts, "-1", args[0], args[1:], func(p *os.Process) { ts.Check(p.Kill()) })
}

// asked is "asked CODE COMMAND TEXT ARGUMENT...": runs kea-lockstep, and once its talk has the text COMMAND (pause or abort) in another
// process. Both must end with that code; what the other one said is in the file asked.
func asked(ts *testscript.TestScript, _ bool, args []string) {
	other := process(ts, args[1])
	var said strings.Builder
	other.Stderr = &said
	meanwhile(ts, args[0], args[2], args[3:], func(*os.Process) { ts.Check(other.Start()) })
	_ = other.Wait() // the code tells
	ts.Check(os.WriteFile(ts.MkAbs("asked"), []byte(said.String()), 0o600))
	if got := strconv.Itoa(other.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("%s ended with %s, not %s:\n%s", args[1], got, args[0], said.String())
	}
}
