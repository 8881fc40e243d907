package journal

import (
	"slices"
	"time"
)

// Moment is one thing that happened in a run, for its report: a phase or a step from its beginning to its end, the answer of a gate or
// of the operator, a turn that the run took.
type Moment struct {
	Time    time.Time `json:"time"`           // when it happened or began
	Until   time.Time `json:"until,omitzero"` // of a phase or a step: when it ended, or was last known to go on; zero while it lasts
	Epoch   int       `json:"epoch"`          // of the drive
	What    Type      `json:"what"`           // Phase, Step, or the type of the event
	Group   string    `json:"group,omitempty"`
	Phase   string    `json:"phase,omitempty"`
	Step    string    `json:"step,omitempty"`
	Server  string    `json:"server,omitempty"`
	Kind    string    `json:"kind,omitempty"`    // of a step
	Attempt int       `json:"attempt,omitempty"` // of a step that was begun
	Title   string    `json:"title,omitempty"`   // of a step; the name of a gate; the question
	Outcome Outcome   `json:"outcome,omitempty"` // of a phase or step; the answer; the state in which a group ended. Empty while it lasts
	Said    string    `json:"said,omitempty"`    // what was seen, verbatim
	By      string    `json:"by,omitempty"`      // who answered, where that is known: Begun.Answers
}

// What spans two events, and is a moment of its own.
const (
	Phase Type = "phase"
	Step  Type = "step"
)

// Outcome is what became of a moment.
type Outcome string

// The outcomes of phases and steps. Gates and questions have their answers for one, the end of a group its state.
const (
	WasDone   Outcome = "done"
	AlreadySo Outcome = "already so" // a step that was found to be done
	HasFailed Outcome = "failed"
	CutOff    Outcome = "cut off" // its drive or group ended before it did
)

// DriveStatus is one drive of a run.
type DriveStatus struct {
	Epoch   int       `json:"epoch"`
	Command string    `json:"command,omitempty"`
	Driver  string    `json:"driver,omitempty"`
	Version string    `json:"version,omitempty"` // of the program
	Answers string    `json:"answers,omitempty"` // who answered its questions, where that is known: Begun.Answers
	Began   time.Time `json:"began,omitzero"`    // zero of drives whose journal is elsewhere
	Ended   time.Time `json:"ended,omitzero"`    // zero while it lasts, or when it died
	Last    time.Time `json:"last_event,omitzero"`
	State   State     `json:"state"` // of the run when it ended
}

// Moments gives all moments of the run in the order in which they began.
func (s Status) Moments() []Moment {
	all := slices.Concat(s.Timeline, s.UnderWay)
	slices.SortStableFunc(all, func(a, b Moment) int {
		if a.Epoch != b.Epoch {
			return a.Epoch - b.Epoch // a clock may have been set back between two drives
		}
		if c := a.Time.Compare(b.Time); c != 0 {
			return c
		}
		return rank(a) - rank(b)
	})
	return all
}

// rank puts a phase before the steps that begin with it.
func rank(m Moment) int {
	if m.What == Step {
		return 1
	}
	return 0
}
