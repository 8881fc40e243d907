//go:build lab

package product

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Took is how long a step took against what its plan said, in seconds.
type Took struct {
	Step                string
	Estimated, Measured float64
}

func (t Took) String() string {
	return fmt.Sprintf("%s took %.1f s of %.1f s", t.Step, t.Measured, t.Estimated)
}

// Times holds the plan of this tool's run against the steps that it did at its first attempt, of the kinds that a database's size
// makes long.
func (t Tool) Times() ([]Took, error) {
	all, err := t.Events()
	if err != nil {
		return nil, err
	}
	var times []Took
	estimates, begun := map[string]float64{}, map[string]time.Time{}
	for _, e := range all {
		switch e.Type {
		case "plan-made":
			if estimates, err = estimated(e.Data); err != nil {
				return nil, err
			}
		case "step-begun":
			begun[e.Step] = e.Time
		case "step-done":
			kind, _, _ := strings.Cut(e.Step, "-")
			if from, ok := begun[e.Step]; ok && (kind == "dump" || kind == "prove" || kind == "migrate") {
				times = append(times, Took{e.Step, estimates[e.Step], e.Time.Sub(from).Seconds()})
			}
		}
	}
	return times, nil
}

func estimated(plan json.RawMessage) (map[string]float64, error) {
	type step struct {
		ID       string
		Estimate float64 `json:"estimate_s"`
	}
	var p struct {
		Groups []struct {
			Phases []struct{ First, Lanes [][]step }
		}
	}
	if err := json.Unmarshal(plan, &p); err != nil {
		return nil, fmt.Errorf("reading a plan: %w", err)
	}
	all := map[string]float64{}
	for _, g := range p.Groups {
		for _, phase := range g.Phases {
			for _, lane := range append(phase.First, phase.Lanes...) {
				for _, s := range lane {
					all[s.ID] = s.Estimate
				}
			}
		}
	}
	return all, nil
}
