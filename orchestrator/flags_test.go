package orchestrator_test

import (
	"flag"
	"time"
)

// What the proof takes: go test ./orchestrator -args -every 1 -pairs 1h takes everything, and draws pairs for an hour.
var (
	forLong = flag.Duration("pairs", 5*time.Second, "how long to draw random pairs of faults")
	every   = flag.Int("every", 7, "take one point in so many; 1 takes every single one")
)
