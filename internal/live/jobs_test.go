package live

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"kea-lockstep/orchestrator"
	"kea-lockstep/ssh"
)

// A start that may have been heard is no start that was not: that nobody answers afterwards tells nothing of it.
func TestAStartThatMayHaveBeenHeardStaysUnknown(t *testing.T) {
	f := someFleet(t)
	for _, c := range []struct {
		first         error
		fate, unasked bool
	}{{ssh.ErrFateUnknown, true, false}, {ssh.ErrUnreachable, false, true}} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			err := unreached(sshError(f.insist(context.Background(), func() error {
				if asked++; asked == 1 {
					return c.first
				}
				return ssh.ErrUnreachable
			})))
			if errors.Is(err, orchestrator.ErrFateUnknown) != c.fate || errors.Is(err, orchestrator.ErrUnreached) != c.unasked || asked < 2 {
				t.Errorf("%v, then no answer: %v after %d times", c.first, err, asked)
			}
		})
	}
}
