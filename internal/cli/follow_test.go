package cli

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"kea-lockstep/internal/world"
)

// Who watches from another terminal sees where the run stands, every line from then on that its driver sees, and the end.
func TestARunIsWatched(t *testing.T) {
	b := newBench(t, 2)
	watched, ended := &screen{}, make(chan int, 1)
	r := b.inTheMiddleWhen("upgrade --to 3.0.3 --yes", "stop-k1/", world.NoFault,
		func(string) bool {
			return strings.Contains(watched.String(), "kea-lockstep status") || strings.Contains(watched.String(), "running")
		},
		func() {
			p := b.program(watched, &screen{})
			go func() {
				ended <- p.main(context.Background(), []string{"kea-lockstep", "--state", b.path("state"), "status", "--watch"})
			}()
		})
	if code := <-ended; r.code != int(codeDone) || code != int(codeDone) {
		t.Fatalf("exit %d and %d:\n%s\n%s", r.code, code, r.talk, watched)
	}
	standing, rest, _ := strings.Cut(watched.String(), "\n\n")
	if strings.Contains(standing, "confirmed") {
		t.Errorf("it stood at the end before it was there:\n%s", standing)
	}
	_, after, _ := strings.Cut(r.talk, "fence: mask every Kea unit") // of the canary, at the least, it was seen before
	lines := 0
	for line := range strings.Lines(after) {
		if len(line) > 2 && line[2] == ':' { // an event's
			if _, later, seen := strings.Cut(rest, line); seen {
				rest = later
				lines++
			} else if lines > 0 {
				t.Errorf("not seen in its place: %s", line)
			}
		}
	}
	if lines < 10 || !strings.Contains(rest, "done") {
		t.Errorf("%d lines seen of\n%s\n%s", lines, r.talk, watched)
	}

	all := b.expect(codeDone, "status --watch -o json").out
	events, last := 0, ""
	for line := range strings.Lines(all) {
		var e struct {
			Format string
			Seq    int
			Type   string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Format != "kea-lockstep.event/1" || e.Seq != events+1 {
			t.Errorf("event %d: %v, %.300s", events+1, err, line)
		}
		events++
		last = e.Type
	}
	if events < 40 || last != "drive-ended" {
		t.Errorf("%d events, the last %s", events, last)
	}
	b.expect(codeUsage, "status --watch -o html")
}

// slowTerminal takes nothing until the run has ended.
type slowTerminal struct {
	screen
	asked, ended chan struct{}
	once         sync.Once
}

func (s *slowTerminal) Write(b []byte) (int, error) {
	s.once.Do(func() { close(s.asked) })
	<-s.ended
	return s.screen.Write(b)
}

// What happens while it is shown where a run stands is not passed over.
func TestNothingIsMissedByWhoWatches(t *testing.T) {
	b := newBench(t, 2)
	watched, ended := &slowTerminal{asked: make(chan struct{}), ended: make(chan struct{})}, make(chan int, 1)
	begun := func(string) bool {
		select {
		case <-watched.asked:
			return true
		default:
			return false
		}
	}
	r := b.inTheMiddleWhen("upgrade --to 3.0.3 --yes", "install-k1/", world.NoFault, begun, func() {
		p := b.program(watched, &screen{})
		go func() {
			ended <- p.main(context.Background(), []string{"kea-lockstep", "--state", b.path("state"), "status", "--watch"})
		}()
	})
	close(watched.ended)
	if code := <-ended; r.code != int(codeDone) || code != int(codeDone) {
		t.Fatalf("exit %d and %d:\n%s\n%s", r.code, code, r.talk, watched)
	}
	holds(t, watched.String(), "running", "gate open: point of no return", "start canary", "done")
}
