package cli

import (
	"errors"
	"fmt"
	"slices"
)

// code is an exit code. Scripts rely on the numbers: docs/kea-lockstep.1.md.
type code int

const (
	codeDone        code = 0
	codeError       code = 1   // an error of ours, before the first effect
	codeUsage       code = 2   // usage, or a fleet file that cannot be used
	codeRefused     code = 3   // before the first effect on any server
	codeHalted      code = 4   // before the point of no return
	codeHaltedPast  code = 5   // after it
	codeHeld        code = 6   // by somebody else, or a halted run stands in the way
	codeBackedOut   code = 7   // the old state serves again
	codeMismatch    code = 8   // check or audit found what must not be, or cannot tell
	codePaused      code = 9   // before the next phase
	codeInterrupted code = 130 // before the first effect
)

// exitError is an error that has its own exit code. With a nil err everything was said already.
type exitError struct {
	code  code
	err   error
	hints []string // what to do, a line each
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return exitError{code: codeUsage, err: fmt.Errorf(format, args...)}
}

// hinted adds to what an error says to do.
func hinted(err error, hint string) error {
	if e, ok := errors.AsType[exitError](err); ok {
		e.hints = append(slices.Clone(e.hints), hint)
		return e
	}
	return err
}

func refuse(hint, format string, args ...any) error {
	return exitError{code: codeRefused, err: fmt.Errorf(format, args...), hints: hints(hint)}
}

// hints leaves out what is empty.
func hints(lines ...string) []string {
	var some []string
	for _, l := range lines {
		if l != "" {
			some = append(some, l)
		}
	}
	return some
}
