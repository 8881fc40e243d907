package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

const (
	// settling is how long statements that still run in the database may take to end: a server finishes the statement of a
	// client that was killed.
	settling      = 15 * time.Second
	settlingPause = 100 * time.Millisecond
)

// Migration classifies the database between two schemas. What it is held against is what Kea's own scripts make of these
// versions, together with whatever the database has that no version of Kea between them knows: that is its owner's own. Where
// nothing can be concluded it is an error.
func (f *Fleet) Migration(ctx context.Context, at fleet.Place, before, target kea.Schema) (fleet.Migration, error) {
	now, err := f.snapshot(ctx, at)
	if err != nil {
		return fleet.Migration{}, err
	}
	return f.classified(at, before, target, now)
}

// classified classifies what was seen.
func (f *Fleet) classified(at fleet.Place, before, target kea.Schema, now dbcheck.Snapshot) (fleet.Migration, error) {
	c := f.classify(dbcheck.Engine(at.Engine), before, target, now)
	seen := fleet.Migration{At: schemaOf(c.At), Saw: c.Saw}
	switch c.State {
	case dbcheck.Untouched:
		seen.State = fleet.Untouched
	case dbcheck.Clean:
		seen.State = fleet.CleanAt
	case dbcheck.Done:
		seen.State = fleet.Migrated
	case dbcheck.Torn:
		seen.State, seen.Saw = fleet.Torn, withDifferences(c)
	default:
		return seen, fmt.Errorf("%s: cannot tell how far the migration of %s got: %s", at.Server, at, c.Saw)
	}
	return seen, nil
}

// withDifferences names the first few objects that do not fit.
func withDifferences(c dbcheck.Classification) string {
	const most = 3
	text := c.Saw
	for i, d := range c.Differences {
		if i == 0 {
			continue // in Saw already
		}
		if i == most {
			return fmt.Sprintf("%s and %d more", text, len(c.Differences)-most)
		}
		text += ", " + d.String()
	}
	return text
}

// snapshot looks at the schema once nothing runs in the database that could be changing it.
func (f *Fleet) snapshot(ctx context.Context, at fleet.Place) (dbcheck.Snapshot, error) {
	db, err := f.database(ctx, at, asOwner, toRead)
	if err != nil {
		return dbcheck.Snapshot{}, err
	}
	for deadline := time.Now().Add(settling); ; {
		now, err := db.Snapshot(ctx)
		if err == nil && len(now.Structure.Unreadable()) > 0 { // somebody else made the schema
			if db, err = f.database(ctx, at, asAdmin, toRead); err == nil {
				now, err = db.Snapshot(ctx)
			}
		}
		if err != nil && !errors.Is(err, dbcheck.ErrMoved) {
			return now, fmt.Errorf("%s: %w", at.Server, err)
		}
		if now.Busy, err = f.changing(ctx, at, now.Busy, err); err != nil && !errors.Is(err, dbcheck.ErrMoved) {
			return now, err
		}
		if err == nil && len(now.Busy) == 0 || time.Now().After(deadline) {
			return now, err
		}
		select {
		case <-time.After(settlingPause):
		case <-ctx.Done():
			return now, fmt.Errorf("%s: waiting for statements that run in %s: %w", at.Server, at, context.Cause(ctx))
		}
	}
}

// changing keeps of the sessions that run a statement those that may be changing the schema: a Kea daemon does not. It passes
// on the error of the look that found them.
func (f *Fleet) changing(ctx context.Context, at fleet.Place, busy []dbcheck.Session, looked error) ([]dbcheck.Session, error) {
	busy = slices.DeleteFunc(busy, f.harmless)
	if len(busy) == 0 {
		return nil, looked
	}
	owned, err := f.attribute(ctx, at, busy)
	if err != nil {
		return busy, err
	}
	var left []dbcheck.Session
	for i, s := range owned {
		if s.Owner != fleet.OwnerKea {
			left = append(left, busy[i])
		}
	}
	return left, looked
}

// harmless says whether a running statement is one of our own looks, or of a client that may stay.
func (f *Fleet) harmless(s dbcheck.Session) bool {
	return f.isOurs(s.ID) || slices.Contains(f.file.Sessions.Allow, s.User+"@"+s.Host)
}

// classify holds the database against each way in which Kea makes the schema from before: a database that was upgraded over the
// years is not always like one that was made anew. It is torn if it is by all of them.
func (f *Fleet) classify(engine dbcheck.Engine, before, target kea.Schema, now dbcheck.Snapshot) dbcheck.Classification {
	var best dbcheck.Classification
	for i, base := range f.baselines(engine, before, target, now.Structure) {
		c := f.references.Classify(dbcheck.Migration{
			Engine: engine, Target: versionOf(target), Now: now, Before: dbcheck.Snapshot{Version: versionOf(before), Structure: base},
		})
		if i == 0 || better(c, best) {
			best = c
		}
	}
	return best
}

func better(a, b dbcheck.Classification) bool {
	whole := func(c dbcheck.Classification) bool { return c.State != dbcheck.Torn && c.State != dbcheck.CannotTell }
	if whole(a) || whole(b) {
		return !whole(b) || whole(a) && len(a.Leftovers) < len(b.Leftovers)
	}
	return b.State == dbcheck.CannotTell && a.State == dbcheck.Torn || a.State == b.State && len(a.Differences) < len(b.Differences)
}

// baselines are what the structure from before may have been: each that Kea makes, with what is there now that no schema of Kea's
// on the way knows. Where none is known it is one that says nothing.
func (f *Fleet) baselines(engine dbcheck.Engine, before, target kea.Schema, now dbcheck.Structure) []dbcheck.Structure {
	known := map[string]bool{}
	for _, v := range schemasBetween(before, target) {
		for _, s := range f.references.Variants(engine, versionOf(v)) {
			for name := range s {
				known[name] = true
			}
		}
	}
	own := dbcheck.Structure{}
	for name, is := range now {
		if !known[name] && !strings.Contains(name, probeTable) {
			own[name] = is
		}
	}
	all := f.references.Variants(engine, versionOf(before))
	for _, base := range all {
		maps.Copy(base, own)
	}
	if len(all) == 0 {
		return []dbcheck.Structure{nil}
	}
	return all
}

// probeTable is in the names of what kea-admin makes and drops to find out what it may do.
const probeTable = " kea_dummy_"

// schemasBetween lists the schemas from before to target, both included: within a way upwards Kea's schemas are the whole
// numbers, and then those of the target's own number.
func schemasBetween(before, target kea.Schema) []kea.Schema {
	all := []kea.Schema{before}
	for next := before; next != target; all = append(all, next) {
		switch {
		case next.Major < target.Major:
			next = kea.Schema{Major: next.Major + 1}
		case next.Major == target.Major && next.Minor < target.Minor:
			next.Minor++
		default: // no way upwards
			next = target
		}
	}
	return all
}
