package live

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
	"kea-lockstep/orchestrator/journal"
	"kea-lockstep/ssh"
)

// DumpCopy dumps a database into the rehearsal's room, by the script and as the account that a run's backup is made by.
func (f *Fleet) DumpCopy(ctx context.Context, r orchestrator.Rehearsal, d orchestrator.DatabasePlan) (orchestrator.Dumped, error) {
	dumped, err := f.dumpAside(ctx, r, database{d, d.Backup()})
	return dumped, unreached(err)
}

func (f *Fleet) dumpAside(ctx context.Context, r orchestrator.Rehearsal, d database) (out orchestrator.Dumped, err error) {
	o, err := f.rehearses(ctx, r, d.at.Server)
	if err != nil {
		return out, err
	}
	as, err := f.dumper(ctx, d)
	if err != nil {
		return out, err
	}
	params, secrets, err := f.spoken(ctx, d.at, as)
	if err != nil {
		return out, err
	}
	said, err := f.do(ctx, o.on, job{
		order: o.step("dump-" + d.Label), action: "dump", engine: d.Engine, secrets: secrets,
		params: append(params, ssh.Param{Name: "dir", Value: path.Join(roomOf(o.book, r.ID), "dumps")}, ssh.Param{Name: "name", Value: dumpName(d)}),
	})
	if err != nil {
		return out, err
	}
	facts := reported(said)
	bytes, err := strconv.ParseInt(facts["bytes"], 10, 64)
	if err != nil || facts["path"] == "" {
		return out, fmt.Errorf("%s: no dump of %s was reported", o.Server, d.Name)
	}
	return orchestrator.Dumped{Path: facts["path"], Digest: facts["sha256"], Bytes: bytes}, nil
}

// MakeCopy restores a dump into the rehearsal's scratch database, as a run's proof of its backup does, and looks whether it is at
// today's schema.
func (f *Fleet) MakeCopy(ctx context.Context, r orchestrator.Rehearsal, d orchestrator.DatabasePlan, from orchestrator.Dumped) error {
	return unreached(f.makeCopy(ctx, r, database{d, d.Backup()}, from))
}

func (f *Fleet) makeCopy(ctx context.Context, r orchestrator.Rehearsal, d database, from orchestrator.Dumped) error {
	o, err := f.rehearses(ctx, r, d.at.Server)
	if err != nil {
		return err
	}
	params, secrets, err := f.spoken(ctx, d.at, asAdmin)
	if err != nil {
		return err
	}
	name := scratchOf(r, d.ID)
	_, err = f.do(ctx, o.on, job{
		order: o.step("copy-" + d.Label), action: "prove", engine: d.Engine, secrets: secrets,
		params: append(params, ssh.Param{Name: "path", Value: from.Path}, ssh.Param{Name: "digest", Value: from.Digest}, name.param()),
	})
	if err != nil {
		return err
	}
	db, err := f.openCopy(ctx, d.at, name)
	if err != nil {
		return err
	}
	defer db.Close()
	version, err := db.SchemaVersion(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", d.at.Server, err)
	}
	if now := schemaOf(version); now != d.Before {
		return fmt.Errorf("%s: the copy of %s is at schema %s, and the database was at %s", d.at.Server, d.Name, now, d.Before)
	}
	return nil
}

// openCopy opens a rehearsal's scratch database, as the account that made it.
func (f *Fleet) openCopy(ctx context.Context, at fleet.Place, name scratchDatabase) (*dbcheck.DB, error) {
	dial, target, err := f.way(ctx, at, asAdmin)
	if err != nil {
		return nil, err
	}
	target.Name = name.name
	db, err := dbcheck.Open(ctx, dial, target)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.Server, err)
	}
	return db, nil
}

// Copies lists the scratch databases on the server of a database.
func (f *Fleet) Copies(ctx context.Context, at fleet.Place) ([]string, error) {
	scratch, err := f.openScratch(ctx, at)
	if err != nil {
		return nil, err
	}
	defer scratch.Close()
	names, err := scratch.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at.Server, err)
	}
	return names, nil
}

// DropCopy removes a scratch database.
func (f *Fleet) DropCopy(ctx context.Context, at fleet.Place, name string) error {
	return unreached(f.dropScratch(ctx, at, name))
}

// MigrateCopy lets the unpacked kea-admin migrate the scratch database. Just before, it is asked whether what answers is that and
// nothing else.
func (f *Fleet) MigrateCopy(ctx context.Context, r orchestrator.Rehearsal, d orchestrator.DatabasePlan, progress func(journal.Progress)) error {
	return unreached(f.migrateCopy(ctx, r, database{d, d.At}, newClimb(progress)))
}

