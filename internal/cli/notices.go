package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/notify"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator/journal"
)

// notices tells others how a drive goes.
type notices struct {
	watch    *notify.Watch
	notifier *notify.Notifier
}

// lastWords is how long the end of a drive waits for what is still to be told.
const lastWords = 5 * time.Second

// notices makes those that the fleet file asks for. Who cannot be told anything is said, and left out.
func (p *program) notices(file fleet.File, at view.Where, say func(string)) *notices {
	var listeners []notify.Listener
	for _, entry := range file.Notify {
		l, err := p.listener(entry)
		if err != nil {
			say(fmt.Sprintf("kea-lockstep: notify: %v; it is told nothing, and the run goes on without\n", err))
			continue
		}
		listeners = append(listeners, l)
	}
	words := notify.Words{
		Next: func(s journal.Status) string { return view.Complete(s, at).Next },
		Ending: func(s journal.Status) string {
			if len(s.Groups) == 0 {
				return "it ended before anything of the fleet was planned"
			}
			return view.NewEnding(s, at).Sentence()
		},
	}
	return &notices{watch: notify.NewWatch(words), notifier: notify.New(listeners, say)}
}

// listener makes one of an entry of the fleet file.
func (p *program) listener(entry fleet.Listener) (notify.Listener, error) {
	if entry.Webhook == nil {
		return notify.Command{Argv: entry.Exec}, nil
	}
	from, address := "$"+entry.Webhook.Env, p.getenv(entry.Webhook.Env)
	if entry.Webhook.File != "" {
		text, err := os.ReadFile(entry.Webhook.File)
		if err != nil {
			return nil, fmt.Errorf("reading the address of a webhook: %w", err)
		}
		from, address = entry.Webhook.File, string(text)
	}
	if address == "" {
		return nil, errors.New("the address of a webhook should be in " + from + ", and there is none")
	}
	return notify.NewWebhook(from, address)
}

// hear tells what an event is a reason for. It does not block.
func (n *notices) hear(e journal.Event, s journal.Status) {
	for _, one := range n.watch.Of(e, s) {
		n.notifier.Tell(one)
	}
}

// close tells the end, and waits for a short while until everything is told; shorter at a signal.
func (n *notices) close(s journal.Status, signals <-chan os.Signal) {
	for _, one := range n.watch.Over(time.Now().UTC(), s) {
		n.notifier.Tell(one)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	told := make(chan struct{})
	go func() {
		defer close(told)
		n.notifier.Close(ctx)
	}()
	for {
		select {
		case <-told:
			return
		case heard := <-signals:
			if heard != syscall.SIGPIPE { // whoever waits has had enough
				cancel()
			}
		}
	}
}
