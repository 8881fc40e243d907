package cli

import (
	"io"
	"os"
	"syscall"
	"testing"
)

func TestATerminalThatStandsStillKeepsNobodyWaitingAfterASignal(t *testing.T) {
	nobody, stuck := io.Pipe() // no read, no write
	defer nobody.Close()
	tell := newTeller()
	tell.say(stuck, "the end\n")
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGPIPE // means nothing
	ended := make(chan struct{})
	go func() {
		tell.close(signals)
		close(ended)
	}()
	select {
	case <-ended:
		t.Fatal("it did not wait for what was still to be told")
	case signals <- os.Interrupt:
	}
	<-ended
}

func TestWhatWasToldIsWrittenBeforeTheEnd(t *testing.T) {
	var shown screen
	tell := newTeller()
	tell.say(&shown, "one\n")
	tell.say(&shown, "two\n")
	tell.close(nil)
	if shown.String() != "one\ntwo\n" {
		t.Errorf("%q", shown.String())
	}
}
