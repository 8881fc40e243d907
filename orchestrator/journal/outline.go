package journal

import (
	"slices"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// outline is as much of a plan as a status needs.
type outline struct {
	Hash     string
	Accepted []string
	Groups   []struct {
		ID       string
		Mode     string
		Canary   string
		Estimate float64 `json:"outage_estimate_s"`
		Last     float64 `json:"last_estimate_s"`
		Servers  []struct {
			Name   string
			Before kea.Version
		}
		Databases []struct {
			ID      fleet.DatabaseID
			Name    string
			Label   string
			Product string
			Before  kea.Schema
		}
		Phases []phaseOutline
		Back   []phaseOutline `json:"back_out"`
	}
}

// rolling is the orchestrator's mode for groups whose servers go one by one.
const rolling = "rolling"

type phaseOutline struct {
	Name  string
	First [][]stepOutline
	Lanes [][]stepOutline
}

type stepOutline struct{ ID, Kind, Title string }

// steps calls back for every step of the plan.
func (o outline) steps(each func(group string, s stepOutline)) {
	for _, g := range o.Groups {
		for _, p := range slices.Concat(g.Phases, g.Back) {
			for _, lane := range slices.Concat(p.First, p.Lanes) {
				for _, s := range lane {
					each(g.ID, s)
				}
			}
		}
	}
}

func (f *Folding) plan(o outline) {
	f.now.Plan, f.now.Groups, f.now.Servers, f.now.Bases, f.now.Accepted = o.Hash, nil, nil, nil, o.Accepted
	for _, g := range o.Groups {
		status := GroupStatus{ID: g.ID, State: Waiting, Steps: map[string]StepStatus{}, Holders: map[fleet.DatabaseID]Hold{}}
		status.Mode, status.Canary, status.Estimate, status.Last = g.Mode, g.Canary, g.Estimate, g.Last
		for _, p := range g.Phases {
			status.Phases = append(status.Phases, PhaseStatus{Name: p.Name, State: Waiting})
		}
		status.Outage.Server, status.Outage.Rolled = map[string]ServerOutage{}, g.Mode == rolling && len(g.Servers) > 1
		f.now.Groups = append(f.now.Groups, status)
		for _, s := range g.Servers {
			f.now.Servers = append(f.now.Servers, ServerStatus{Name: s.Name, Group: g.ID, Before: s.Before})
		}
		for _, d := range g.Databases {
			f.now.Bases = append(f.now.Bases, DatabaseStatus{ID: d.ID, Name: d.Name, Product: d.Product, Before: d.Before, After: d.Before, Group: g.ID, Label: d.Label})
		}
	}
}
