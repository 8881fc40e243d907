package orchestrator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mutant is one deliberate bug: a small edit of one file, which the proof must find.
type mutant struct {
	name     string
	breaks   string // what must hold and does not with it
	file     string // from the root of the module
	old, new string
}

// mutantsFile holds them all. A mutant is a line "= NAME", a line "breaks: WHAT", a line "in: FILE" and the edit as a diff shows it:
// lines that begin with a blank stay, "-" is what was there and "+" what takes its place. What was there must be there exactly once.
const mutantsFile = "testdata/mutants.txt"

// fewest is how many there must be.
const fewest = 80

func readMutants() ([]mutant, error) {
	text, err := os.ReadFile(mutantsFile)
	if err != nil {
		return nil, err
	}
	_, entries, _ := strings.Cut("\n"+string(text), "\n= ")
	var all []mutant
	for _, entry := range strings.Split(entries, "\n= ") {
		m := mutant{}
		for i, line := range strings.Split(strings.TrimRight(entry, "\n"), "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch {
			case i == 0:
				m.name = line
			case key == "breaks":
				m.breaks = value
			case key == "in":
				m.file = value
			case strings.HasPrefix(line, "-"):
				m.old += line[1:] + "\n"
			case strings.HasPrefix(line, "+"):
				m.new += line[1:] + "\n"
			case strings.HasPrefix(line, " "):
				m.old, m.new = m.old+line[1:]+"\n", m.new+line[1:]+"\n"
			case line != "":
				return nil, fmt.Errorf("%s: %q has a line that nobody can read: %s", mutantsFile, m.name, line)
			}
		}
		all = append(all, m)
	}
	return all, nil
}

// apply gives the file with the bug in it.
func (m mutant) apply() (string, error) {
	text, err := os.ReadFile(filepath.Join("..", m.file))
	if err != nil {
		return "", fmt.Errorf("mutant %q: %w", m.name, err)
	}
	if count := strings.Count("\n"+string(text), "\n"+m.old); count != 1 || m.old == "" || m.old == m.new {
		return "", fmt.Errorf("mutant %q: what it replaces is %d times in %s, and has to be there once: the code has changed, so say the bug anew", m.name, count, m.file)
	}
	return strings.Replace("\n"+string(text), "\n"+m.old, "\n"+m.new, 1)[1:], nil
}

// TestMutantsFitTheCode: every mutant still edits what is there. Whether the proof finds them is what TestMutantsAreKilled asks (tag mutants).
func TestMutantsFitTheCode(t *testing.T) {
	all, err := readMutants()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, m := range all {
		if m.breaks == "" || names[m.name] || !regexp.MustCompile(`^[a-z][A-Za-z0-9 ,'-]+$`).MatchString(m.name) {
			t.Errorf("mutant %q has no name of its own, or does not say what it breaks", m.name)
		}
		names[m.name] = true
		if _, err := m.apply(); err != nil {
			t.Error(err)
		}
	}
	if len(all) < fewest {
		t.Errorf("%d mutants, and not at least %d", len(all), fewest)
	}
}
