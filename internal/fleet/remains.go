package fleet

import (
	"encoding/json"
	"time"
)

// Remains is what runs left on one server, for who has nothing else to go on by: the marker of the run that holds it, with its plan
// and its jobs, and which runs are over there.
type Remains struct {
	Claim Claim
	Since time.Time       // when the run first took the server; zero if none holds it
	Plan  json.RawMessage // as it is driven: an orchestrator.Plan
	Jobs  []Job           // of that run, the newest attempt of each step
	Over  map[string]int  // by run, the epoch that let go of the server
}

// Job is a job that was started.
type Job struct {
	Step    string
	Attempt int
	State   JobState
	Facts   map[string]string // what it reported, once it has ended well
}
