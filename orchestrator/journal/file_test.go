package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kea-lockstep/orchestrator/journal"
)

const run = "20261122T020311Z-7q2d"

// begun makes the events of a run: its beginning and then steps, so many in all.
func begun(count int) []journal.Event {
	at := time.Date(2026, 11, 22, 2, 3, 11, 0, time.UTC)
	events := []journal.Event{journal.Event{Type: journal.RunBegun, Run: run, Epoch: 1, Time: at}.With(journal.Begun{Command: "upgrade"})}
	for i := 1; i < count; i++ {
		events = append(events, journal.Event{
			Type: journal.StepBegun, Run: run, Epoch: 1, Time: at.Add(time.Duration(i) * time.Second), Group: "k1", Phase: "stop", Step: fmt.Sprint("stop-k", i), Server: "k1",
		}.With(journal.Attempt{Number: 1, Title: "stop every Kea daemon", Kind: journal.KindStop}))
	}
	return events
}

// written keeps a run of so many events under a new directory and gives up holding it.
func written(t *testing.T, count int) *journal.Files {
	t.Helper()
	files := journal.NewFiles(filepath.Join(t.TempDir(), "state"))
	for _, e := range begun(count) {
		if err := files.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	return files
}

func read(files *journal.Files, run string) (events []journal.Event, err error) {
	for e, err := range files.Read(context.Background(), run) {
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
	return events, nil
}

func contents(t *testing.T, files *journal.Files) []byte {
	t.Helper()
	text, err := os.ReadFile(files.Path(run))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func replace(t *testing.T, files *journal.Files, text []byte) {
	t.Helper()
	if err := os.WriteFile(files.Path(run), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsAppendedIsRead(t *testing.T) {
	files := journal.NewFiles(filepath.Join(t.TempDir(), "state"))
	want := begun(6)
	if err := files.Append(t.Context(), want[0]); err != nil {
		t.Fatal(err)
	}
	if err := files.Append(t.Context(), want[1:4]...); err != nil { // several at once: one after the other all the same
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	for _, e := range want[4:] { // another process goes on
		if err := files.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := read(files, run)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d events, %v; want %d", len(got), err, len(want))
	}
	hashes := map[string]bool{}
	for i, e := range got {
		if e.Seq != i+1 || e.Type != want[i].Type || e.Step != want[i].Step || !e.Time.Equal(want[i].Time) || !bytes.Equal(e.Data, want[i].Data) {
			t.Errorf("event %d is %+v, want %+v", i+1, e, want[i])
		}
		if (e.Prev == "") != (i == 0) || hashes[e.Prev] {
			t.Errorf("event %d: its hash of the line before is %q", i+1, e.Prev)
		}
		hashes[e.Prev] = true
		if i > 0 && e.Prev != got[i-1].Hash {
			t.Errorf("event %d follows %q, and the one before it is %q", i+1, e.Prev, got[i-1].Hash)
		}
	}
}

func TestJournalsArePrivate(t *testing.T) {
	files := written(t, 1)
	for path, want := range map[string]os.FileMode{files.Path(run): 0o600, filepath.Dir(files.Path(run)): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestOneDriver(t *testing.T) {
	files := written(t, 1)
	next := begun(2)[1]
	if driven, err := files.Driven(run); err != nil || driven {
		t.Fatalf("driven %t, %v, with nobody there", driven, err)
	}
	if err := files.Append(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	other := journal.NewFiles(filepath.Dir(files.Path(run)))
	before := contents(t, files)
	if err := other.Append(t.Context(), next); !errors.Is(err, journal.ErrDriven) {
		t.Errorf("a second driver: %v", err)
	}
	if !bytes.Equal(contents(t, files), before) {
		t.Error("the second driver wrote")
	}
	if driven, err := other.Driven(run); err != nil || !driven {
		t.Errorf("driven %t, %v, want true", driven, err)
	}
	if got, err := read(other, run); err != nil || len(got) != 2 {
		t.Errorf("a reader beside the driver: %d events, %v", len(got), err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.Append(t.Context(), next); err != nil {
		t.Errorf("after the first driver has gone: %v", err)
	}
}

// TestAGlimpseIsNoDriver: whoever asks whether a run is driven holds its lock for a moment, and must not keep a driver from it.
func TestAGlimpseIsNoDriver(t *testing.T) {
	files := written(t, 1)
	file, err := os.Open(files.Path(run))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(60*time.Millisecond, func() { file.Close() })
	if err := files.Append(t.Context(), begun(2)[1]); err != nil {
		t.Errorf("a driver beside a glimpse: %v", err)
	}
}

// TestDiedBeforeItsFirstEvent: a driver that was killed between making the file and event 1 leaves no run.
func TestDiedBeforeItsFirstEvent(t *testing.T) {
	for name, left := range map[string]string{"nothing": "", "half of event 1": "{\"seq\":1,\"time\":"} {
		t.Run(name, func(t *testing.T) {
			files := written(t, 2)
			const dead = "20261122T020310Z-dead"
			if err := os.WriteFile(files.Path(dead), []byte(left), 0o600); err != nil {
				t.Fatal(err)
			}
			if runs, err := files.Runs(); err != nil || !slices.Equal(runs, []string{run}) {
				t.Errorf("runs %v, %v", runs, err)
			}
			if _, err := read(files, dead); !errors.Is(err, journal.ErrNoRun) {
				t.Errorf("reading it: %v", err)
			}
			resumed := begun(2)[1]
			resumed.Run = dead
			if err := files.Append(t.Context(), resumed); !errors.Is(err, journal.ErrNoRun) {
				t.Errorf("going on with it: %v", err)
			}
			next, err := journal.NewRun(time.Date(2026, 11, 22, 2, 3, 12, 0, time.UTC), bytes.NewReader([]byte{1, 2, 3, 4}))
			if err != nil {
				t.Fatal(err)
			}
			if err := files.Append(t.Context(), journal.Event{Type: journal.RunBegun, Run: next, Epoch: 1}); err != nil {
				t.Errorf("the next run: %v", err)
			}
			if runs, err := files.Runs(); err != nil || !slices.Equal(runs, []string{run, next}) {
				t.Errorf("runs %v, %v", runs, err)
			}
		})
	}
}

// TestADamagedRunIsListed: only what was never begun is left out.
func TestADamagedRunIsListed(t *testing.T) {
	files := written(t, 2)
	replace(t, files, []byte("{}\n"))
	if runs, err := files.Runs(); err != nil || !slices.Equal(runs, []string{run}) {
		t.Errorf("runs %v, %v", runs, err)
	}
}

func TestRunThatIsNotKept(t *testing.T) {
	files := journal.NewFiles(filepath.Join(t.TempDir(), "state"))
	if runs, err := files.Runs(); err != nil || len(runs) != 0 {
		t.Errorf("runs %v, %v, want none", runs, err)
	}
	if _, err := read(files, run); !errors.Is(err, journal.ErrNoRun) {
		t.Errorf("reading: %v", err)
	}
	if err := files.Append(t.Context(), begun(2)[1]); !errors.Is(err, journal.ErrNoRun) {
		t.Errorf("going on: %v", err)
	}
	if _, err := os.Stat(files.Path(run)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was made: %v", err)
	}
	files = written(t, 2)
	if err := files.Append(t.Context(), begun(1)...); err == nil {
		t.Error("a run was begun twice")
	}
}

func TestRunsAreListedByTheirTime(t *testing.T) {
	files := journal.NewFiles(t.TempDir())
	for _, name := range []string{"20261201T000000Z-aaaa", "20251201T000000Z-zzzz", "20261122T020311Z-7q2d"} {
		if err := files.Append(t.Context(), journal.Event{Type: journal.RunBegun, Run: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(files.Path(run)), "note.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"20251201T000000Z-zzzz", "20261122T020311Z-7q2d", "20261201T000000Z-aaaa"}
	if got, err := files.Runs(); err != nil || !slices.Equal(got, want) {
		t.Errorf("runs %v, %v, want %v", got, err, want)
	}
}

// TestFullDisk lets a process of its own run into its limit of file size, which the kernel reports as it does a full disk:
// after part of the line.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv("JOURNAL_FULL_DISK"); dir != "" {
		appendUntilFull(t, dir)
		return
	}
	dir := t.TempDir()
	self := exec.Command(os.Args[0], "-test.run=^TestFullDisk$")
	self.Env = append(os.Environ(), "JOURNAL_FULL_DISK="+dir)
	out, err := self.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, count, _ := strings.Cut(string(out), "durable ")
	var durable int
	if _, err := fmt.Sscan(count, &durable); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files := journal.NewFiles(dir)
	if got, err := read(files, run); err != nil || len(got) != durable || durable < 2 {
		t.Fatalf("%d events, %v; %d were said to be durable", len(got), err, durable)
	}
	if err := files.Append(t.Context(), begun(2)[1]); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if got, err := read(files, run); err != nil || len(got) != durable+1 {
		t.Fatalf("with room again: %d events, %v", len(got), err)
	}
}

func appendUntilFull(t *testing.T, dir string) {
	files := journal.NewFiles(dir)
	if err := files.Append(t.Context(), begun(2)...); err != nil {
		t.Fatal(err)
	}
	limit := syscall.Rlimit{Cur: 1500, Max: 1500}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	for durable := 2; durable < 100; durable++ {
		if err := files.Append(t.Context(), begun(2)[1]); err != nil {
			if again := files.Append(t.Context(), begun(2)[1]); again == nil {
				t.Fatal("an event fits after one that did not")
			}
			if driven, err := journal.NewFiles(dir).Driven(run); err != nil || !driven {
				t.Fatalf("the run is given up while its drive lives: %t, %v", driven, err)
			}
			fmt.Println("durable", durable)
			return
		}
	}
	t.Fatal("the limit of file size does not hold")
}

func TestStateDirectoryThatCannotBeMade(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := journal.NewFiles(filepath.Join(parent, "state")).Append(t.Context(), begun(1)...)
	if err == nil || !strings.Contains(err.Error(), parent) {
		t.Errorf("error %v, want one that names %s", err, parent)
	}
}

func TestNewRun(t *testing.T) {
	now := time.Date(2026, 11, 22, 4, 3, 11, 0, time.FixedZone("EET", 2*60*60))
	name, err := journal.NewRun(now, bytes.NewReader([]byte{0, 1, 2, 255}))
	if err != nil || !strings.HasPrefix(name, "20261122T020311Z-") || len(name) != len(run) {
		t.Errorf("run %q, %v", name, err)
	}
	if other, _ := journal.NewRun(now, bytes.NewReader([]byte{0, 1, 2, 3})); other == name {
		t.Errorf("two runs are called %s", name)
	}
	if _, err := journal.NewRun(now, bytes.NewReader([]byte{1})); err == nil {
		t.Error("a run was named without chance")
	}
}

// TestHome: one file is told from its copy, and only whoever holds it can tell.
func TestHome(t *testing.T) {
	files := journal.NewFiles(t.TempDir())
	if err := files.Append(t.Context(), begun(2)...); err != nil {
		t.Fatal(err)
	}
	home := files.Home(run)
	if again := journal.NewFiles(filepath.Dir(files.Path(run))).Home(run); home == "" || again != "" {
		t.Errorf("home %q; told by somebody who does not hold it: %q", home, again)
	}
	copied := journal.NewFiles(t.TempDir())
	if err := os.CopyFS(filepath.Dir(copied.Path(run)), os.DirFS(filepath.Dir(files.Path(run)))); err != nil {
		t.Fatal(err)
	}
	if err := copied.Append(t.Context(), begun(2)[1]); err != nil || copied.Home(run) == home {
		t.Errorf("the copy's home is %q, the first's %q (%v)", copied.Home(run), home, err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := files.Append(t.Context(), begun(2)[1]); err != nil || files.Home(run) != home {
		t.Errorf("opened again its home is %q, and was %q (%v)", files.Home(run), home, err)
	}
}
