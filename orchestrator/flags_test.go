package orchestrator_test

import (
	"flag"
	"time"
)

// forLong is how long random pairs are drawn: make proof-long gives hours.
var forLong = flag.Duration("pairs", 5*time.Second, "how long to draw random pairs of faults")
