package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/world"
	"kea-lockstep/orchestrator"
)

// bench is a model fleet with its fleet file and state directory, on which the command line is called.
type bench struct {
	t       *testing.T
	dir     string
	world   *world.World
	at      func(world.Point) world.Fault // what goes wrong in the calls to come
	signals chan os.Signal
	calls   int
	in      io.Reader
	mu      sync.Mutex
	talk    *screen // of the newest call
	typed   chan string
}

// modelled is the model fleet as the command line reaches it.
type modelled struct{ *world.Driver }

func (modelled) Scripts(s orchestrator.Step) []string {
	return []string{fmt.Sprintf("model %s %s", s.Kind, s.Server)}
}
func (modelled) Close() error { return nil }

func newBench(t *testing.T, servers int) *bench {
	t.Helper()
	b := &bench{
		t: t, dir: t.TempDir(), signals: make(chan os.Signal, 4), in: strings.NewReader(""), typed: make(chan string, 16),
		world: world.New(world.Spec{Servers: servers, Databases: 1, Engine: kea.MySQL, From: "2.6.3", To: "3.0.3"}),
	}
	text := "version: 1\nconfirm: { settle: 1ms }\nservers:\n"
	for _, name := range b.world.Names() {
		text += "  - name: " + name + "\n"
	}
	b.write("fleet.yaml", text)
	return b
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// result is what one call left.
type result struct {
	code      int
	out, talk string
}

// screen collects what is written from several goroutines.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (b *bench) program(out, talk io.Writer) *program {
	p := newProgram(Streams{In: b.in, Out: out, Err: talk})
	b.calls++
	p.driver = fmt.Sprintf("operator@desk process %d", b.calls)
	p.absence = time.Millisecond
	p.signals = func() (<-chan os.Signal, func()) { return b.signals, func() {} }
	p.connect = func(context.Context, fleet.File) (everything, error) {
		d := b.world.Drive(p.driver, &world.Log{})
		d.At = b.at
		return modelled{d}, nil
	}
	return p
}

// call runs one command line, its words parted by blanks, on the bench's fleet and state.
func (b *bench) call(typed string) result {
	b.t.Helper()
	var talk screen
	b.mu.Lock()
	b.talk = &talk
	b.mu.Unlock()
	return b.called(typed, &talk)
}

// called is call beside another one, which stays the newest.
func (b *bench) called(typed string, talk *screen) result {
	b.t.Helper()
	var out screen
	words := strings.Fields(strings.ReplaceAll(typed, "DIR", b.dir))
	argv := append([]string{"kea-lockstep", "-f", b.path("fleet.yaml"), "--state", b.path("state")}, words...)
	code := b.program(&out, talk).main(context.Background(), argv)
	return result{code, out.String(), talk.String()}
}

// expect calls and checks the exit code.
func (b *bench) expect(want code, typed string) result {
	b.t.Helper()
	r := b.call(typed)
	if r.code != int(want) {
		b.t.Fatalf("%s: exit %d, want %d\nstdout:\n%s\nstderr:\n%s", typed, r.code, want, r.out, r.talk)
	}
	return r
}

// seen is what the newest call has told so far.
func (b *bench) seen() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.talk == nil {
		return ""
	}
	return b.talk.String()
}
