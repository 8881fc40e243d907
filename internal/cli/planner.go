package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
)

// planner makes plans of the fleet as it is.
type planner struct {
	world looking
	file  fleet.File
	wish  wish
}

// survey takes the whole look.
func survey(ctx context.Context, o fleet.Observer, file fleet.File) (fleet.Facts, error) {
	names := make([]string, len(file.Servers))
	for i, s := range file.Servers {
		names[i] = s.Name
	}
	return fleet.Survey(ctx, o, names, file.Parallel)
}

// make surveys and plans. The group narrows the plan; empty means the one that was asked for, or all.
func (p planner) make(ctx context.Context, group string) (orchestrator.Plan, error) {
	facts, err := survey(ctx, p.world, p.file)
	if err != nil {
		return orchestrator.Plan{}, err
	}
	opts := p.wish.opts
	opts.Scripts = p.world.Scripts
	if group != "" {
		opts.Group = group
	}
	if err := hasGroup(facts, opts.Group); err != nil {
		return orchestrator.Plan{}, err
	}
	plan := orchestrator.Make(facts, p.wish.target, opts)
	plan.Made, plan.Fleet = time.Now().UTC(), p.file.Path
	return plan, nil
}

// hasGroup checks that --group names one.
func hasGroup(facts fleet.Facts, id string) error {
	if id == "" {
		return nil
	}
	var ids []string
	for _, g := range fleet.Groups(facts) {
		ids = append(ids, g.ID)
	}
	if slices.Contains(ids, id) {
		return nil
	}
	return usage("there is no group %q; the fleet's groups are %s", id, strings.Join(ids, ", "))
}
