package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Listener is somebody who is told.
type Listener interface {
	// Name says who it is, without anything that is secret.
	Name() string
	// Send hands over one notice, a JSON object. It returns soon after ctx ends. Its errors hold nothing that is secret.
	Send(ctx context.Context, notice []byte) error
}

// Bounds of what a listener may cost.
const (
	Patience = 10 * time.Second // for one notice
	Waiting  = 32               // notices for one listener at most
)

// Notifier tells listeners, each in a goroutine of its own.
type Notifier struct {
	say    func(text string)
	queues []*queue
	cancel context.CancelCauseFunc // of what is being told
	wait   sync.WaitGroup
}

// queue is what is still to be told to one listener.
type queue struct {
	to      Listener
	notices chan []byte
	mu      sync.Mutex
	closed  bool
	said    bool // that it failed, or that something is lost
}

// New begins to tell the listeners. What keeps one from being told is given to say, once for each; say must not block.
func New(listeners []Listener, say func(text string)) *Notifier {
	ctx, cancel := context.WithCancelCause(context.Background())
	n := &Notifier{say: say, cancel: cancel}
	for _, l := range listeners {
		q := &queue{to: l, notices: make(chan []byte, Waiting)}
		n.queues = append(n.queues, q)
		n.wait.Go(func() { n.serve(ctx, q) })
	}
	return n
}

// Tell queues a notice for every listener, and returns at once. For a listener that has too many of them waiting it is lost; the end is
// what should arrive, so the oldest makes room.
func (n *Notifier) Tell(notice Notice) {
	text, err := json.Marshal(notice)
	if err != nil {
		return // a struct of text and numbers: it cannot fail
	}
	for _, q := range n.queues {
		if q.put(text) {
			n.once(q, errors.New("more is to be told than it takes in time; some of it is lost"))
		}
	}
}

// put queues a notice, and says whether one was lost for it.
func (q *queue) put(text []byte) (lost bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	for {
		select {
		case q.notices <- text:
			return lost
		default:
		}
		select {
		case <-q.notices:
			lost = true
		default:
		}
	}
}

func (n *Notifier) serve(ctx context.Context, q *queue) {
	for text := range q.notices {
		if ctx.Err() != nil {
			return
		}
		one, cancel := context.WithTimeoutCause(ctx, Patience, fmt.Errorf("it took longer than %s", Patience))
		err := q.to.Send(one, text)
		if err != nil && one.Err() != nil {
			err = context.Cause(one)
		}
		cancel()
		if err != nil {
			n.once(q, err)
		}
	}
}

// once says what went wrong with a listener, the first time that something does.
func (n *Notifier) once(q *queue, err error) {
	q.mu.Lock()
	before := q.said
	q.said = true
	q.mu.Unlock()
	if !before {
		n.say(fmt.Sprintf("kea-lockstep: notify: %s: %v; the run is not touched by it, and no more is said of it\n", q.to.Name(), err))
	}
}

// errLate is what cuts a notice short at the end.
var errLate = errors.New("it was not done when the process had to end")

// Close takes no more notices, and returns when the queued ones are told, or when ctx ends: then what is under way is cut short, and the
// rest is lost.
func (n *Notifier) Close(ctx context.Context) {
	for _, q := range n.queues {
		q.mu.Lock()
		q.closed = true
		close(q.notices)
		q.mu.Unlock()
	}
	told := make(chan struct{})
	go func() {
		n.wait.Wait()
		close(told)
	}()
	select {
	case <-told:
	case <-ctx.Done():
		n.cancel(errLate)
		<-told
	}
	n.cancel(nil)
}
