package dbcheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ScratchPrefix begins the name of every database that this program makes or
// drops. In a GRANT, "_" stands for any character: write `kea\_lockstep\_%`.
const ScratchPrefix = "kea_lockstep_"

// ErrNotScratch is returned for a name that does not begin with ScratchPrefix;
// nothing was sent to the server.
var ErrNotScratch = errors.New("not a scratch database")

// ErrExists is returned by Scratch.Create where a database of that name is
// there already: it is somebody's.
var ErrExists = errors.New("the database exists already")

// Scratch makes and drops scratch databases, and can do nothing else.
type Scratch struct{ db *DB }

// OpenScratch connects as an account that may create such databases. The
// target's Name may be empty. Errors are those of Open.
func OpenScratch(ctx context.Context, dial Dialer, target Target) (*Scratch, error) {
	db, err := open(ctx, dial, target, false)
	if err != nil {
		return nil, err
	}
	return &Scratch{db}, nil
}

// Close ends the connection.
func (s *Scratch) Close() error { return s.db.Close() }

// Create makes an empty database. Errors: ErrNotScratch, ErrExists, ErrAuth,
// ErrUnreachable.
func (s *Scratch) Create(ctx context.Context, name string) error {
	return s.do(ctx, "creating scratch database", s.db.dialect.words().createScratch, name)
}

// Drop removes one; one that this account cannot see is no error, not even
// where the server is read-only. Errors: ErrNotScratch, ErrAuth, ErrUnreachable.
func (s *Scratch) Drop(ctx context.Context, name string) error {
	err := s.do(ctx, "dropping scratch database", s.db.dialect.words().dropScratch, name)
	if err == nil || errors.Is(err, ErrNotScratch) || errors.Is(err, ErrAuth) { // who may not drop one may not see it either
		return err
	}
	if there, listing := s.List(ctx); listing == nil && !slices.Contains(there, name) {
		return nil
	}
	return err
}

// List names the scratch databases that this account can see, whoever made them.
func (s *Scratch) List(ctx context.Context) ([]string, error) {
	var names []string
	scan := func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	}
	err := s.db.each(ctx, "listing scratch databases", s.db.dialect.words().listScratch, scan)
	return names, err
}

func (s *Scratch) do(ctx context.Context, doing, statement, name string) error {
	doing = fmt.Sprintf("%s %q", doing, name)
	if !strings.HasPrefix(name, ScratchPrefix) || name == ScratchPrefix {
		return &Error{Doing: doing, Kind: ErrNotScratch, Err: fmt.Errorf("its name does not begin with %q", ScratchPrefix)}
	}
	ctx, cancel := s.db.limit(ctx)
	defer cancel()
	_, err := s.db.sql.ExecContext(ctx, fmt.Sprintf(statement, s.db.dialect.quote(name)))
	return fail(doing, err)
}
