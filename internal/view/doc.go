// Package view shows what there is to show: surveys, checks, plans, the progress and the end of a run, as text for people and as
// JSON for scripts.
//
// Every view is made of data alone: facts, plans, statuses, findings. A view never asks the engine or the fleet, never decides, and
// lets nothing that a server said reach a terminal raw. Colour only repeats what the words say.
//
// The package may import internal/audit, internal/fleet, internal/kea, orchestrator and orchestrator/journal.
package view
