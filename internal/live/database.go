package live

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"kea-lockstep/dbcheck"
	"kea-lockstep/internal/fleet"
)

// Database takes the whole look at one database from one place, as Kea there reaches it.
func (f *Fleet) Database(ctx context.Context, at fleet.Place) (fleet.Database, error) {
	defer f.databases.rest(at)
	seen := fleet.Database{Engine: at.Engine, Name: at.Name}
	db, err := f.database(ctx, at, asKea, toRead)
	if err != nil {
		seen.Reach = unreachable(err)
		return seen, nil
	}
	identity, err := db.Identity(ctx)
	if err != nil {
		seen.Reach = unreachable(err)
		return seen, nil
	}
	seen.ID, seen.Product = fleet.DatabaseID(identity.String()), product(identity)
	seen.Reach, seen.Weak, seen.Called = fleet.Affirm("answers"), identity.Weak, identity.Called
	if other, err := f.second(ctx, at); err != nil {
		return seen, fmt.Errorf("looking at %s from %s: %w", at, at.Server, err)
	} else if other.String() != identity.String() {
		seen.Reach = fleet.Deny("one connection to %s reached %s, the next one %s: what stands before them spreads connections over servers", at, identity, other)
		return seen, nil
	}
	admin, err := f.database(ctx, at, asAdmin, toRead)
	if err != nil {
		return seen, fmt.Errorf("looking at %s from %s: %w", at, at.Server, err)
	}
	if identity.Role == dbcheck.RoleUnknown || identity.Role == dbcheck.RoleReplica && len(identity.Sources) == 0 {
		if identity, err = admin.Identity(ctx); err != nil {
			return seen, fmt.Errorf("looking at %s from %s: %w", at, at.Server, err)
		}
	}
	seen.Primary = primary(at, identity)
	for _, s := range identity.Sources {
		seen.Sources = append(seen.Sources, fleet.Source{Address: s.Addr, Called: s.Server})
	}
	seen.Lockable = lockable(identity)
	if err := f.contentsOf(ctx, db, admin, at, &seen); err != nil {
		return seen, fmt.Errorf("looking at %s from %s: %w", at, at.Server, err)
	}
	return seen, nil
}

// unreachable says no where the database was asked and refused, and cannot tell where nobody knows.
func unreachable(err error) fleet.Verdict {
	for _, kind := range []error{dbcheck.ErrAuth, dbcheck.ErrNoDatabase, dbcheck.ErrTLS, dbcheck.ErrEngine, dbcheck.ErrUnreachable} {
		if errors.Is(err, kind) {
			return fleet.Deny("%v", err)
		}
	}
	return fleet.Doubt("%v", err)
}

var numbers = regexp.MustCompile(`^\d+(\.\d+)*`)

// product is "MariaDB 11.8.6".
func product(i dbcheck.Identity) string { return i.Product + " " + numbers.FindString(i.Version) }

// primary says whether the server takes writes of its own. A server that may be written to and does not tell whether it follows
// another is taken for one that does not: Kea writes to it.
func primary(at fleet.Place, i dbcheck.Identity) fleet.Verdict {
	switch {
	case i.Role == dbcheck.RoleReplica:
		return fleet.Deny("%s from %s is a replica: %s", at, at.Server, i.RoleSaw)
	case i.ReadOnly && i.Role == dbcheck.RoleUnknown:
		return fleet.Deny("read_only is on in %s from %s; whether it follows another server, and which, this account may not ask: %s", at, at.Server, i.RoleSaw)
	case i.ReadOnly:
		return fleet.Deny("read_only is on in %s from %s", at, at.Server)
	case i.Role == dbcheck.RoleUnknown:
		return fleet.Affirm("it can be written to; whether it follows another server this account may not ask")
	}
	return fleet.Affirm("it can be written to, and follows no other server")
}

func lockable(i dbcheck.Identity) fleet.Verdict {
	switch {
	case i.Galera || i.Group:
		return fleet.Deny("%s is a cluster, whose nodes keep locks to themselves", i.Server)
	case i.Pooled:
		return fleet.Deny("a pooler of connections answers in its stead")
	}
	return fleet.Affirm("it grants advisory locks")
}

