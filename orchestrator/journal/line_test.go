package journal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"kea-lockstep/orchestrator/journal"
)

// TestTornLastLine cuts the last line off at every byte: its event was never durable, and the next one takes its place. Without
// its newline alone the line is whole.
func TestTornLastLine(t *testing.T) {
	files := written(t, 4)
	whole := contents(t, files)
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last; cut < len(whole)-1; cut++ {
		replace(t, files, whole[:cut])
		if got, err := read(files, run); err != nil || len(got) != 3 {
			t.Fatalf("cut at %d: %d events, %v; want 3", cut, len(got), err)
		}
		if err := files.Append(t.Context(), begun(4)[3]); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if err := files.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(contents(t, files), whole) {
			t.Fatalf("cut at %d: the event written again is another:\n%s", cut, contents(t, files))
		}
	}
}

func TestLastLineWithoutItsNewline(t *testing.T) {
	files := written(t, 4)
	whole := contents(t, files)
	replace(t, files, whole[:len(whole)-1])
	if got, err := read(files, run); err != nil || len(got) != 4 {
		t.Fatalf("%d events, %v; want 4", len(got), err)
	}
	if err := files.Append(t.Context(), begun(5)[4]); err != nil {
		t.Fatal(err)
	}
	if got, err := read(files, run); err != nil || len(got) != 5 || !bytes.HasPrefix(contents(t, files), whole) {
		t.Errorf("with one more: %d events, %v:\n%s", len(got), err, contents(t, files))
	}
}

// TestChangedByte changes every byte, the last newline too, in two ways.
func TestChangedByte(t *testing.T) {
	files := written(t, 4)
	whole := contents(t, files)
	for at := range whole {
		for _, bit := range []byte{0x01, 0x20} {
			changed := bytes.Clone(whole)
			changed[at] ^= bit
			replace(t, files, changed)
			got, err := read(files, run)
			line := bytes.Count(whole[:at], []byte("\n")) // what stands before the one changed holds
			if !errors.Is(err, journal.ErrDamaged) || len(got) != line {
				t.Fatalf("byte %d of line %d changed by %#x: %d events, %v", at, line+1, bit, len(got), err)
			}
			if err := files.Append(t.Context(), begun(2)[1]); !errors.Is(err, journal.ErrDamaged) {
				t.Fatalf("byte %d changed: a driver goes on: %v", at, err)
			}
			if !bytes.Equal(contents(t, files), changed) {
				t.Fatalf("byte %d changed: the damaged journal was written to", at)
			}
		}
	}
}

// TestLineOfAnotherJournal: a line that vouches for itself and has the right number may still be another run's past.
func TestLineOfAnotherJournal(t *testing.T) {
	files := written(t, 3)
	lines := bytes.SplitAfter(contents(t, files), []byte("\n"))
	changed := journal.NewFiles(t.TempDir())
	first := begun(1)[0]
	first.Epoch = 7
	if err := changed.Append(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := changed.Close(); err != nil {
		t.Fatal(err)
	}
	replace(t, files, slices.Concat(contents(t, changed), lines[1]))
	if got, err := read(files, run); !errors.Is(err, journal.ErrDamaged) || len(got) != 1 {
		t.Errorf("another past: %d events, %v", len(got), err)
	}
}

func TestLinesOutOfPlace(t *testing.T) {
	files := written(t, 5)
	lines := bytes.SplitAfter(contents(t, files), []byte("\n"))[:5]
	tests := []struct {
		name  string
		lines [][]byte
		holds int
	}{
		{"the first removed", lines[1:], 0},
		{"one removed", slices.Concat(lines[:2], lines[3:]), 2},
		{"one twice", slices.Concat(lines[:2], lines[1:]), 2},
		{"two exchanged", [][]byte{lines[0], lines[2], lines[1], lines[3], lines[4]}, 1},
		{"an empty one", slices.Concat(lines[:3], [][]byte{[]byte("\n")}, lines[3:]), 3},
		{"zeros after a power cut", slices.Concat(lines[:4], [][]byte{append(make([]byte, 300), '\n')}), 4},
		{"one of another program", slices.Concat(lines, [][]byte{[]byte("[]\n")}), 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			replace(t, files, bytes.Join(test.lines, nil))
			got, err := read(files, run)
			if !errors.Is(err, journal.ErrDamaged) || len(got) != test.holds {
				t.Errorf("%d events, %v; want %d and a damaged journal", len(got), err, test.holds)
			}
		})
	}
}

// FuzzRead: whatever lies in a journal, what is read is an unbroken chain from the first event on, and a driver goes on behind
// exactly that or not at all.
func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	files := journal.NewFiles(dir)
	if err := files.Append(context.Background(), begun(3)...); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(files.Path(run))
	if err != nil {
		f.Fatal(err)
	}
	if err := files.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-20])
	f.Add([]byte("{\"seq\":1}\n{\"seq\":2,\"prev\":\"\"}\n"))
	f.Add([]byte("null\n"))
	f.Add(whole[:len(whole)-1])
	f.Add(append(whole[:len(whole)-1:len(whole)-1], '*'))
	f.Fuzz(func(t *testing.T, text []byte) {
		replace(t, files, text)
		before, err := read(files, run)
		for i, e := range before {
			if e.Seq != i+1 {
				t.Fatalf("event %d has number %d", i+1, e.Seq)
			}
		}
		_, _ = journal.Fold(files.Read(context.Background(), run))
		appended := files.Append(context.Background(), begun(2)[1])
		if cerr := files.Close(); cerr != nil {
			t.Fatal(cerr)
		}
		if (err == nil) != (appended == nil) {
			t.Fatalf("reading says %v, appending %v", err, appended)
		}
		if err != nil {
			return
		}
		if after, err := read(files, run); err != nil || len(after) != len(before)+1 {
			t.Fatalf("%d events and one more make %d, %v", len(before), len(after), err)
		}
	})
}
