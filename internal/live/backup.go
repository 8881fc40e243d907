package live

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/kea"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/ssh"
)

// dumper chooses the account that may dump: the administrator's where it suffices. In PostgreSQL it is the owner, who may dump
// and restore whatever Kea has there.
func (f *Fleet) dumper(ctx context.Context, d database) (role, error) {
	if d.Engine == kea.PostgreSQL {
		return asOwner, nil
	}
	db, err := f.database(ctx, d.at, asAdmin, toRead)
	if err != nil {
		return asOwner, err
	}
	p, err := db.Privileges(ctx)
	if err != nil || len(p.Lacks(dbcheck.ToDump)) > 0 {
		return asOwner, err
	}
	return asAdmin, nil
}

// beforeRollback is what a dump's name has besides that keeps what a rollback is about to replace.
const beforeRollback = "-before-rollback"

// dump dumps a database to this server, under its name and a suffix, and counts what is in it.
func (f *Fleet) dump(ctx context.Context, o order, suffix string) (journal.Result, error) {
	d, err := o.database()
	if err != nil {
		return journal.Result{}, err
	}
	as, err := f.dumper(ctx, d)
	if err != nil {
		return journal.Result{}, err
	}
	said, count, err := f.taken(ctx, o, d, as, "dump",
		ssh.Param{Name: "dir", Value: f.backups(o)}, ssh.Param{Name: "name", Value: dumpName(d) + suffix + nth(o.Attempt)})
	if err != nil {
		return journal.Result{}, err
	}
	return journal.Result{
		Saw: fmt.Sprintf("%s, %s bytes", said["path"], said["bytes"]),
		Facts: map[string]string{
			journal.FactPath: said["path"], journal.FactBytes: said["bytes"], journal.FactDigest: said["sha256"],
			journal.FactDatabase: string(d.ID), journal.FactRows: count,
		},
	}, nil
}

// taken runs the script that backs a database up, by an account, and gives what that reported, and how many rows there are.
func (f *Fleet) taken(ctx context.Context, o order, d database, as role, action string, more ...ssh.Param) (said map[string]string, count string, err error) {
	params, secrets, err := f.spoken(ctx, d.at, as)
	if err != nil {
		return nil, "", err
	}
	out, err := f.do(ctx, o.on, job{
		order: o.Order, action: action, engine: d.Engine, guard: true, again: true, secrets: secrets, params: append(params, more...),
	})
	if err != nil {
		return nil, "", err
	}
	count, err = f.counts(ctx, d)
	return reported(out), count, err
}

// counts gives how many rows Kea's larger tables have, as a JSON object.
func (f *Fleet) counts(ctx context.Context, d database) (string, error) {
	db, err := f.database(ctx, d.at, asKea, toRead)
	if err != nil {
		return "", err
	}
	rows, err := db.Counts(ctx, counted...)
	if err != nil {
		return "", fmt.Errorf("%s: %w", d.at.Server, err)
	}
	count, err := json.Marshal(rows)
	if err != nil {
		return "", fmt.Errorf("%s: writing counts: %w", d.at.Server, err)
	}
	return string(count), nil
}

// dumpName is the dump's file name: what of the database's name a file name may hold, and the label that tells it from others.
func dumpName(d database) string {
	return strings.Trim(notInUnit.ReplaceAllString(d.Name, "-"), "-.") + "-" + d.Label
}

// nth tells the dumps of later attempts from the first: each keeps what it was taken of.
func nth(attempt int) string {
	if attempt < 2 {
		return ""
	}
	return fmt.Sprintf("-%d", attempt)
}

// restore puts the proved dump, or copy, back over a database.
func (f *Fleet) restore(ctx context.Context, o order) (journal.Result, error) {
	d, err := o.database()
	if err != nil {
		return journal.Result{}, err
	}
	action, from, name, err := o.source(d)
	if err != nil {
		return journal.Result{}, err
	}
	as, err := f.restorer(ctx, d)
	if err != nil {
		return journal.Result{}, err
	}
	params, secrets, err := f.spoken(ctx, d.at, as)
	if err != nil {
		return journal.Result{}, err
	}
	accounted, err := f.accounted(ctx, o)
	if err != nil {
		return journal.Result{}, err
	}
	_, err = f.do(ctx, o.on, job{
		order: o.Order, action: action, engine: d.Engine, guard: true, again: true, secrets: secrets,
		params: slices.Concat(params, accounted, from),
	})
	return journal.Result{Saw: "restored " + name}, err
}

// source gives the script that reads the backup of a database back, over it or aside, what that is told of the backup, and its name.
func (o order) source(d database) (action string, from []ssh.Param, name string, err error) {
	made, err := o.dumpOf(d)
	if err != nil {
		return "", nil, "", err
	}
	if o.ByCopy() {
		return copyActions[o.Kind], []ssh.Param{{Name: "copy", Value: made[journal.FactCopy]}}, made[journal.FactCopy], nil
	}
	return actions[o.Kind][0], []ssh.Param{{Name: "path", Value: made[journal.FactPath]}, {Name: "digest", Value: made[journal.FactDigest]}}, path.Base(made[journal.FactPath]), nil
}

// restorer chooses the account that restores: the owner, unless triggers or routines belong to others, for whom only an
// administrator may define them.
func (f *Fleet) restorer(ctx context.Context, d database) (role, error) {
	if d.Engine == kea.PostgreSQL {
		return asOwner, nil
	}
	db, err := f.database(ctx, d.at, asOwner, toRead)
	if err != nil {
		return asOwner, err
	}
	p, err := db.Privileges(ctx)
	if err != nil {
		return asOwner, err
	}
	s, err := db.Settings(ctx)
	if err != nil {
		return asOwner, err
	}
	if definedByOthers(s.Definers, p.Account) {
		return asAdmin, nil
	}
	return asOwner, nil
}
