package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/ssh"
)

// test lets the installed binary test its configuration over stopped daemons. It would fill an empty database and pass, so the
// databases are looked at first, from this server.
func (f *Fleet) test(ctx context.Context, o order) (journal.Result, error) {
	for _, at := range o.places() {
		if err := f.sameDatabase(ctx, o, at); err != nil {
			return journal.Result{}, err
		}
	}
	version := o.Plan.Target
	if o.Back() {
		version = o.plan.Before
	}
	flag := kea.TestFlag(version)
	var tested []string
	for _, u := range o.plan.Units {
		if !o.starts(u) || !u.Daemon.UsesDatabase() {
			continue
		}
		if err := f.testUnit(ctx, o, u, flag); err != nil {
			return journal.Result{}, err
		}
		tested = append(tested, string(u.Daemon))
	}
	return journal.Result{Saw: strings.Join(tested, ", ") + ": " + flag + " passes"}, nil
}

func (f *Fleet) testUnit(ctx context.Context, o order, u orchestrator.UnitPlan, flag string) error {
	known, ok := o.book.Unit(u.Name)
	if !ok {
		return fmt.Errorf("%s: the playbook does not know %s", o.Server, u.Name)
	}
	out, err := f.run(ctx, o.on, call{
		action: "test", timeout: testLimit, guard: guardOf(o.book.State, o.Order), params: []ssh.Param{
			{Name: "unit", Value: u.Name}, {Name: "program", Value: known.Program}, {Name: "config", Value: known.Config},
			{Name: "flag", Value: flag}, {Name: "name", Value: unitPrefix + "test-" + plainName(u.Name)},
		},
	})
	status := 0
	var said *scriptError
	if errors.As(err, &said) {
		status = said.status
	} else if err != nil {
		return err
	}
	if t := kea.ParseConfigTest(status, string(out)); !t.Passed {
		return fmt.Errorf("%s: %s refuses its configuration: %s", o.Server, u.Daemon, ssh.Printable([]byte(t.Reason)))
	}
	return nil
}

// plainName is a unit's name as part of another's, or of a file's.
func plainName(unit string) string {
	return strings.NewReplacer("@", "-", `\`, "-").Replace(strings.TrimSuffix(unit, ".service"))
}

// counted are the tables whose rows must still be there before a Kea starts.
var counted = []string{"lease4", "lease6", "hosts"}

// sameDatabase says whether what this server's configuration calls its database is the database of the plan, with its rows.
func (f *Fleet) sameDatabase(ctx context.Context, o order, at fleet.Place) error {
	i := slices.IndexFunc(o.Group.Databases, func(d orchestrator.DatabasePlan) bool { return slices.Contains(d.Places, at) })
	if i < 0 {
		return fmt.Errorf("%s: the plan has no database at %s", o.Server, at)
	}
	plan := o.Group.Databases[i]
	db, err := f.database(ctx, at, asKea, toRead)
	if err != nil {
		return err
	}
	identity, err := db.Identity(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Server, err)
	}
	if id := fleet.DatabaseID(identity.String()); id != plan.ID {
		return fmt.Errorf("%s: %s is the database %s, and not %s as planned", o.Server, at, id, plan.ID)
	}
	if _, err := db.SchemaVersion(ctx); errors.Is(err, dbcheck.ErrNoSchema) {
		return fmt.Errorf("%s: %s is empty: Kea would fill it and serve no leases", o.Server, at)
	} else if err != nil {
		return fmt.Errorf("%s: %w", o.Server, err)
	}
	now, err := db.Counts(ctx, counted...)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Server, err)
	}
	return sameRows(o.Server, at, plan, o.rowsAtDump(plan), now)
}

// rowsAtDump gives the counts that the dump reported; nil where there was none, and for the rest: the canary serves by then, and
// whoever serves writes.
func (o order) rowsAtDump(plan orchestrator.DatabasePlan) map[string]int64 {
	var rows map[string]int64
	if o.Server != o.Group.Canary {
		return nil
	}
	if json.Unmarshal([]byte(o.Results(orchestrator.DumpID(plan.Backup().Server, plan)).Facts[journal.FactRows]), &rows) != nil {
		return nil
	}
	return rows
}

// sameRows holds counts against those of the dump; without one other servers serve, and only emptiness tells.
func sameRows(server string, at fleet.Place, plan orchestrator.DatabasePlan, dumped, now map[string]int64) error {
	for _, table := range counted {
		switch {
		case dumped != nil && dumped[table] != now[table]:
			return fmt.Errorf("%s: %s of %s has %d rows, and had %d at the dump", server, table, at, now[table], dumped[table])
		case dumped == nil && plan.Rows[table] > 0 && now[table] == 0:
			return fmt.Errorf("%s: %s of %s is empty, and had %d rows when the plan was made", server, table, at, plan.Rows[table])
		}
	}
	return nil
}
