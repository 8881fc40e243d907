package orchestrator_test

import (
	"flag"
	"time"
)

// What the proof takes: go test ./orchestrator -args -every 1 -pairs 1h takes everything, and draws pairs for an hour. One point in so many
// is the same each time, so that a failure is of what changed; -first takes others.
var (
	forLong = flag.Duration("pairs", 5*time.Second, "how long to draw random pairs of faults")
	every   = flag.Int("every", 24, "take one point in so many; 1 takes every single one")
	again   = flag.Uint64("seed", 2, "what pairs are drawn from, as it is printed; 0: another each time")
	first   = flag.Int("first", 0, "which point to begin with")
)
