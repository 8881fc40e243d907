package cli

import (
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
)

// teller writes what is told in order and without making anyone wait: a terminal that stands still must not hold up a run.
// What cannot be written is lost; the journal has it.
type teller struct {
	mu    sync.Mutex
	more  *sync.Cond
	queue []told
	open  bool // the last line has no end: a question stands there
	over  bool
	ended chan struct{}
}

type told struct {
	to   io.Writer
	text string
}

func newTeller() *teller {
	t := &teller{ended: make(chan struct{})}
	t.more = sync.NewCond(&t.mu)
	go t.write()
	return t
}

func (t *teller) say(to io.Writer, text string) {
	if text == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open {
		t.queue = append(t.queue, told{to, "\n"})
	}
	t.open = !strings.HasSuffix(text, "\n")
	t.queue = append(t.queue, told{to, text})
	t.more.Signal()
}

// answered notes that the line that was open has been ended by who typed there.
func (t *teller) answered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open = false
}

// close returns when everything is written, or at a signal: somebody waits for the process, and nobody reads.
func (t *teller) close(signals <-chan os.Signal) {
	t.mu.Lock()
	t.over = true
	t.more.Signal()
	t.mu.Unlock()
	for {
		select {
		case <-t.ended:
			return
		case s := <-signals:
			if s != syscall.SIGPIPE {
				return
			}
		}
	}
}

func (t *teller) write() {
	defer close(t.ended)
	for {
		t.mu.Lock()
		for len(t.queue) == 0 && !t.over {
			t.more.Wait()
		}
		batch := t.queue
		t.queue = nil
		t.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		for _, s := range batch {
			_, _ = io.WriteString(s.to, s.text) // lost words are no reason to stop
		}
	}
}
