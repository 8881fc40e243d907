//go:build lab

package lab

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Session is a client's session in the database's server.
type Session struct {
	ID       int64
	User     string
	Address  string // localhost over the socket
	Database string
	Doing    string // the statement that it is at; empty where it is idle
}

// Sessions are all sessions of clients, oldest first by id.
func (f *Fleet) Sessions(ctx context.Context) ([]Session, error) {
	out, err := f.SQL(ctx, f.Engine.dialect().sessions)
	if err != nil {
		return nil, err
	}
	var sessions []Session
	for line := range strings.Lines(out) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 5)
		var s Session
		if _, err := fmt.Sscan(fields[0], &s.ID); err != nil || len(fields) != 5 {
			continue // a statement's further lines
		}
		s.User, s.Address, s.Database, s.Doing = fields[1], fields[2], fields[3], fields[4]
		sessions = append(sessions, s)
	}
	return sessions, nil
}

// EndSession ends one session by its id, as an administrator does.
func (f *Fleet) EndSession(ctx context.Context, id int64) error {
	_, err := f.SQL(ctx, fmt.Sprintf(f.Engine.dialect().end, id))
	return err
}

// Held is a session that somebody opened and left.
type Held struct {
	ID   int64
	db   *sql.DB
	conn *sql.Conn
}

// HoldTable leaves a transaction open that has read the table and does nothing more: whoever wants to change the table's
// definition waits for it, on either engine without an end (lock_wait_timeout is a day, lock_timeout none).
func (f *Fleet) HoldTable(ctx context.Context, table, user, password string, from netip.Addr) (*Held, error) {
	db, err := f.OpenDatabase(user, password, from)
	if err != nil {
		return nil, err
	}
	h := &Held{db: db}
	if err := h.read(ctx, f.Engine, table); err != nil {
		h.Release()
		return nil, fmt.Errorf("holding %s: %w", table, err)
	}
	return h, nil
}

func (h *Held) read(ctx context.Context, engine Engine, table string) (err error) {
	if h.conn, err = h.db.Conn(ctx); err != nil {
		return err
	}
	if err := h.conn.QueryRowContext(ctx, engine.dialect().own).Scan(&h.ID); err != nil {
		return err
	}
	if _, err := h.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	var rows int
	return h.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&rows)
}

// Release ends the session, and with it the transaction.
func (h *Held) Release() {
	if h.conn != nil {
		_ = h.conn.Close() // back to where Close finds it; that the server ended it is no error
	}
	_ = h.db.Close()
}

// AwaitStatement waits until some client's session is at a statement with those words in it.
func (f *Fleet) AwaitStatement(ctx context.Context, words string) error {
	return poll(ctx, time.Minute, 20*time.Millisecond, "a session at "+words, func() bool {
		all, err := f.Sessions(ctx)
		return err == nil && slices.ContainsFunc(all, func(s Session) bool { return strings.Contains(s.Doing, words) })
	})
}
