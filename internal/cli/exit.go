package cli

import "fmt"

// code is an exit code. Scripts rely on the numbers: docs/kea-lockstep.1.md.
type code int

const (
	codeDone  code = 0
	codeError code = 1 // an error of ours, before the first effect
	codeUsage code = 2 // usage, or a fleet file that cannot be used
)

// exitError is an error that has its own exit code.
type exitError struct {
	code code
	err  error
}

func (e exitError) Error() string { return e.err.Error() }
func (e exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return exitError{codeUsage, fmt.Errorf(format, args...)}
}
