//go:build lab

package witness

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"kea-lockstep/lab"
)

// sample is one look at the schema's version: what it was at some moment between asked and answered. It is empty where the
// database did not tell.
type sample struct {
	asked, answered time.Time
	version         string
}

// patience is how long the database may take to tell.
const patience = time.Second

// schemaReader asks one database over one session, opened again when it breaks, and keeps what it was told.
type schemaReader struct {
	db   *sql.DB
	seen schema
	told chan sample // to whoever waits for the database to tell
}

func newSchemaReader(fleet *lab.Fleet, engine lab.Engine) (*schemaReader, error) {
	db, err := fleet.On(engine).OpenDatabaseWithin(patience, lab.WitnessUser, lab.WitnessPassword, fleet.Witness)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &schemaReader{db: db, seen: schema{engine: engine}, told: make(chan sample)}, nil
}

// look asks once, unless the watch has ended meanwhile.
func (r *schemaReader) look(ctx context.Context) {
	s := r.read(ctx)
	if ctx.Err() != nil {
		return
	}
	r.seen.samples = append(r.seen.samples, s)
	select {
	case r.told <- s:
	default:
	}
}

func (r *schemaReader) read(ctx context.Context) sample {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := sample{asked: time.Now()}
	var major, minor int
	err := r.db.QueryRowContext(ctx, "SELECT version, minor FROM schema_version").Scan(&major, &minor)
	s.answered = time.Now()
	if err == nil {
		s.version = fmt.Sprintf("%d.%d", major, minor)
	}
	return s
}
