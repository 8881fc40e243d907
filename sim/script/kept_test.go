package script

import (
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"kea-lockstep/sim/fleet"
)

// kept are the fleets by the directories of their scripts.
var kept sync.Map

func of(ts *testscript.TestScript) *fleet.Fleet {
	known, ok := kept.Load(ts.Getenv("WORK"))
	f, is := known.(*fleet.Fleet)
	if !ok || !is {
		ts.Fatalf("no fleet was raised")
	}
	return f
}
