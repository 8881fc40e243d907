package orchestrator

import "context"

// Ask names a question that the procedure puts to the operator.
type Ask string

// The questions.
const (
	AskGo      Ask = "go"      // stop the fleet?
	AskReturn  Ask = "return"  // pass the point of no return? wants the typed word
	AskRest    Ask = "rest"    // go on with the rest?
	AskBack    Ask = "back"    // back out to the old state?
	AskRestore Ask = "restore" // restore the backup over a torn schema? wants the typed word
	AskStop    Ask = "stop"    // stop what was started behind our back?
	AskDead    Ask = "dead"    // is this server lost? wants its name, typed
	AskOld     Ask = "old"     // roll back to the old state? wants the typed word once a target Kea has served
	AskTake    Ask = "take"    // does nobody else drive the run any more?
)

// Question is put to the operator at a gate.
type Question struct {
	Ask   Ask
	Group string
	Text  string   // one line, ends in a question mark
	Saw   []string // what the answer should rest on
	Word  string   // when not empty, yes is this word, typed
	Typed bool     // by a person: nothing answers for them
}

// Operator is the person, or what stands in for one.
type Operator interface {
	// Ask puts a question. The error is for an answer that could not be had; it counts as no.
	Ask(ctx context.Context, q Question) (yes bool, err error)
	// Requests carries what the operator wants while nothing is being asked.
	Requests() <-chan Request
}

// Request is what an operator wants of a running drive.
type Request string

// The requests.
const (
	Hold  Request = "hold"  // stop at the next safe point: Ctrl-C, a closed terminal
	Abort Request = "abort" // stop there and back out where that is possible
	Pause Request = "pause" // begin no phase; what is in flight ends
)
