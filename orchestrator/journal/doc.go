// Package journal keeps what a run did and means to do: durable events, each in place before the effect that it announces, and
// Fold, which makes of them the status that every view shows.
//
// A Log stores events and knows nothing of their meaning. Fold is pure. Neither ever holds a password or a staged file; digests
// stand for them. The package may import internal/fleet and internal/kea only.
package journal
