package view

import (
	"encoding/json"
	"fmt"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
)

// Plan is a plan as it is shown, saved and compared: the engine's plan with the steps of each phase in one list.
type Plan struct {
	Format    string                 `json:"format"`
	Hash      string                 `json:"hash"`
	Made      time.Time              `json:"made"`
	Rehearsed time.Time              `json:"rehearsed,omitzero"` // when what its estimates are of was measured
	Fleet     string                 `json:"fleet"`
	Target    kea.Version            `json:"target"`
	Only      string                 `json:"group,omitempty"` // the one group that was asked for
	Accepted  []orchestrator.Risk    `json:"accepted"`
	Options   orchestrator.Options   `json:"options"`
	Checks    int                    `json:"checks"`
	Groups    []PlanGroup            `json:"groups"`
	Refusals  []orchestrator.Finding `json:"refusals"`
	Warnings  []orchestrator.Finding `json:"warnings"`

	verbose bool
}

// PlanGroup is what is done to one group.
type PlanGroup struct {
	ID        string                      `json:"id"`
	Mode      orchestrator.Mode           `json:"mode"`
	Canary    string                      `json:"canary"`
	Return    string                      `json:"point_of_no_return"`
	Outage    float64                     `json:"outage_estimate_s"`
	Last      float64                     `json:"last_estimate_s"`
	Servers   []orchestrator.ServerPlan   `json:"servers"`
	Databases []orchestrator.DatabasePlan `json:"databases"`
	Phases    []PlanPhase                 `json:"phases"`
	Back      []PlanPhase                 `json:"back_out"`
}

// PlanPhase is one phase with all its steps.
type PlanPhase struct {
	Name   string                `json:"name"`
	Outage bool                  `json:"outage"`
	Gate   orchestrator.GateName `json:"gate"`
	Ask    orchestrator.Ask      `json:"ask,omitempty"`
	After  []string              `json:"after,omitempty"`
	Steps  []PlanStep            `json:"steps"`
}

// PlanStep is one step.
type PlanStep struct {
	ID       string            `json:"id"`
	Kind     orchestrator.Kind `json:"kind"`
	Server   string            `json:"server"`
	Database fleet.DatabaseID  `json:"database,omitempty"`
	Title    string            `json:"title"`
	Commands []string          `json:"commands"`
	Undo     string            `json:"undo"`
	Estimate float64           `json:"estimate_s"`

	Aside bool `json:"-"` // it is not done by a dump
}

// NewPlan makes the view of a plan. A verbose one shows each step's commands as text too.
func NewPlan(p orchestrator.Plan, verbose bool) Plan {
	v := Plan{
		Format: orchestrator.PlanFormat, Hash: p.Hash, Made: p.Made, Rehearsed: p.Rehearsed, Fleet: p.Fleet, Target: p.Target, Only: p.Options.Group,
		Accepted: listed(p.Accepted), Options: p.Options, Checks: p.Checks, Groups: []PlanGroup{},
		Refusals: listed(p.Refusals), Warnings: listed(p.Warnings), verbose: verbose,
	}
	for _, g := range p.Groups {
		v.Groups = append(v.Groups, PlanGroup{
			ID: g.ID, Mode: g.Mode, Canary: g.Canary, Return: g.Return, Outage: g.Outage, Last: g.Last,
			Servers: listed(g.Servers), Databases: listed(g.Databases), Phases: planPhases(g.Phases), Back: planPhases(g.Back),
		})
	}
	return v
}

func planPhases(phases []orchestrator.Phase) []PlanPhase {
	all := []PlanPhase{}
	for _, p := range phases {
		v := PlanPhase{Name: p.Name, Outage: p.Outage, Gate: p.Gate, Ask: p.Ask, After: p.After, Steps: []PlanStep{}}
		for _, s := range p.Steps() {
			v.Steps = append(v.Steps, PlanStep{
				ID: s.ID, Kind: s.Kind, Server: s.Server, Database: s.Database, Title: s.Title, Commands: listed(s.Commands), Undo: s.Undo, Estimate: s.Estimate, Aside: s.Args[orchestrator.ArgBy] != "",
			})
		}
		all = append(all, v)
	}
	return all
}

// ReadPlan reads a plan that was saved.
func ReadPlan(text []byte) (Plan, error) {
	var v Plan
	if err := json.Unmarshal(text, &v); err != nil {
		return Plan{}, fmt.Errorf("this is no saved plan: %w", err)
	}
	if v.Format != orchestrator.PlanFormat || v.Hash == "" {
		return Plan{}, fmt.Errorf("this is no saved plan: its format is %q, not %q", v.Format, orchestrator.PlanFormat)
	}
	return v, nil
}
