package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Other accounts' sessions are hidden from the list, and not from the server's
// own count of client connections.
func (m mysqlDialect) sessions(ctx context.Context, d *DB) ([]Session, Visibility, error) {
	var (
		list    []Session
		clients int64
		process int64
		count   sql.NullInt64
	)
	scan := func(rows *sql.Rows) error {
		var s Session
		var host, database, state, key sql.NullString
		var seconds sql.NullInt64
		err := rows.Scan(&s.ID, &s.User, &host, &database, &s.Command, &seconds, &state, &s.Own, &process, &count, &key)
		s.Host, s.Port = splitHost(host.String)
		s.Database, s.State, s.Key = database.String, state.String, key.String
		s.Time = time.Duration(max(seconds.Int64, 0)) * time.Second
		s.Idle = s.Command == "Sleep"
		s.Background = s.User == "system user" || s.User == "event_scheduler" || s.Command == "Daemon"
		if s.Client() {
			clients++
		}
		list = append(list, s)
		return err
	}
	err := d.each(ctx, "listing sessions", m.sessionsQuery(), scan)
	return list, visibility(process > 0, count, clients), err
}

func visibility(process bool, count sql.NullInt64, clients int64) Visibility {
	switch {
	case process:
		return Visibility{true, "the account has PROCESS"}
	case !count.Valid:
		return Visibility{false, "the account has no PROCESS, and the server does not tell it the number of connections"}
	case count.Int64 == clients:
		return Visibility{true, fmt.Sprintf("the account has no PROCESS, and Threads_connected is %d, the number it sees", clients)}
	}
	return Visibility{false, fmt.Sprintf("the account has no PROCESS: it sees %d sessions, and Threads_connected is %d", clients, count.Int64)}
}

// MariaDB keeps the counters in information_schema, MySQL since 5.7 in
// performance_schema; both can be read by every account.
func (m mysqlDialect) sessionsQuery() string {
	status := "performance_schema.global_status"
	if m.mariadb {
		status = "information_schema.GLOBAL_STATUS"
	}
	// A server counts its connections from its start, which is as many seconds ago as it is up; both are of the statement's begin.
	return `SELECT p.ID, p.USER, p.HOST, p.DB, p.COMMAND, p.TIME, p.STATE, p.ID = CONNECTION_ID(),
	(SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES
	 WHERE PRIVILEGE_TYPE = 'PROCESS' AND REPLACE(GRANTEE, '''', '') = CURRENT_USER()),
	(SELECT VARIABLE_VALUE FROM ` + status + ` WHERE VARIABLE_NAME = 'Threads_connected'),
	CONCAT(@@hostname, '|', @@port, '|', @@server_id, '|', @@datadir, '|',
	 (SELECT UNIX_TIMESTAMP() - VARIABLE_VALUE FROM ` + status + ` WHERE VARIABLE_NAME = 'Uptime'), '|', p.ID)
FROM information_schema.PROCESSLIST p ORDER BY p.ID`
}

// splitHost takes "host:port" apart. The server writes IPv6 addresses without
// brackets and always with the port, and names its socket "localhost".
func splitHost(s string) (string, int) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0
	}
	port, err := strconv.Atoi(s[i+1:])
	if err != nil {
		return s, 0
	}
	return s[:i], port
}
