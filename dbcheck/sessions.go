package dbcheck

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Session is one connection to the database server.
type Session struct {
	ID       uint64
	User     string
	Host     string // address or name as the server sees it; "localhost" is its own socket
	Port     int    // 0: a socket, or not told
	Database string // "" : none chosen
	Command  string // MySQL: Sleep, Query, Binlog Dump, Daemon ...; PostgreSQL: idle, active, idle in transaction ...
	State    string
	Time     time.Duration // in this state; MySQL counts whole seconds
	// Key is the session's alone: no other of this server has it, before a restart or after, and none of another server. With
	// Host and Port it stands for one connection. Empty where the server does not tell.
	Key  string
	Own  bool // the connection that asked
	Idle bool // it runs no statement, and has no transaction open in PostgreSQL
	// Hidden: the account may see that the session is there, and not where it
	// comes from; Host is no address then.
	Hidden bool
	// Background: the server's own thread or process, and nobody's session.
	Background bool
}

// Client says whether the session is a client's, and not a thread of the
// server's own (replication, event scheduler, cluster).
func (s Session) Client() bool {
	return !s.Background && s.Command != "Daemon"
}

// String names the session the way an operator would look for it.
func (s Session) String() string {
	from := s.Host
	if s.Port != 0 {
		from = fmt.Sprintf("%s:%d", s.Host, s.Port)
	}
	return fmt.Sprintf("session %d of %s@%s (database %q, %s)", s.ID, s.User, from, s.Database, s.Command)
}

// Visibility says whether a list of sessions is all there are.
type Visibility struct {
	All bool
	Saw string // what that was read from, or what is missing to tell
}

// Sessions lists the server's sessions that this account may see, those of
// other databases included, ordered by ID, and says whether these are all.
//
// In MySQL they are all where the account holds PROCESS, or where the server's own
// count of client connections equals the number listed. PostgreSQL lists every
// session to every account, and hides where those of other roles come from unless
// the account has pg_read_all_stats: the list counts as not all where such a one
// is in this database. A proxy, a pooler or a NAT in between shows itself as the
// host. One round trip.
func (d *DB) Sessions(ctx context.Context) ([]Session, Visibility, error) {
	return d.dialect.sessions(ctx, d)
}

// Look is what a session says of itself that only looks. In PostgreSQL it is the
// application's name. MySQL knows none: there it is a lock that the session
// holds, named so, with a dot and the session's number behind it.
const Look = "kea-lockstep.look"

// Looks says whether a session is a kea-lockstep's that only looks, by what it
// says of itself: whoever may log in may say so, too. One round trip.
func (d *DB) Looks(ctx context.Context, id uint64) (bool, error) {
	var looks sql.NullBool
	err := d.row(ctx, fmt.Sprintf("asking what session %d does", id), fmt.Sprintf(d.dialect.words().looks, id), &looks)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return looks.Bool, err
}

// EndSession ends a session of this account, by its number: one of our own that
// a lost connection left behind. A number that is no session's is no error in
// PostgreSQL, and one in MySQL.
func (d *DB) EndSession(ctx context.Context, id uint64) error {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	if _, err := d.sql.ExecContext(ctx, fmt.Sprintf(d.dialect.words().endSession, id)); err != nil {
		return d.fail(fmt.Sprintf("ending session %d", id), err)
	}
	return nil
}
