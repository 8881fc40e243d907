package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/ssh"
)

// prove restores a dump into a scratch database and compares version, structure and rows with the original. The scratch database
// stays until the server is released: nobody waits for its removal while clients do.
func (f *Fleet) prove(ctx context.Context, o order) (result journal.Result, err error) {
	d, err := o.database()
	if err != nil {
		return result, err
	}
	action, from, kept, err := o.source(d)
	if err != nil {
		return result, err
	}
	params, secrets, err := f.spoken(ctx, d.at, asAdmin)
	if err != nil {
		return result, err
	}
	name := scratchName(o.Run, d.DatabasePlan)
	restored := job{
		order: o.Order, action: action, engine: d.Engine, guard: true, again: true, secrets: secrets,
		params: slices.Concat(params, from, []ssh.Param{{Name: "scratch", Value: name}}),
	}
	// The database is quiet: its look can be taken while the dump is read back.
	var want looked
	var g errgroup.Group
	g.Go(func() (err error) {
		want, err = f.original(ctx, d)
		return err
	})
	_, err = f.do(ctx, o.on, restored)
	if err := errors.Join(err, g.Wait()); err != nil {
		return result, err
	}
	looks, how := look, "restored into a scratch database"
	if o.ByCopy() {
		looks = func(ctx context.Context, scratch *dbcheck.DB) (looked, error) { return f.copied(ctx, d, kept, scratch) }
		how = "every row compared by checksum, its structure restored into a scratch database"
	}
	have, err := f.restored(ctx, d, name, looks)
	if err != nil {
		return result, err
	}
	proof, err := have.sameAs(want)
	if err != nil {
		return result, err
	}
	proof = how + ": " + proof
	return journal.Result{Saw: proof, Facts: map[string]string{journal.FactDatabase: string(d.ID), journal.FactProof: proof}}, nil
}

// scratchName is the same for every attempt of a run, so that what a lost one left is found.
func scratchName(run string, d orchestrator.DatabasePlan) string {
	sum := sha256.Sum256([]byte(run + "\x00" + string(d.ID)))
	return dbcheck.ScratchPrefix + hex.EncodeToString(sum[:8])
}

// original looks at the database itself, and restored at the scratch database, both as accounts that see the same.
func (f *Fleet) original(ctx context.Context, d database) (looked, error) {
	db, err := f.database(ctx, d.at, reader(d.at), toRead)
	if err != nil {
		return looked{}, err
	}
	l, err := look(ctx, db)
	if err != nil {
		return l, fmt.Errorf("%s: %w", d.at.Server, err)
	}
	return l, nil
}

func (f *Fleet) restored(ctx context.Context, d database, name string, look func(context.Context, *dbcheck.DB) (looked, error)) (looked, error) {
	dial, target, err := f.way(ctx, d.at, asAdmin)
	if err != nil {
		return looked{}, err
	}
	target.Name = name
	scratch, err := dbcheck.Open(ctx, dial, target)
	if err != nil {
		return looked{}, fmt.Errorf("%s: %w", d.at.Server, err)
	}
	defer scratch.Close()
	l, err := look(ctx, scratch)
	if err != nil {
		return l, fmt.Errorf("%s: %w", d.at.Server, err)
	}
	return l, nil
}

// looked is what a restored database must have in common with its original.
type looked struct {
	version   dbcheck.Version
	structure dbcheck.Structure
	rows      map[string]int64
}

func look(ctx context.Context, db *dbcheck.DB) (l looked, err error) {
	if l.version, err = db.SchemaVersion(ctx); err != nil {
		return l, err
	}
	if l.structure, err = db.Structure(ctx); err != nil {
		return l, err
	}
	l.rows, err = db.AllCounts(ctx)
	return l, err
}

// sameAs says how the two are equal, or what differs. A routine whose body the account may read in one of them only is compared
// by its name.
func (l looked) sameAs(want looked) (string, error) {
	if l.version != want.version {
		return "", fmt.Errorf("the backup is at schema %s, the database at %s", l.version, want.version)
	}
	hidden := append(l.structure.Unreadable(), want.structure.Unreadable()...)
	different := slices.DeleteFunc(dbcheck.Compare(l.structure, want.structure), func(d dbcheck.Difference) bool {
		return d.Kind == dbcheck.Changed && slices.Contains(hidden, d.Object)
	})
	if len(different) > 0 {
		return "", fmt.Errorf("the restored backup is not as the database: %d objects differ, among them %s", len(different), different[0])
	}
	total := int64(0)
	for table, n := range want.rows {
		if l.rows[table] != n {
			return "", fmt.Errorf("the restored backup is not as the database: %s has %d rows, not %d", table, l.rows[table], n)
		}
		total += n
	}
	routines := 0
	for name := range l.structure {
		if strings.HasPrefix(name, "procedure ") || strings.HasPrefix(name, "function ") {
			routines++
		}
	}
	return fmt.Sprintf("%d tables, %d routines, %d rows equal (%d leases)",
		len(l.structure.Tables()), routines, total, want.rows["lease4"]+want.rows["lease6"]), nil
}

// tidy removes the scratch databases that this server's proofs made.
func (f *Fleet) tidy(ctx context.Context, o order) error {
	for _, d := range o.Group.Databases {
		if d.Backup().Server != o.Server || !d.Proof || !d.Moves() {
			continue
		}
		if err := f.dropScratch(ctx, d.Backup(), scratchName(o.Run, d)); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fleet) dropScratch(ctx context.Context, at fleet.Place, name string) error {
	scratch, err := f.openScratch(ctx, at)
	if err != nil {
		return err
	}
	defer scratch.Close()
	if err := scratch.Drop(ctx, name); err != nil {
		return fmt.Errorf("%s: %w", at.Server, err)
	}
	return nil
}

// openScratch logs in to a database's server as the account that may make and remove scratch databases.
func (f *Fleet) openScratch(ctx context.Context, at fleet.Place) (*dbcheck.Scratch, error) {
	dial, target, err := f.way(ctx, at, asAdmin)
	if err != nil {
		return nil, err
	}
	if at.Engine == kea.MySQL {
		target.Name = ""
	}
	scratch, err := dbcheck.OpenScratch(ctx, dial, target)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.Server, err)
	}
	return scratch, nil
}
