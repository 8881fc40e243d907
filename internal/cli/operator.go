package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

// operator puts the engine's questions to the person at the terminal, or answers them as --yes says.
type operator struct {
	yes      bool
	say      func(text string)
	answered func() // ends the line of a question
	asking   atomic.Pointer[string]
	paper    view.Paper
	keyboard *os.File      // nil: nobody can type
	lines    <-chan string // what is typed, once something was asked; closed at its end
	drop     func()        // forgets what was typed so far
	requests chan orchestrator.Request
	stop     chan struct{}             // closed at the first interrupt: a question waits no longer
	unproved func(group string) string // names a backup that is not proved and whose risk is not accepted; empty: all are
	notAfter time.Time
}

// The reasons for which a question has no answer.
var (
	errStopped   = errors.New("interrupted")
	errNobody    = errors.New("a person must answer this, and stdin is no terminal")
	errNoAnswer  = errors.New("the terminal was closed before the answer")
	errUnproved  = errors.New("--yes does not pass the point of no return over a backup that is not proved")
	errNotBefore = errors.New("it is later than --not-after allows")
)

// Requests carries the operator's requests.
func (o *operator) Requests() <-chan orchestrator.Request { return o.requests }

// request posts a request. Who has asked already need not ask again.
func (o *operator) request(r orchestrator.Request) {
	select {
	case o.requests <- r:
	default:
	}
}

// Ask puts a question, on the terminal or to --yes.
func (o *operator) Ask(ctx context.Context, q orchestrator.Question) (bool, error) {
	if err := o.inTime(q); err != nil {
		return false, err
	}
	if o.yes && !q.Typed {
		if why := o.unproved(q.Group); q.Ask == orchestrator.AskReturn && why != "" {
			return false, fmt.Errorf("%w: %s", errUnproved, why)
		}
		if q.Ask == orchestrator.AskOld { // what is lost is said, whoever answers
			o.say(view.Unasked(q, o.paper))
		}
		return true, nil
	}
	if err := o.listen(); err != nil {
		return false, err
	}
	o.drop()
	for again := false; ; again = true {
		answer, err := o.put(ctx, q, again)
		if err != nil {
			return false, err
		}
		if yes, clear := understood(q, answer); clear {
			return yes, o.stillInTime(q, yes)
		}
	}
}

// listen begins to read what is typed, at the first question: what nobody asks for stays for whoever reads the terminal next.
func (o *operator) listen() error {
	switch {
	case o.lines != nil:
	case o.keyboard == nil:
		return errNobody
	default:
		o.lines, o.drop = typed(o.keyboard)
	}
	return nil
}

// put shows a question and hears what is typed.
func (o *operator) put(ctx context.Context, q orchestrator.Question, again bool) (string, error) {
	prompt := view.Question(q, true, o.paper)
	o.say(view.Question(q, again, o.paper))
	o.asking.Store(&prompt)
	defer o.asking.Store(nil)
	return o.hear(ctx)
}

// aside says something that may come while a question stands, and shows the end of the question again.
func (o *operator) aside(text string) {
	if text == "" {
		return
	}
	o.say(text)
	if prompt := o.asking.Load(); prompt != nil {
		o.say(*prompt)
	}
}

// understood reads an answer. Nothing typed is no; what is neither yes nor no is asked again.
func understood(q orchestrator.Question, answer string) (yes, clear bool) {
	answer = strings.ToLower(strings.TrimSpace(answer))
	switch {
	case answer == "" || answer == "n" || answer == "no":
		return false, true
	case q.Word != "":
		return true, answer == q.Word
	default:
		return true, answer == "y" || answer == "yes"
	}
}

func (o *operator) inTime(q orchestrator.Question) error {
	if q.Ask == orchestrator.AskGo && !o.notAfter.IsZero() && time.Now().After(o.notAfter) {
		return fmt.Errorf("%w (%s)", errNotBefore, o.notAfter.Format(time.RFC3339))
	}
	return nil
}

// stillInTime: an answer may have taken its time.
func (o *operator) stillInTime(q orchestrator.Question, yes bool) error {
	if !yes {
		return nil
	}
	return o.inTime(q)
}

func (o *operator) hear(ctx context.Context) (string, error) {
	select {
	case line, ok := <-o.lines:
		if !ok {
			return "", errNoAnswer
		}
		o.answered()
		return line, nil
	case <-o.stop:
		return "", errStopped
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// typed reads lines in a goroutine of its own, which ends with the input or the process. Forgetting drops what waits in the
// terminal and what was read already.
func typed(in *os.File) (lines <-chan string, forget func()) {
	out := make(chan string, 64)
	go func() {
		defer close(out)
		for reader := bufio.NewReader(in); ; {
			line, err := reader.ReadString('\n')
			if err != nil && (!errors.Is(err, io.EOF) || line == "") {
				return
			}
			out <- line
		}
	}()
	return out, func() {
		_ = unix.IoctlSetInt(int(in.Fd()), unix.TCFLSH, unix.TCIFLUSH) // no terminal, nothing to drop
		for {
			select {
			case _, ok := <-out:
				if !ok {
					return
				}
			default:
				return
			}
		}
	}
}
