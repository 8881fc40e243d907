package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// unseenHost stands where a session's address is hidden; no address looks like it.
const unseenHost = "(hidden)"

// Of another role's session an account without pg_read_all_stats sees number, role,
// database and name only (pg_stat_get_activity of PostgreSQL 10 to 18). Whether it
// is at work is seen from the locks, which everybody may list: a transaction holds
// one on itself.
const sessionsQuery = `SELECT a.pid, coalesce(a.usename, ''), a.client_addr IS NULL AND a.client_port IS NULL AS unseen,
 coalesce(host(a.client_addr), ''), greatest(coalesce(a.client_port, 0), 0), a.datname, coalesce(a.datname = current_database(), false),
 coalesce(a.backend_type, ''), coalesce(a.state, ''), coalesce(a.wait_event_type || ': ' || a.wait_event, ''),
 coalesce(extract(epoch FROM clock_timestamp() - a.state_change), 0)::float8, a.pid = pg_backend_pid(),
 EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock'),
 pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
 extract(epoch FROM pg_postmaster_start_time())::text || '|' || a.pid || '|' || extract(epoch FROM a.backend_start)::text
FROM pg_stat_activity a ORDER BY a.pid`

func (postgresqlDialect) sessions(ctx context.Context, d *DB) ([]Session, Visibility, error) {
	var (
		list       []Session
		mayReadAll bool
		hidden     int
	)
	scan := func(rows *sql.Rows) error {
		var (
			s                   Session
			unseen, here, works bool
			database, key       sql.NullString
			kind, state, waits  string
			seconds             float64
		)
		err := rows.Scan(&s.ID, &s.User, &unseen, &s.Host, &s.Port, &database, &here, &kind, &state, &waits, &seconds, &s.Own, &works, &mayReadAll, &key)
		s.Time = time.Duration(max(seconds, 0) * float64(time.Second))
		if s.Database = database.String; here {
			s.Database = d.target.Name // a pooler may know it by another name
		}
		s.State, s.Key = waits, key.String
		switch {
		case kind == "client backend" && s.Host == "":
			s.Host = "localhost"
			fallthrough
		case kind == "client backend":
			s.Command = state
		case unseen && kind == "" && s.User != "" && database.Valid:
			s.Hidden, s.Host, s.Command = true, unseenHost, "idle"
			if works {
				s.Command = "in a transaction"
			}
			if here {
				hidden++
			}
		default:
			s.Background, s.Command = true, kind
		}
		s.Idle = s.Command == "idle" || s.Command == "disabled" && !works // the server may not track what sessions do
		list = append(list, s)
		return err
	}
	err := d.each(ctx, "listing sessions", sessionsQuery, scan)
	return list, seen(mayReadAll, hidden), err
}

func seen(mayReadAll bool, hidden int) Visibility {
	switch {
	case mayReadAll:
		return Visibility{true, "the account has pg_read_all_stats"}
	case hidden == 0:
		return Visibility{true, "the account has no pg_read_all_stats, and no other role has a session in this database"}
	}
	return Visibility{false, fmt.Sprintf("the account has no pg_read_all_stats: it cannot see where sessions of other roles come from, of which this database has %d", hidden)}
}
