package ssh_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

// marker makes a server's lock and epoch files, and the guard that fits them.
func marker(t *testing.T) *ssh.Guard {
	t.Helper()
	dir := t.TempDir()
	return &ssh.Guard{Lock: filepath.Join(dir, "lock"), Epoch: writeFile(t, dir, "epoch", "run-1 3\n"), Want: "run-1 3", Wait: 10 * time.Second}
}

func setEpoch(t *testing.T, g *ssh.Guard, content string) {
	t.Helper()
	if err := os.WriteFile(g.Epoch, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestGuardLetsOnlyThePresentEpochAct(t *testing.T) {
	needs(t, "flock")
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	g := marker(t)
	ran := filepath.Join(t.TempDir(), "ran")
	act := func() error {
		r, err := h.Run(within(t, 20*time.Second), ssh.Command{Script: `: >"$F"; echo did`, Params: []ssh.Param{{"F", ran}}, Guard: g})
		if err == nil && string(r.Stdout) != "did\n" {
			t.Errorf("output %q", r.Stdout)
		}
		return err
	}
	if err := act(); err != nil || !exists(ran) {
		t.Fatal(err)
	}
	for _, found := range []string{"run-1 4\n", "", "run-1 3 \n", "run-1 30", " run-1 3"} {
		os.Remove(ran)
		setEpoch(t, g, found)
		err := act()
		s, ok := errors.AsType[*ssh.SupersededError](err)
		if !errors.Is(err, ssh.ErrSuperseded) || !ok || s.Found != strings.TrimRight(found, "\n") || exists(ran) {
			t.Errorf("epoch %q: %v, ran %v", found, err, exists(ran))
		}
	}
	os.Remove(g.Epoch)
	if err := act(); !errors.Is(err, ssh.ErrSuperseded) || exists(ran) {
		t.Errorf("no epoch: %v", err)
	}
	setEpoch(t, g, "run-1 3\n")
	g.Lock = "/nonexistent/lock"
	if err := act(); !errors.Is(err, ssh.ErrGuardBusy) || exists(ran) {
		t.Errorf("no lock: %v", err)
	}
}

func TestGuardedScriptsTakeTurns(t *testing.T) {
	needs(t, "flock")
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	g := marker(t)
	busy := filepath.Join(t.TempDir(), "busy")
	errs := make(chan error)
	for range 6 {
		go func() {
			r, err := h.Run(within(t, 30*time.Second), ssh.Command{Guard: g, Params: []ssh.Param{{"B", busy}},
				Script: `mkdir "$B" || exit 9; sleep 0.02; rmdir "$B"`})
			if err == nil && r.Status != 0 {
				err = errors.New("two at once")
			}
			errs <- err
		}()
	}
	for range 6 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestGuardIsNotHeldByWhatAScriptLeavesBehind(t *testing.T) {
	needs(t, "flock")
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	g := marker(t)
	r, err := h.Run(within(t, 10*time.Second), ssh.Command{Script: "sleep 60 >/dev/null 2>&1 & echo $!", Guard: g})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Command("kill", strings.TrimSpace(string(r.Stdout))).Run()
	g.Wait = time.Second
	if _, err := h.Run(within(t, 10*time.Second), ssh.Command{Script: "true", Guard: g}); err != nil {
		t.Error(err)
	}
}

func TestGuardThatIsHeldIsBusy(t *testing.T) {
	needs(t, "flock")
	h := host(t, sshtest.Start(t, sshtest.Options{}))
	g := marker(t)
	holder := exec.Command("flock", g.Lock, "sh", "-c", "echo held; read x")
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer holder.Wait()
	defer in.Close()
	out.Read(make([]byte, 5))
	g.Wait = time.Second
	_, err = h.Run(within(t, 20*time.Second), ssh.Command{Script: "true", Guard: g})
	if !errors.Is(err, ssh.ErrGuardBusy) || errors.Is(err, ssh.ErrFateUnknown) {
		t.Errorf("%v, want ErrGuardBusy", err)
	}
}

func TestGuardOfAJob(t *testing.T) {
	h, _, dir := jobHost(t)
	g := marker(t)
	ran := filepath.Join(t.TempDir(), "ran")
	release := filepath.Join(t.TempDir(), "release")
	j := ssh.Job{Dir: dir, Guard: g, Params: []ssh.Param{{"F", ran}, {"R", release}},
		Script: `: >"$F"; until [ -e "$R" ]; do sleep 0.01; done`}
	setEpoch(t, g, "run-1 4")
	if err := h.StartJob(within(t, 20*time.Second), j); !errors.Is(err, ssh.ErrSuperseded) || exists(dir) {
		t.Errorf("superseded at the claim: %v", err)
	}
	setEpoch(t, g, "run-1 3")
	start(t, h, j)
	eventually(t, "the job's script", func() bool { return exists(ran) })
	// A long job does not keep the next driver from taking over.
	if err := exec.Command("flock", "-n", g.Lock, "true").Run(); err != nil {
		t.Errorf("the running job holds the guard's lock: %v", err)
	}
	writeFile(t, filepath.Dir(release), "release", "")
	if s, err := h.WaitJob(within(t, 20*time.Second), dir, nil); err != nil || s.Phase != ssh.JobDone || s.Refused {
		t.Errorf("%v, %+v", err, s)
	}
}

// Between the claim and the job's first act somebody else takes over.
func TestJobThatIsSupersededBeforeItBegins(t *testing.T) {
	needs(t, "flock", "setsid", "sync")
	g := marker(t)
	// A launcher that bumps the epoch stands for the gap between the two checks.
	s := sshtest.Start(t, sshtest.Options{Fake: map[string]string{"setsid": `echo 'run-2 1' >` + g.Epoch + `; exec "$@"`}})
	h := host(t, s)
	dir, ran := filepath.Join(t.TempDir(), "step", "1"), filepath.Join(t.TempDir(), "ran")
	start(t, h, ssh.Job{Dir: dir, Guard: g, Script: `: >"$F"`, Params: []ssh.Param{{"F", ran}}, Secrets: []ssh.Secret{{"W", "x"}}})
	state, err := h.WaitJob(within(t, 20*time.Second), dir, nil)
	if err != nil || state.Phase != ssh.JobDone || !state.Refused || exists(ran) || exists(filepath.Join(dir, "secrets")) {
		t.Errorf("%v, %+v, ran %v", err, state, exists(ran))
	}
}
