// Package orchestrator is the procedure: it makes a plan of facts (pure), and drives a plan through its phases as a state machine
// that can be killed at any moment and carried on.
//
// It looks at the fleet through fleet.Observer, changes it through Actor, asks people through Operator and remembers through
// journal.Log. It never prints, and knows nothing of SSH, SQL or shell. It may import internal/fleet, internal/kea and
// orchestrator/journal.
package orchestrator
