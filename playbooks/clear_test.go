package playbooks

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestWhatARehearsalRunsEndsWithIt: where there is no systemd, by its environment; grep ends as it does where a process ended meanwhile.
func TestWhatARehearsalRunsEndsWithIt(t *testing.T) {
	h := newHost(t)
	grep, err := exec.LookPath("grep")
	if err != nil {
		t.Skip("grep is not installed here")
	}
	h.program("grep", grep+" \"$@\"\nexit 2")
	run := fmt.Sprint("rehearsal-test-", os.Getpid())
	h.write("state/runs/"+run+"/driver", "")
	left := exec.Command("sleep", "100")
	left.Env = append(os.Environ(), "KL_UNIT=kea-lockstep-"+run+"-try")
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- left.Wait() }()
	p, err := Load("alpine")
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.Script("clear", "")
	if err != nil {
		t.Fatal(err)
	}
	if status, said := h.shell(text, "run="+run, "unit=kea-lockstep-"+run+"-", "patience=1"); status != 0 {
		t.Errorf("%d %s", status, said)
	}
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("what the rehearsal ran is alive")
		_ = left.Process.Kill()
		<-ended
	}
	if _, err := os.Stat(h.path("state/runs/" + run)); !os.IsNotExist(err) {
		t.Errorf("its room is left: %v", err)
	}
}