// contentsOf looks at the schema, the sessions, the sizes and what the accounts may do.
func (f *Fleet) contentsOf(ctx context.Context, db, admin *dbcheck.DB, at fleet.Place, seen *fleet.Database) error {
	version, err := db.SchemaVersion(ctx)
	if errors.Is(err, dbcheck.ErrNoSchema) {
		seen.Empty = true
	} else if err != nil && !errors.Is(err, dbcheck.ErrNoVersion) {
		return err
	}
	if seen.Clients, err = f.Clients(ctx, at); err != nil {
		return err
	}
	seen.Schema = schemaOf(version)
	if !seen.Empty {
		for _, v := range f.references.From(db.Target().Engine, version) {
			seen.Known = append(seen.Known, schemaOf(v))
		}
		if seen.Structure, seen.More, err = f.structure(ctx, db, admin, version); err != nil {
			return err
		}
	}
	if seen.Rows, err = db.Counts(ctx, dbcheck.KeaTables()...); err != nil {
		return err
	}
	settings, err := db.Settings(ctx)
	if err != nil {
		return err
	}
	seen.Bytes, seen.Zone = settings.Bytes(), zone(settings.Offset)
	return f.mayDo(ctx, at, admin, settings.Definers, seen)
}

// zone writes an offset from UTC as date +%z does.
func zone(offset time.Duration) string {
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("%c%02d%02d", sign, int(offset.Hours()), int(offset.Minutes())%60)
}

// structure holds the database against what Kea makes of that version, by the way of making it that it is most like; more gives
// what is there besides.
func (f *Fleet) structure(ctx context.Context, db, admin *dbcheck.DB, version dbcheck.Version) (is fleet.Verdict, more []string, err error) {
	engine := db.Target().Engine
	if len(f.references.Variants(engine, version)) == 0 {
		return fleet.Doubt("no reference of schema %s is known", version), nil, nil
	}
	have, err := db.Structure(ctx)
	if err != nil {
		return fleet.Verdict{}, nil, err
	}
	if len(have.Unreadable()) > 0 {
		if have, err = admin.Structure(ctx); err != nil {
			return fleet.Verdict{}, nil, err
		}
	}
	if hidden := have.Unreadable(); len(hidden) > 0 {
		return fleet.Doubt("%d objects cannot be read by the accounts given, among them %s", len(hidden), hidden[0]), nil, nil
	}
	lacking, extra, _ := f.references.Drift(engine, version, have)
	for _, d := range extra {
		more = append(more, d.Object)
	}
	if len(lacking) > 0 {
		return fleet.Deny("%d objects are not as Kea made them: %s", len(lacking), several(lacking)), more, nil
	}
	return fleet.Affirm("%d objects are as Kea made them", len(have)-len(more)), more, nil
}

// several names the first few of many differences.
func several(all []dbcheck.Difference) string {
	const most = 3
	var text []string
	for _, d := range all[:min(most, len(all))] {
		text = append(text, d.String())
	}
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(text, ", "), len(all)-most)
	}
	return strings.Join(text, ", ")
}

// Written counts the leases that Kea wrote since. Kea writes times in its own system's zone, and the database reads them in its own: where those
// differ, what it holds is as much off.
func (f *Fleet) Written(ctx context.Context, at fleet.Place, since time.Time) (fleet.Written, error) {
	s, err := f.server(at.Server)
	if err != nil {
		return fleet.Written{}, err
	}
	seen, err := f.rest(ctx, s)
	if err != nil {
		return fleet.Written{}, err
	}
	here, err := time.Parse("-0700", seen.Zone)
	if err != nil {
		return fleet.Written{}, fmt.Errorf("%s: its time zone cannot be told: %w", at.Server, err)
	}
	db, err := f.database(ctx, at, reader(at), toRead)
	if err != nil {
		return fleet.Written{}, err
	}
	settings, err := db.Settings(ctx)
	if err != nil {
		return fleet.Written{}, fmt.Errorf("%s: %w", at.Server, err)
	}
	_, east := here.Zone()
	since = since.Add(time.Duration(east)*time.Second - settings.Offset)
	ctx, cancel := context.WithTimeout(ctx, readingLimit)
	defer cancel()
	n, err := db.LeasesSince(ctx, since)
	if err != nil {
		return fleet.Written{}, fmt.Errorf("%s: %w", at.Server, err)
	}
	return fleet.Written{Lease4: n.V4, Lease6: n.V6}, nil
}

// readingLimit is how long reading every row may take.
const readingLimit = 30 * time.Minute

// Contents is a fingerprint of every row of the database.
func (f *Fleet) Contents(ctx context.Context, at fleet.Place) (string, error) {
	db, err := f.database(ctx, at, reader(at), toRead)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, readingLimit)
	defer cancel()
	print, err := db.Fingerprint(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", at.Server, err)
	}
	return print, nil
}
