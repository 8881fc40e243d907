package script

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"kea-lockstep/internal/world"
	"kea-lockstep/sim/fleet"
)

// screen is a terminal with kea-lockstep at work in it.
type screen struct {
	t    *testing.T
	tty  *os.File
	mu   sync.Mutex
	term *vt.Emulator
	over chan struct{}
}

// shown starts the program in a terminal of so many columns and rows.
func shown(t *testing.T, columns, rows int, args ...string) (*screen, *exec.Cmd) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(program(t), "kea-lockstep"), args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "XDG_STATE_HOME="+t.TempDir(), "NO_COLOR=")
	return inTerminal(t, columns, rows, cmd), cmd
}

// program is a directory with the tool: by that name the tests' own program is it.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "kea-lockstep")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// inTerminal starts a command in a terminal of so many columns and rows.
func inTerminal(t *testing.T, columns, rows int, cmd *exec.Cmd) *screen {
	t.Helper()
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: uint16(rows), Cols: uint16(columns)})
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, tty: tty, term: vt.NewEmulator(columns, rows), over: make(chan struct{})}
	go func() {
		defer close(s.over)
		buffer := make([]byte, 4096)
		for {
			n, err := tty.Read(buffer)
			s.mu.Lock()
			_, _ = s.term.Write(buffer[:n]) // an emulator takes everything
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

// types is somebody at the keyboard.
func (s *screen) types(text string) { _, _ = io.WriteString(s.tty, text) }

// text is what a person sees now.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.term.String()
}

// await waits until a person sees a text.
func (s *screen) await(text string) {
	s.t.Helper()
	s.awaitThat(text, func(shown string) bool { return strings.Contains(shown, text) })
}

// awaitThat waits until what a person sees is as it should be.
func (s *screen) awaitThat(what string, is func(shown string) bool) {
	s.t.Helper()
	deadline := time.After(time.Minute)
	for !is(s.text()) {
		select {
		case <-deadline:
			s.t.Fatalf("%q is not seen:\n%s", what, s.text())
		case <-s.over:
			if !is(s.text()) {
				s.t.Fatalf("it ended, and %q is not seen:\n%s", what, s.text())
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// whole are all lines that were shown, also those that are above the screen now.
func (s *screen) whole() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for y := range s.term.ScrollbackLen() {
		var line strings.Builder
		for x := range s.term.Width() {
			if cell := s.term.ScrollbackCellAt(x, y); cell != nil {
				line.WriteString(cell.Content)
			}
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return append(lines, strings.Split(s.term.String(), "\n")...)
}

// TestScreens upgrades a fleet in terminals of several sizes, as a person sees and answers it. What matters at a question stands on the
// screen as it is asked, and no line is so long that the terminal has to break a word.
func TestScreens(t *testing.T) {
	for _, size := range []struct{ columns, rows int }{{80, 24}, {100, 30}, {200, 50}} {
		name := fmt.Sprintf("%dx%d", size.columns, size.rows)
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			const tick = 10 * time.Millisecond
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			_, err := fleet.Raise(ctx, fleet.Spec{Servers: 3, Dir: dir, Settle: "50ms",
				Speed: world.Speed{Command: tick, Stop: tick, Start: tick, Install: 5 * tick, Dump: 2 * tick, Migrate: 10 * tick, Boot: tick, Admin: tick}})
			if err != nil {
				t.Fatal(err)
			}
			s, cmd := shown(t, size.columns, size.rows, "plan", "-f", filepath.Join(dir, "fleet.yaml"))
			<-s.over
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v\n%s", err, s.text())
			}
			same(t, "screen-"+name+".golden", steadied(strings.Join(s.whole(), "\n")))
			s, cmd = shown(t, size.columns, size.rows, "upgrade", "-f", filepath.Join(dir, "fleet.yaml"))
			for _, q := range []struct{ asks, prompt, answer string }{
				{"stop every Kea daemon on k1, k2 and k3?", "[y/N]", "y"},
				{"migrate the schema?", "type migrate to go on, or n:", "migrate"},
				{"go on with k2 and k3?", "[y/N]", "y"},
			} {
				s.await(q.asks)
				s.await("  " + q.prompt)
				if line := last(s.text()); line != "  "+q.prompt {
					t.Errorf("the last line is %q, not the prompt:\n%s", line, s.text())
				}
				s.types(q.answer + "\n")
			}
			s.await("kea-lockstep: done: 3 servers at Kea 3.0.3")
			<-s.over
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v", err)
			}
			unbroken(t, s.whole(), size.columns)
		})
	}
}

// What differs from run to run: times, how long things took, the run's name and the plan's.
var unsteady = []struct{ what, as string }{
	{`\d\d:\d\d:\d\d`, "00:00:00"}, {`\d{8}T\d{6}Z-[a-z0-9]{4}`, "20261122T020000Z-run1"}, {`sha256:[0-9a-f]{12}`, "sha256:0123456789ab"},
	{`\d{4}-\d\d-\d\d \d\d:\d\d`, "2026-11-22 02:00"}, {`\d+ checks`, "159 checks"}, {`\d+ checks`, "159 checks"}, {`: \d+\.\d s`, ": 0.0 s"},
}

// steadied is a screen without that.
func steadied(screen string) string {
	for _, u := range unsteady {
		screen = regexp.MustCompile(u.what).ReplaceAllString(screen, u.as)
	}
	var b strings.Builder
	for line := range strings.Lines(screen) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// same holds a text against a file of testdata.
func same(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is another; go test ./sim/script -update writes it anew. Now it is\n%s", path, got)
	}
}

func last(screen string) string {
	lines := strings.Split(strings.TrimRight(screen, " \n"), "\n")
	return strings.TrimRight(lines[len(lines)-1], " ")
}

// unbroken wants that the terminal broke no word: what it breaks goes on in the first column, where nothing of ours goes on. What is
// shown to be copied may be longer than the terminal is wide.
func unbroken(t *testing.T, lines []string, columns int) {
	t.Helper()
	begins := regexp.MustCompile(`^(\d\d:\d\d:\d\d |kea-lockstep[ :]|warning  )`)
	for i, line := range lines {
		copied := i > 0 && len([]rune(lines[i-1])) >= columns && strings.Contains(lines[i-1], `"hooks-libraries"`)
		if line != "" && line[0] != ' ' && !begins.MatchString(line) && !copied {
			t.Errorf("the terminal had to break this: %q, %q", lines[max(i-1, 0)], line)
		}
	}
}
