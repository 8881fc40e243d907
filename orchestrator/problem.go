package orchestrator

import (
	"errors"
	"fmt"
	"strings"

	"kea-lockstep/orchestrator/journal"
)

// problem words a failure for the operator: what happened, what was seen, where the fleet stands and what to type next.
func (g *groupDrive) problem(cause error) *journal.Problem {
	p := &journal.Problem{What: g.what(cause), Why: cause.Error()}
	var refused *declined
	var s *stepError
	var gate *gateError
	var paused *pausedBefore
	switch {
	case errors.As(cause, &paused):
		p.Phase, p.Why = paused.phase, ""
		return p
	case errors.As(cause, &s):
		p.Phase = s.phase
	case errors.As(cause, &gate):
		p.Phase = gate.phase
	}
	switch {
	case errors.Is(cause, errHeld):
		p.Why = "as asked"
	case errors.As(cause, &refused), errors.Is(cause, errNoBackup), errors.Is(cause, errPast):
		p.Why = ""
	case errors.As(cause, &s):
		p.Why = s.saw.Saw
		if s.cause != nil && s.cause.Error() != s.saw.Saw {
			p.Why = strings.TrimSpace(s.saw.Saw + "\n" + s.cause.Error())
		}
	}
	return p
}

func (g *groupDrive) what(cause error) string {
	var (
		step    *stepError
		gate    *gateError
		seen    *strangerSeen
		refused *declined
		paused  *pausedBefore
	)
	switch {
	case errors.As(cause, &paused):
		return paused.Error() + ", as asked"
	case errors.As(cause, &refused):
		return fmt.Sprintf("the answer to %q was no", g.question(refused.ask).Text)
	case errors.Is(cause, errHeld):
		return "held at a safe point"
	case errors.As(cause, &seen):
		return "somebody else is at work: " + seen.saw.Saw
	case errors.As(cause, &gate):
		return fmt.Sprintf("the gate before %s did not open", gate.phase)
	case errors.As(cause, &step):
		return fmt.Sprintf("%s on %s failed", step.step.Title, step.step.Server)
	case errors.Is(cause, ErrLocked):
		return "somebody else holds the lock"
	case errors.Is(cause, errUnlocked):
		return "the lock that names this drive to others cannot be had"
	default:
		return cause.Error()
	}
}
