package orchestrator

import (
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// Rehearsed is what a rehearsal found. Times are in seconds.
type Rehearsed struct {
	ID        RehearsalID         `json:"rehearsal"`
	Fleet     string              `json:"fleet"`
	Target    kea.Version         `json:"target"`
	Began     time.Time           `json:"began"`
	Ended     time.Time           `json:"ended"`
	Verdict   string              `json:"verdict"` // passed, failed, unknown, refused
	Groups    []RehearsedGroup    `json:"groups"`
	Servers   []RehearsedServer   `json:"servers"`
	Databases []RehearsedDatabase `json:"databases"`
	Hinders   []Finding           `json:"hinders"`  // what an upgrade would be refused for now, or the rehearsal was
	Warnings  []Finding           `json:"warnings"` // of the plan
	Left      []string            `json:"left"`     // what could not be removed, and why
}

// RehearsedGroup is what is to be expected of a group's upgrade.
type RehearsedGroup struct {
	ID     string  `json:"id"`
	Mode   Mode    `json:"mode"`
	Outage float64 `json:"outage_estimate_s"`
	Last   float64 `json:"last_estimate_s"`
}

// RehearsedServer is what the target's binaries said on one server.
type RehearsedServer struct {
	Name     string        `json:"name"`
	Group    string        `json:"group"`
	Unpacked fleet.Verdict `json:"unpacked"`
	Unpack   float64       `json:"unpack_s"`
	Tests    []Tried       `json:"tests"`
	Test     float64       `json:"test_s"`
}

// RehearsedDatabase is how the copy of one database fared.
type RehearsedDatabase struct {
	ID      fleet.DatabaseID `json:"id"`
	Group   string           `json:"group"`
	Name    string           `json:"name"`
	At      string           `json:"at"`
	Copy    string           `json:"copy"` // the name that it had
	Before  kea.Schema       `json:"before"`
	Target  kea.Schema       `json:"after"`
	Rows    map[string]int64 `json:"rows"`
	Bytes   int64            `json:"bytes"` // of the dump
	Verdict fleet.Verdict    `json:"verdict"`
	Durations
}

// Durations are how long the steps on a database took, in seconds.
type Durations struct {
	Dump    float64 `json:"dump_s"`
	Restore float64 `json:"restore_s"`
	Migrate float64 `json:"migrate_s"`
	Verify  float64 `json:"verify_s"`
}

// The verdicts of a rehearsal: everything passed; something failed; something could not be tried; or it was not begun.
const (
	Passed   = "passed"
	Failed   = "failed"
	Unknown  = "unknown"
	NotBegun = "refused"
)

// judge gives the verdict over everything that was tried.
func (r *Rehearsed) judge() {
	worst := fleet.Affirm("")
	add := func(v fleet.Verdict) { worst = fleet.All(worst, v) }
	for _, s := range r.Servers {
		add(s.Unpacked)
		for _, t := range s.Tests {
			add(t.Verdict)
		}
	}
	for _, d := range r.Databases {
		add(d.Verdict)
	}
	for _, f := range r.Hinders {
		if lasting[f.Code] {
			add(fleet.Deny("%s", f.Message))
		}
	}
	r.Verdict = map[fleet.Answer]string{fleet.Yes: Passed, fleet.No: Failed, fleet.CannotTell: Unknown}[worst.Answer]
}

// Predict takes over what a plan expects that was made with what the rehearsal measured.
func (r *Rehearsed) Predict(p Plan) {
	for i := range r.Groups {
		for _, g := range p.Groups {
			if g.ID == r.Groups[i].ID {
				r.Groups[i].Outage, r.Groups[i].Last = g.Outage, g.Last
			}
		}
	}
}

// Measured gives what the rehearsal measured, for the plan of an upgrade to the same target: only of what passed.
func (r Rehearsed) Measured() Measurements {
	m := Measurements{Target: r.Target, When: r.Began, Of: map[fleet.DatabaseID]Durations{}}
	for _, d := range r.Databases {
		if d.Verdict.OK() {
			m.Of[d.ID] = d.Durations
		}
	}
	return m
}

// Measurements are how long the steps on databases took in a rehearsal. The zero value is none.
type Measurements struct {
	Target kea.Version
	When   time.Time
	Of     map[fleet.DatabaseID]Durations
}

// measured puts what was measured in the place of what is assumed, for a group whose every database that moves was rehearsed to the
// same target; false where nothing was.
func (p *Plan) measured(g *GroupPlan) bool {
	m := p.Options.Measured
	if m.Target != p.Target {
		return false
	}
	some := false
	for _, phase := range g.Phases {
		for _, lane := range phase.Lanes {
			for i := range lane {
				took, ok := m.Of[lane[i].Database]
				if !ok || lane[i].Args[ArgBy] != "" { // a rehearsal dumps by itself
					continue
				}
				some = true
				switch lane[i].Kind {
				case KindDump:
					lane[i].Estimate = took.Dump
				case KindProve:
					lane[i].Estimate = took.Restore
				case KindMigrate:
					lane[i].Estimate = took.Migrate
				case KindVerify:
					lane[i].Estimate = took.Verify
				}
			}
		}
	}
	return some
}
