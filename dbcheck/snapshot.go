package dbcheck

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Snapshot is one look at a schema: what Classify compares.
type Snapshot struct {
	Version   Version // zero: schema_version is missing, or does not hold one row
	Structure Structure
	// Busy are other clients' sessions in this database that were running a
	// statement, or had a transaction open in PostgreSQL. Visibility says whether all could be seen.
	Busy       []Session
	Visibility Visibility
}

// ErrMoved is returned by Snapshot where the schema's version changed while it
// was being read.
var ErrMoved = errors.New("the schema changed while it was read")

// Snapshot reads sessions, version and structure, and sessions and version once
// more. About fifteen round trips.
func (d *DB) Snapshot(ctx context.Context) (Snapshot, error) {
	var s Snapshot
	if err := d.busy(ctx, &s); err != nil {
		return s, err
	}
	var err error
	if s.Version, err = d.versionOrNone(ctx); err != nil {
		return s, err
	}
	if s.Structure, err = d.Structure(ctx); err != nil {
		return s, err
	}
	// A server skips in information_schema what a running ALTER TABLE holds.
	if err := d.busy(ctx, &s); err != nil {
		return s, err
	}
	again, err := d.versionOrNone(ctx)
	if err == nil && again != s.Version {
		err = fmt.Errorf("%s: %w: version %v, then %v", d.on("looking at the schema"), ErrMoved, s.Version, again)
	}
	return s, err
}

func (d *DB) busy(ctx context.Context, s *Snapshot) error {
	sessions, all, err := d.Sessions(ctx)
	s.Visibility = all
	for _, one := range sessions {
		if one.Client() && !one.Own && strings.EqualFold(one.Database, d.target.Name) && !one.Idle {
			s.Busy = append(s.Busy, one)
		}
	}
	return err
}

func (d *DB) versionOrNone(ctx context.Context) (Version, error) {
	v, err := d.SchemaVersion(ctx)
	if errors.Is(err, ErrNoSchema) || errors.Is(err, ErrNoVersion) {
		return Version{}, nil
	}
	return v, err
}
