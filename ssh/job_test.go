package ssh_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kea-lockstep/ssh"
	"kea-lockstep/ssh/sshtest"
)

// jobHost is a host whose jobs run detached by setsid, and a directory for them.
func jobHost(t *testing.T) (*ssh.Host, *sshtest.Server, string) {
	t.Helper()
	needs(t, "flock", "setsid", "sync")
	if exists("/run/systemd/system") && os.Getuid() != 0 {
		t.Skip("systemd runs here, and starting a unit of it needs root")
	}
	s := sshtest.Start(t, sshtest.Options{})
	h := pool(t, ssh.Options{Keepalive: 100 * time.Millisecond}).Host(login(s))
	return h, s, filepath.Join(t.TempDir(), "jobs", "run", "step", "1")
}

func start(t *testing.T, h *ssh.Host, j ssh.Job) {
	t.Helper()
	if err := h.StartJob(within(t, 20*time.Second), j); err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, h *ssh.Host, dir string) ssh.JobState {
	t.Helper()
	s, err := h.Job(within(t, 20*time.Second), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJobFromAbsentToDone(t *testing.T) {
	h, _, dir := jobHost(t)
	if s := look(t, h, dir); s.Phase != ssh.JobAbsent {
		t.Fatalf("before: %v", s.Phase)
	}
	if exists(filepath.Dir(dir)) {
		t.Error("looking made directories")
	}
	release := filepath.Join(t.TempDir(), "go")
	start(t, h, ssh.Job{Dir: dir, Script: `printf '%s\n' "$V"; umask; until [ -e "$GO" ]; do sleep 0.01; done; echo bad >&2; exit 5`,
		Params: []ssh.Param{{"V", "it's\n$x"}, {"GO", release}, {"dir", "/its/own"}}})
	if s := look(t, h, dir); s.Phase != ssh.JobRunning || !s.Began || s.Rebooted {
		t.Errorf("meanwhile: %+v", s)
	}
	var lines []string
	var once sync.Once
	s, err := h.WaitJob(within(t, 20*time.Second), dir, func(line string) {
		lines = append(lines, line)
		once.Do(func() { writeFile(t, filepath.Dir(release), "go", "") })
	})
	if err != nil || s.Phase != ssh.JobDone || s.Status != 5 || s.Refused || s.Ended.Before(s.Started) || time.Since(s.Ended) > time.Minute {
		t.Errorf("%v, %+v", err, s)
	}
	if got := strings.Join(lines, "|"); got != "it's|$x|0022|bad" {
		t.Errorf("progress: %q", got)
	}
	out, truncated, err := h.JobOutput(within(t, 20*time.Second), dir, 1000)
	if err != nil || truncated || string(out) != "it's\n$x\n0022\nbad\n" {
		t.Errorf("%v, %v, %q", err, truncated, out)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A look at the status file alone would notice it a second and a half later, every time; a machine with much else to do is late now and then.
func TestFinishedJobIsNoticedAtOnce(t *testing.T) {
	h, _, dir := jobHost(t)
	soonest := time.Hour
	for i := range 4 {
		dir := fmt.Sprint(dir, i)
		start(t, h, ssh.Job{Dir: dir, Script: "sleep 0.5"})
		s, err := h.WaitJob(within(t, 20*time.Second), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		soonest = min(soonest, time.Since(s.Ended))
	}
	if soonest > time.Second {
		t.Errorf("noticed %v after the end, at best", soonest)
	}
}

func TestJobIsStartedOnce(t *testing.T) {
	h, _, dir := jobHost(t)
	count := filepath.Join(t.TempDir(), "count")
	j := ssh.Job{Dir: dir, Script: `echo ran >>"$F"; sleep 0.2`, Params: []ssh.Param{{"F", count}}}
	errs := make(chan error)
	for range 6 {
		go func() { errs <- h.StartJob(within(t, 30*time.Second), j) }()
	}
	started := 0
	for range 6 {
		if err := <-errs; err == nil {
			started++
		} else if !errors.Is(err, ssh.ErrAlreadyClaimed) {
			t.Error(err)
		}
	}
	if s, err := h.WaitJob(within(t, 20*time.Second), dir, nil); err != nil || s.Phase != ssh.JobDone {
		t.Errorf("%v %v", s, err)
	}
	if err := h.StartJob(within(t, 20*time.Second), j); !errors.Is(err, ssh.ErrAlreadyClaimed) {
		t.Errorf("after the end: %v", err)
	}
	if ran, _ := os.ReadFile(count); started != 1 || string(ran) != "ran\n" {
		t.Errorf("%d starts, ran %q", started, ran)
	}
}

func TestJobOutlivesItsConnection(t *testing.T) {
	h, s, dir := jobHost(t)
	release := filepath.Join(t.TempDir(), "go")
	start(t, h, ssh.Job{Dir: dir, Script: `echo one; until [ -e "$GO" ]; do sleep 0.01; done; echo two; printf three`, Params: []ssh.Param{{"GO", release}}})
	var lines []string
	state, err := h.WaitJob(within(t, 30*time.Second), dir, func(line string) {
		lines = append(lines, line)
		if line == "one" {
			s.Cut()
			writeFile(t, filepath.Dir(release), "go", "")
		}
	})
	if err != nil || state.Phase != ssh.JobDone || state.Status != 0 {
		t.Errorf("%v, %+v", err, state)
	}
	if got := strings.Join(lines, "|"); got != "one|two|three" || s.Logins.Load() < 2 {
		t.Errorf("%q over %d connections", got, s.Logins.Load())
	}
}

func TestJobKilledIsUnknown(t *testing.T) {
	h, _, dir := jobHost(t)
	start(t, h, ssh.Job{Dir: dir, Script: `exec sleep 60`})
	started, err := os.ReadFile(filepath.Join(dir, "started"))
	if err != nil {
		t.Fatal(err)
	}
	runner := strings.Fields(string(started))[1]
	if err := exec.Command("kill", "-9", runner).Run(); err != nil {
		t.Fatal(err)
	}
	if s := look(t, h, dir); s.Phase != ssh.JobRunning {
		t.Errorf("its child lives, and yet it is %v", s.Phase)
	}
	group := "-" + runner // setsid made it the leader
	if err := exec.Command("kill", "-9", "--", group).Run(); err != nil {
		t.Fatal(err)
	}
	s, err := h.WaitJob(within(t, 20*time.Second), dir, nil)
	if err != nil || s.Phase != ssh.JobUnknown || !s.Began {
		t.Errorf("%v, %+v", err, s)
	}
	if err := h.StartJob(within(t, 20*time.Second), ssh.Job{Dir: dir, Script: "true"}); !errors.Is(err, ssh.ErrAlreadyClaimed) {
		t.Errorf("started again: %v", err)
	}
}

func TestCrashBetweenClaimAndStartIsUnknown(t *testing.T) {
	needs(t, "flock", "sync")
	dir := filepath.Join(t.TempDir(), "step", "1")
	// The starting shell dies where the disk is to be synced: claimed, written down, not begun.
	s := sshtest.Start(t, sshtest.Options{Fake: map[string]string{"sync": "kill -9 $PPID"}})
	h := host(t, s)
	ran := filepath.Join(t.TempDir(), "ran")
	j := ssh.Job{Dir: dir, Script: `: >"$F"`, Params: []ssh.Param{{"F", ran}}, Secrets: []ssh.Secret{{"W", "hunter2"}}}
	if err := h.StartJob(within(t, 20*time.Second), j); err == nil {
		t.Error("reported as started")
	}
	if !exists(filepath.Join(dir, "secrets")) {
		t.Fatal("the crash came too early for this test")
	}
	state, err := h.WaitJob(within(t, 20*time.Second), dir, nil)
	if err != nil || state.Phase != ssh.JobUnknown || state.Began {
		t.Errorf("%v, %+v", err, state)
	}
	if exists(filepath.Join(dir, "secrets")) {
		t.Error("the secrets still lie there after a look")
	}
	if err := h.StartJob(within(t, 20*time.Second), j); !errors.Is(err, ssh.ErrAlreadyClaimed) || exists(ran) {
		t.Errorf("started after all: %v", err)
	}
}

func TestJobBeforeAReboot(t *testing.T) {
	h, _, dir := jobHost(t)
	start(t, h, ssh.Job{Dir: dir, Script: "true"})
	if _, err := h.WaitJob(within(t, 20*time.Second), dir, nil); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "bootid", "another-boot\n")
	if s := look(t, h, dir); s.Phase != ssh.JobDone || !s.Rebooted {
		t.Errorf("a status counts after a reboot as well: %+v", s)
	}
	os.Remove(filepath.Join(dir, "status"))
	var s ssh.JobState
	eventually(t, "the end of what ran the job, which comes after its status", func() bool {
		s = look(t, h, dir)
		return s.Phase != ssh.JobRunning
	})
	if s.Phase != ssh.JobUnknown || !s.Rebooted {
		t.Errorf("%+v", s)
	}
}

func TestJobSecretsDoNotStay(t *testing.T) {
	h, s, dir := jobHost(t)
	var lines []string
	var mu sync.Mutex
	s.OnExec(func(line string) { mu.Lock(); lines = append(lines, line); mu.Unlock() })
	start(t, h, ssh.Job{Dir: dir, Title: "a test", Secrets: []ssh.Secret{{"W", "hunter'2\n"}},
		Script: `printf '%s' "$W" | wc -c; env; tr '\0' ' ' </proc/$$/cmdline; ls "$(dirname "$0")"`})
	if st, err := h.WaitJob(within(t, 20*time.Second), dir, nil); err != nil || st.Phase != ssh.JobDone {
		t.Fatalf("%v %+v", err, st)
	}
	out, err := os.ReadFile(filepath.Join(dir, "output"))
	if err != nil || !strings.HasPrefix(string(out), "9\n") || strings.Contains(string(out), "\nsecrets\n") {
		t.Errorf("%v, output:\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, f := range files {
		text, _ := os.ReadFile(f)
		if info, _ := os.Stat(f); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", f, info.Mode())
		}
		if strings.Contains(string(text), "hunter") {
			t.Errorf("the secret stands in %s", f)
		}
	}
	if all := strings.Join(lines, "\n"); strings.Contains(all, "hunter") {
		t.Errorf("the secret was in a command line: %s", all)
	}
}

// TestJobIsKnownByItsEnvironment: where there is no systemd, whatever it starts has the name of its unit.
func TestJobIsKnownByItsEnvironment(t *testing.T) {
	h, _, dir := jobHost(t)
	said := ""
	start(t, h, ssh.Job{Dir: dir, Unit: "run-step-1", Script: `sh -c 'echo "$KL_UNIT"'`})
	if _, err := h.WaitJob(within(t, 20*time.Second), dir, func(l string) { said = l }); err != nil || said != "run-step-1" {
		t.Errorf("%v %q", err, said)
	}
}

func TestMuchJobOutput(t *testing.T) {
	h, _, dir := jobHost(t)
	start(t, h, ssh.Job{Dir: dir, Script: `echo first; i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; echo last`})
	n := 0
	last := ""
	if _, err := h.WaitJob(within(t, 60*time.Second), dir, func(l string) { n++; last = l }); err != nil || n != 20002 || last != "last" {
		t.Errorf("%v: %d lines, the last %q", err, n, last)
	}
	out, truncated, err := h.JobOutput(within(t, 20*time.Second), dir, 2000)
	if err != nil || !truncated || len(out) > 2100 || !strings.HasPrefix(string(out), "first\n") || !strings.HasSuffix(string(out), "last\n") {
		t.Errorf("%v, %v, %d bytes", err, truncated, len(out))
	}
}

func TestJobsThatCannotBe(t *testing.T) {
	h, _, dir := jobHost(t)
	for _, j := range []ssh.Job{{Dir: "relative"}, {Dir: "/a/../b"}, {Dir: "/"}, {Dir: dir, Unit: "a b"}, {Dir: dir, Params: []ssh.Param{{"a-b", ""}}}} {
		if err := h.StartJob(within(t, 10*time.Second), j); !errors.Is(err, ssh.ErrConfig) {
			t.Errorf("%+v: %v", j, err)
		}
	}
	blocked := filepath.Join(writeFile(t, t.TempDir(), "file", ""), "step", "1")
	if err := h.StartJob(within(t, 10*time.Second), ssh.Job{Dir: blocked, Script: "true"}); !errors.Is(err, ssh.ErrFile) {
		t.Errorf("below a file: %v", err)
	}
}
