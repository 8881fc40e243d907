package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Type says what an event tells.
type Type string

// The types of events. RunBegun is the first of every run and stands before the first look at the fleet; DriveBegun opens every
// drive, each with a higher epoch. StepBegun is the intent: it is durable before the step's first command leaves this machine.
const (
	RunBegun   Type = "run-begun"
	DriveBegun Type = "drive-begun"
	PlanMade   Type = "plan-made"
	GateAsked  Type = "gate"
	Asked      Type = "asked"
	PhaseBegun Type = "phase-begun"
	PhaseDone  Type = "phase-done"
	PhaseVoid  Type = "phase-void"
	StepBegun  Type = "step-begun"
	StepDone   Type = "step-done"
	StepFailed Type = "step-failed"
	// StepProgress: a step that is begun says how far it has come.
	StepProgress Type = "step-progress"
	Stranger     Type = "stranger"
	Untouched    Type = "untouched"
	// Moved: a schema is not the old one any more, and this run did not migrate it. From here it is past the point of no return.
	Moved Type = "moved"
	// Locked: the drive holds the lock of a database. What holds it there may outlive the drive.
	Locked Type = "locked"
	// Counted: what a restore would take away, before the operator is asked to roll back.
	Counted    Type = "counted"
	BackingOut Type = "backing-out"
	// RollingBack: the operator's word to go back to the old state. The run goes nowhere else from here, whatever carries it on.
	RollingBack Type = "rolling-back"
	// DeclaredDead: the operator gave a server up. Its run goes on without it, for good.
	DeclaredDead Type = "declared-dead"
	// TakenOver: the run goes on without its first journal, by what it left on its servers. Found is what they tell of one group, once
	// they are in hand.
	TakenOver  Type = "taken-over"
	Found      Type = "found"
	GroupEnded Type = "group-ended"
	DriveEnded Type = "drive-ended"
)

// Event is one line of the journal. Group, phase, step and server are empty where they do not apply.
type Event struct {
	Seq    int             `json:"seq"` // from 1, without a gap
	Time   time.Time       `json:"time"`
	Run    string          `json:"run"`
	Epoch  int             `json:"epoch"`
	Group  string          `json:"group,omitempty"`
	Phase  string          `json:"phase,omitempty"`
	Step   string          `json:"step,omitempty"`
	Server string          `json:"server,omitempty"`
	Type   Type            `json:"type"`
	Data   json.RawMessage `json:"data,omitempty"`
	Prev   string          `json:"prev,omitempty"` // hash of the event before, empty in the first
	Hash   string          `json:"hash,omitempty"` // of its line up to here: the last field
}

// With gives the event with its data in place. Data that cannot be written as JSON is a mistake in this program.
func (e Event) With(data any) Event {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("event %s: %v", e.Type, err))
	}
	e.Data = raw
	return e
}

// Read decodes the event's data into v.
func (e Event) Read(v any) error {
	if len(e.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(e.Data, v); err != nil {
		return fmt.Errorf("event %d (%s): %w", e.Seq, e.Type, err)
	}
	return nil
}

// ErrNoRun is returned by Log.Read and Log.Append for a run that the log does not hold: one without its first event
// was never begun.
var ErrNoRun = errors.New("no such run")

// ErrDriven is returned when another process drives the run on this log. It is wrapped with who that is, where that is known.
var ErrDriven = errors.New("the run is driven by another process")

// ErrDamaged is returned by Log.Read at the first event that does not verify: a changed line, a broken chain, a gap, a line that
// is no event. What stands before it has been yielded and holds.
var ErrDamaged = errors.New("the journal is damaged")

// Log stores the events of runs. Append gives them their sequence numbers and hashes and returns when all of them are durable;
// after an error of Append nothing may be done that the events announce.
type Log interface {
	Append(ctx context.Context, events ...Event) error
	// Hold takes a run for this process, until it ends or closes the log: what is read from then on is all there is. It gives ErrDriven when
	// another process holds it, and ErrNoRun where there is none.
	Hold(run string) error
	Read(ctx context.Context, run string) iter.Seq2[Event, error]
	// Home tells the place where a run is kept from every other, copies of it included. While one process has appended there, no other
	// may. Empty where that cannot be told.
	Home(run string) string
}
