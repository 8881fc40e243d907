package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator/journal"
)

// lost says what a restore of the database would take away: as far as counting tells.
func (g *groupDrive) lost(ctx context.Context, d DatabasePlan) journal.Loss {
	at, _ := g.keeper(d)
	b := g.backup(d)
	from := at.Server + ":" + b.Result.Facts[journal.FactPath]
	switch {
	case d.ByCopy:
		from = "the copy " + b.Result.Facts[journal.FactCopy]
	case d.ByCommand:
		from = fmt.Sprintf("%s, by the operator's command on %s", b.Result.Facts[journal.FactBackup], at.Server)
	}
	loss := journal.Loss{Database: d.ID, Since: g.takenAt(b)}
	say := func(format string, args ...any) {
		loss.Saw = append(loss.Saw, fmt.Sprintf("%s  ", d.At)+fmt.Sprintf(format, args...))
	}
	if loss.Since.IsZero() {
		say("back to %s, from %s", d.Before, from)
	} else {
		say("back to %s, from %s of %s", d.Before, from, loss.Since.Format("2006-01-02 15:04:05 UTC"))
	}
	if err := g.count(ctx, d, &loss); err != nil {
		say("how many leases were written since that cannot be counted: %v", err)
	} else {
		say("%s", leasesLost(*loss.Leases))
	}
	then := rowsOf(b.Result)
	now, err := g.World.Database(ctx, d.At)
	if err != nil || !now.Reach.OK() || len(then) == 0 {
		say("how many rows it has now against the backup cannot be told")
		return loss
	}
	for _, table := range slices.Sorted(maps.Keys(then)) {
		if now.Rows[table] != then[table] {
			say("%s has %d rows now, and %d in the backup", table, now.Rows[table], then[table])
		}
	}
	if now.Rows["hosts"] > 0 || then["hosts"] > 0 {
		say("reservations: %d now, and %d in the backup; whether others were changed cannot be told, for Kea keeps no time of that", now.Rows["hosts"], then["hosts"])
	}
	return loss
}

// count counts the leases that were written since the backup.
func (g *groupDrive) count(ctx context.Context, d DatabasePlan, loss *journal.Loss) error {
	if loss.Since.IsZero() {
		return errNoTime
	}
	var n fleet.Written
	var err error
	g.until(ctx, patience, func() fleet.Verdict {
		if n, err = g.World.Written(ctx, d.At, loss.Since); err != nil {
			return fleet.Deny("%v", err) // of a torn schema it may never be told
		}
		return fleet.Affirm("")
	})
	if err == nil {
		loss.Leases = &n
	}
	return err
}

// takenAt is since when the databases hold what a backup has not: no Kea ran from the stop to the canary's start, so its end will do. Of
// one that was found made nobody heard the end; the servers say when the run took them, a moment before the stop.
func (g *groupDrive) takenAt(b journal.StepStatus) time.Time {
	if !b.Result.Probed {
		return b.Ended
	}
	var first time.Time
	for _, name := range g.group.Names() {
		if s := g.recorded(step(KindStop, name).ID); s.Attempt > 0 && (first.IsZero() || s.Began.Before(first)) {
			first = s.Began
		}
	}
	return first
}

// errNoTime is why nothing is counted since a backup whose time nobody knows.
var errNoTime = errors.New("when it was made is not known")

// leasesLost words a count.
func leasesLost(n fleet.Written) string {
	switch total := n.Lease4 + n.Lease6; {
	case total == 0:
		return "no lease was written since: none is lost"
	case total == 1:
		return "lost: 1 lease that was written since"
	case n.Lease4 > 0 && n.Lease6 > 0:
		return fmt.Sprintf("lost: %d leases that were written since (%d of IPv4, %d of IPv6)", total, n.Lease4, n.Lease6)
	default:
		return fmt.Sprintf("lost: %d leases that were written since", total)
	}
}
