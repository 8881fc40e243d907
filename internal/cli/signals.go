package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// errInterrupted is what a command that was interrupted ends with.
var errInterrupted = errors.New("interrupted; nothing was changed")

// osSignals hears what ends a process: Ctrl-C, a closed terminal, a request to end. A closed pipe is heard too, and means nothing:
// who stops reading must not stop a run.
func osSignals() (<-chan os.Signal, func()) {
	heard := make(chan os.Signal, 8)
	signal.Notify(heard, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	return heard, func() { signal.Stop(heard) }
}

// untilInterrupted gives a context that ends with the first interrupt.
func (p *program) untilInterrupted(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := p.onInterrupt(ctx, func(int) { cancel() })
	return ctx, func() {
		stop()
		cancel()
	}
}

// onInterrupt calls do with the number of each interrupt, from 1, until the function that it returns is called or ctx ends.
func (p *program) onInterrupt(ctx context.Context, do func(n int)) (stop func()) {
	heard, release := p.signals()
	ended := make(chan struct{})
	go func() {
		for n := 0; ; {
			select {
			case s := <-heard:
				if s == syscall.SIGPIPE {
					continue
				}
				n++
				do(n)
			case <-ended:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		release()
		close(ended)
	}
}

// untilInterruptedTwice gives a context that ends with the first interrupt, and one for the removal of what was made, which ends with the
// second.
func (p *program) untilInterruptedTwice(ctx context.Context) (doing, removing context.Context, stop func()) {
	removing, abandon := context.WithCancel(ctx)
	doing, end := context.WithCancel(removing)
	silence := p.onInterrupt(ctx, func(n int) {
		if end(); n > 1 {
			abandon()
		}
	})
	return doing, removing, func() {
		silence()
		end()
		abandon()
	}
}
