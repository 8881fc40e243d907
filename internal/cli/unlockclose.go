package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kea-lockstep/internal/audit"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator/journal"
)

// stands says how a group that a run left unfinished stands by now: as it was before, or as it was to be, each Kea matching its
// database. Anything else is for resume.
func (k keys) stands(one kept, g journal.GroupStatus) (state journal.State, known bool) {
	narrow := only(k.facts, g.ID)
	if len(narrow.Servers) == 0 || audit.Check(narrow, func(name string) string { return name }).Verdict != audit.Matches {
		return "", false
	}
	before, target := true, true
	for _, s := range one.status.Servers {
		if s.Group != g.ID {
			continue
		}
		now, ok := narrow.Server(s.Name)
		before = before && ok && now.Software.Kea == s.Before
		target = target && ok && now.Software.Kea == one.status.Target
	}
	switch {
	case target:
		return journal.Done, true
	case before:
		return journal.BackedOut, true
	default:
		return "", false
	}
}

// close ends a dead run's journal by what the fleet was found to be, before its markers are removed.
func (k keys) close(ctx context.Context, run, driver string) error {
	one, err := k.store.read(ctx, run)
	if err != nil {
		return err
	}
	if one.status.State.Over() {
		return nil
	}
	event := func(t journal.Type) journal.Event {
		return journal.Event{Type: t, Run: run, Epoch: one.status.Epoch + 1, Time: time.Now().UTC()}
	}
	events := []journal.Event{event(journal.DriveBegun).With(journal.Begun{
		Command: "unlock", Driver: driver, Fleet: one.status.Fleet, Target: one.status.Target, Version: buildVersion(),
	})}
	for _, g := range slices.DeleteFunc(slices.Clone(one.status.Groups), func(g journal.GroupStatus) bool { return g.State.Over() }) {
		state := journal.Refused // nothing was changed there
		if view.Touched(g) {
			state, _ = k.stands(one, g)
		}
		e := event(journal.GroupEnded).With(journal.Ended{State: state, Problem: &journal.Problem{What: "ended by unlock: nothing of the run stood any more"}})
		e.Group = g.ID
		events = append(events, e)
	}
	if err := k.store.Append(ctx, append(events, event(journal.DriveEnded))...); err != nil {
		return fmt.Errorf("ending the journal of run %s: %w", run, err)
	}
	return nil
}
