//go:build lab

package product

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Row is what was seen of one fault: a line of docs/reliability.md.
type Row struct {
	Test  string // the section
	Fault string // the first cell; one line each
	Cells []string
}

// head stands over the rows of a section.
const head = "| fault | struck at | exit, and what was said | way on | witness |\n|---|---|---|---|---|\n"

// Record writes a row into the document: over the one of the same fault, or at the end of its section. Another process may record
// at the same time.
func Record(document string, r Row) error {
	file, err := os.OpenFile(document, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	defer file.Close()
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	lines, err := read(document)
	if err != nil {
		return err
	}
	title := "## " + r.Test
	at := slices.Index(lines, title)
	if at < 0 {
		lines = append(lines, "", title, "")
		lines = append(lines, strings.Split(strings.TrimSuffix(head, "\n"), "\n")...)
		at = slices.Index(lines, title)
	}
	line := r.line()
	end := at + 1
	for ; end < len(lines) && !strings.HasPrefix(lines[end], "## "); end++ {
		if strings.HasPrefix(lines[end], "| "+r.Fault+" |") {
			lines[end] = line
			return write(document, lines)
		}
	}
	for end > at && lines[end-1] == "" {
		end--
	}
	return write(document, slices.Insert(lines, end, line))
}

// Recorded lists the faults that the document has lines for in a test's section.
func Recorded(document, test string) ([]string, error) {
	lines, err := read(document)
	if err != nil {
		return nil, err
	}
	var seen []string
	within := false
	for _, line := range lines {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			within = title == test
		}
		if cell, ok := strings.CutPrefix(line, "| "); ok && within {
			fault, _, _ := strings.Cut(cell, " | ")
			seen = append(seen, strings.ReplaceAll(fault, `\|`, "|"))
		}
	}
	return seen, nil
}

func read(document string) ([]string, error) {
	text, err := os.ReadFile(document)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return strings.Split(strings.TrimRight(string(text), "\n"), "\n"), nil
}

func write(document string, lines []string) error {
	if err := os.WriteFile(document, []byte(strings.Join(tabled(lines), "\n")+"\n"), 0o644); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	return nil
}

func (r Row) line() string {
	var b strings.Builder
	for _, c := range append([]string{r.Fault}, r.Cells...) {
		b.WriteString("| " + strings.ReplaceAll(strings.Join(strings.Fields(c), " "), "|", `\|`) + " ")
	}
	return b.String() + "|"
}

// Said is what an ending says that happened, by its own label.
func (o Output) Said() string {
	for line := range strings.Lines(o.Stderr) {
		if said, ok := strings.CutPrefix(strings.TrimSpace(line), "what "); ok {
			return strings.TrimSpace(said)
		}
	}
	return ""
}