func (f *Fleet) migrateCopy(ctx context.Context, r orchestrator.Rehearsal, d database, c *climb) error {
	o, err := f.rehearses(ctx, r, d.at.Server)
	if err != nil {
		return err
	}
	params, secrets, err := f.spoken(ctx, d.at, asAdmin)
	if err != nil {
		return err
	}
	extra, err := f.extra(ctx, o, d, asAdmin)
	if err != nil {
		return err
	}
	name := scratchOf(r, d.ID)
	if err := f.apart(ctx, d, name); err != nil {
		return err
	}
	_, err = f.do(ctx, o.on, job{
		order: o.step("migrate-" + d.Label), action: "trial", engine: d.Engine, secrets: secrets, climb: c,
		params: slices.Concat(params, []ssh.Param{
			name.param(), ofRehearsal(r.ID), {Name: "root", Value: path.Join(roomOf(o.book, r.ID), "root")},
			extra,
		}),
	})
	return err
}

// apart asks the database that answers to the scratch database's name who it is, and every database that a Kea configuration of the
// fleet names, today's or a staged one, as it reads now. The first must be none of the others. Where one cannot be asked, it cannot
// be told: nothing is migrated then.
func (f *Fleet) apart(ctx context.Context, d database, name scratchDatabase) error {
	db, err := f.openCopy(ctx, d.at, name)
	if err != nil {
		return err
	}
	defer db.Close()
	is, err := db.Identity(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", d.at.Server, err)
	}
	named := map[fleet.DatabaseID]fleet.Place{}
	for _, server := range f.names() {
		if err := f.namedBy(ctx, server, named); err != nil {
			return fmt.Errorf("%w: which databases Kea uses cannot be asked: %w", orchestrator.ErrNotScratch, err)
		}
	}
	return isApart(is, name, named)
}

// namedBy adds the databases that the configurations on a server name.
func (f *Fleet) namedBy(ctx context.Context, server string, named map[fleet.DatabaseID]fleet.Place) error {
	s, err := f.server(server)
	if err != nil {
		return err
	}
	configs, err := f.today(ctx, s)
	if err != nil {
		return err
	}
	for _, c := range configs {
		for _, one := range []*fleet.Config{&c, c.Staged} {
			if one == nil {
				continue
			}
			if one.Problem != "" {
				return errors.New(one.Problem)
			}
			for _, ref := range one.Parsed.Databases {
				at := fleet.PlaceOf(server, ref)
				db, err := f.database(ctx, at, asKea, toRead)
				if err != nil {
					return err
				}
				is, err := db.Identity(ctx)
				if err != nil {
					return fmt.Errorf("%s: %w", server, err)
				}
				named[fleet.DatabaseID(is.String())] = at
			}
		}
	}
	return nil
}

// isApart says why what answers may not be migrated by a trial.
func isApart(is dbcheck.Identity, name scratchDatabase, named map[fleet.DatabaseID]fleet.Place) error {
	schema, _, _ := strings.Cut(is.Schema, ".") // in PostgreSQL the schema that Kea's tables are in may follow
	switch at, taken := named[fleet.DatabaseID(is.String())]; {
	case taken:
		return fmt.Errorf("%w: what answers to %s is %s, which Kea on %s uses", orchestrator.ErrNotScratch, name.name, at, at.Server)
	case schema != name.name || !strings.HasPrefix(schema, dbcheck.ScratchPrefix):
		return fmt.Errorf("%w: what answers to %s calls itself %s", orchestrator.ErrNotScratch, name.name, is.Schema)
	case len(named) == 0:
		return fmt.Errorf("%w: no configuration names a database to tell it from", orchestrator.ErrNotScratch)
	}
	return nil
}

// JudgeCopy says where the scratch database stands between the two schemas, by the rules for a migration.
func (f *Fleet) JudgeCopy(ctx context.Context, r orchestrator.Rehearsal, d orchestrator.DatabasePlan) (fleet.Migration, error) {
	db, err := f.openCopy(ctx, d.At, scratchOf(r, d.ID))
	if err != nil {
		return fleet.Migration{}, unreached(err)
	}
	defer db.Close()
	now, err := db.Snapshot(ctx)
	if err != nil {
		return fleet.Migration{}, unreached(fmt.Errorf("%s: %w", d.At.Server, err))
	}
	return f.classified(d.At, d.Before, d.Target, now)
}
