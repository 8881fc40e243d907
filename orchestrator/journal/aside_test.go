package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kea-lockstep/orchestrator/journal"
)

// TestSetAside: what is set aside is kept as it was, whatever was set aside before, and makes room for a new beginning.
func TestSetAside(t *testing.T) {
	files := written(t, 3)
	for _, behind := range []string{".damaged", ".damaged.2", ".damaged.3"} {
		text := contents(t, files)
		text[len(text)/2] ^= 1
		replace(t, files, text)
		to, err := files.SetAside(run)
		if err != nil || to != files.Path(run)+behind {
			t.Fatalf("%q, %v", to, err)
		}
		if kept, err := os.ReadFile(to); err != nil || !bytes.Equal(kept, text) {
			t.Errorf("%s is not what was set aside: %v", to, err)
		}
		if runs, err := files.Runs(); err != nil || len(runs) != 0 {
			t.Errorf("runs %v, %v", runs, err)
		}
		if err := files.Append(t.Context(), begun(2)...); err != nil {
			t.Fatal(err)
		}
		if err := files.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsDrivenIsNotSetAside(t *testing.T) {
	files := written(t, 3)
	if err := files.Append(t.Context(), begun(2)[1]); err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	if _, err := journal.NewFiles(filepath.Dir(files.Path(run))).SetAside(run); !errors.Is(err, journal.ErrDriven) {
		t.Errorf("%v", err)
	}
}

// TestTakenOver: until its servers told, a group counts as past the point of no return; then it is where they say.
func TestTakenOver(t *testing.T) {
	began := journal.Event{Group: "k1+k2", Step: "claim-k1", Server: "k1", Type: journal.StepBegun}.With(journal.Attempt{Number: 1, Kind: "claim"})
	s := planned().tell(journal.TakenOver, journal.Event{}, journal.Takeover{Server: "k1", Driver: "me@here", Groups: []string{"k1+k2"}, Events: []journal.Event{began}})
	if _, g := fold(t, s); !g.Untold || !g.PastReturn || g.State != journal.Running || g.Steps["claim-k1"].Attempt != 1 {
		t.Errorf("taken over: %+v", g)
	}
	since := time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
	stopped := journal.Event{Group: "k1+k2", Step: "stop-k1", Server: "k1", Type: journal.StepBegun, Time: since}.With(journal.Attempt{Number: 1, Kind: journal.KindStop})
	job := journal.Event{Group: "k1+k2", Step: "migrate-k1-d", Server: "k1", Type: journal.StepBegun}.With(journal.Attempt{Number: 2, Kind: journal.KindMigrate})
	for _, past := range []bool{false, true} {
		s := &story{append([]journal.Event{}, s.events...), s.epoch}
		s.drive().tell(journal.Found, journal.Event{Group: "k1+k2"}, journal.Finding{Past: past, Events: []journal.Event{stopped, job}})
		if _, g := fold(t, s); g.Untold || g.PastReturn != past || g.Steps["migrate-k1-d"].Attempt != 2 || !g.Outage.Stopped.Equal(since) {
			t.Errorf("found: %+v", g)
		}
	}
}
