// Package notify tells others how a run goes: commands and webhooks that the fleet file names.
//
// It never delays a run and never fails one: what is to be told is queued, each listener has a goroutine of its own, a deadline for
// every notice and a bound on how many may wait; what does not go out is said once and lost. A notice holds no secret, and neither
// does what is said of a listener: the address of a webhook is one.
//
// It may import what a run plans and what its journal folds to: orchestrator/journal, internal/fleet and internal/kea.
package notify
