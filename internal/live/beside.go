package live

import (
	"context"
	"fmt"
	"maps"
	"path"
	"strings"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/ssh"
)

// copyActions are the scripts of the steps of a backup by a copy within the database's own server.
var copyActions = map[orchestrator.Kind]string{
	orchestrator.KindDump: "copy", orchestrator.KindProve: "prove-copy", orchestrator.KindRestore: "put",
}

// copyBeside copies a database within its own server, and counts what is in it. Another attempt's copy is replaced: it was one of the same
// run, which has not passed the point of no return.
func (f *Fleet) copyBeside(ctx context.Context, o order) (journal.Result, error) {
	d, err := o.database()
	if err != nil {
		return journal.Result{}, err
	}
	said, count, err := f.taken(ctx, o, d, reader(d.at), copyActions[o.Kind],
		ssh.Param{Name: "copy", Value: orchestrator.BesideName(o.Run, d.ID)}, ssh.Param{Name: "dir", Value: path.Join(o.book.State, "runs", o.Run)})
	if err != nil {
		return journal.Result{}, err
	}
	return journal.Result{
		Saw: fmt.Sprintf("%s, %s tables", said[journal.FactCopy], said["tables"]),
		Facts: map[string]string{
			journal.FactCopy: said[journal.FactCopy], journal.FactDrop: said[journal.FactDrop], journal.FactDatabase: string(d.ID), journal.FactRows: count,
		},
	}, nil
}

// copied looks at a copy, once each table's checksum has been found that of the database's own: its structure is what was restored of it.
func (f *Fleet) copied(ctx context.Context, d database, name string, scratch *dbcheck.DB) (l looked, err error) {
	db, err := f.database(ctx, d.at, reader(d.at), toRead)
	if err != nil {
		return l, err
	}
	dial, target, err := f.way(ctx, d.at, reader(d.at))
	if err != nil {
		return l, err
	}
	if d.Engine == kea.PostgreSQL {
		target.Schema = name
	} else {
		target.Name = name
	}
	beside, err := dbcheck.Open(ctx, dial, target)
	if err != nil {
		return l, err
	}
	defer beside.Close()
	different, err := db.Differs(ctx, beside)
	if err != nil {
		return l, err
	}
	if different != "" {
		return l, fmt.Errorf("the copy %s is not as the database: the rows of %s differ", name, different)
	}
	if l.version, err = beside.SchemaVersion(ctx); err != nil {
		return l, err
	}
	if l.rows, err = beside.AllCounts(ctx); err != nil {
		return l, err
	}
	if l.structure, err = scratch.Structure(ctx); err != nil {
		return l, err
	}
	kept, err := beside.Structure(ctx)
	if err != nil {
		return l, err
	}
	// What a structure has of rows, those that Kea's scripts fill tables with, the copy has.
	maps.DeleteFunc(kept, func(object, _ string) bool { return !strings.HasPrefix(object, "rows ") })
	maps.Copy(l.structure, kept)
	return l, nil
}
