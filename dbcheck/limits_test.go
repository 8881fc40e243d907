package dbcheck

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// clock is a database server that notes how long each question may take, and answers with one table that has one row.
type clock struct{ left map[string]time.Duration }

func (c *clock) Connect(context.Context) (driver.Conn, error) { return c, nil }
func (c *clock) Driver() driver.Driver                        { return nil }
func (c *clock) Prepare(string) (driver.Stmt, error)          { return nil, errors.ErrUnsupported }
func (c *clock) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (c *clock) Close() error                                 { return nil }

func (c *clock) QueryContext(ctx context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	end, _ := ctx.Deadline()
	if strings.Contains(query, "COUNT(*)") {
		c.left["counting"] = time.Until(end)
		return &answer{rows: [][]driver.Value{{int64(0), int64(7)}}}, nil
	}
	c.left["other"] = time.Until(end)
	return &answer{rows: [][]driver.Value{{"lease4"}}}, nil
}

type answer struct{ rows [][]driver.Value }

func (a *answer) Columns() []string { return []string{"a", "b"}[:len(a.rows[0])] }
func (a *answer) Close() error      { return nil }

func (a *answer) Next(into []driver.Value) error {
	if a.rows[0] == nil {
		return io.EOF
	}
	copy(into, a.rows[0])
	a.rows = [][]driver.Value{nil}
	return nil
}

// TestCountingMayTakeLong: millions of leases on a slow disk take longer than a question that has an answer at once; who gives less time
// gets no more.
func TestCountingMayTakeLong(t *testing.T) {
	server := &clock{left: map[string]time.Duration{}}
	pool := sql.OpenDB(server)
	defer pool.Close()
	for _, engine := range []dialect{mysqlDialect{mariadb: true}, mysqlDialect{}, postgresqlDialect{}} {
		d := &DB{sql: pool, dialect: engine}
		if n, err := d.Counts(t.Context(), "lease4", "lease6"); err != nil || len(n) != 1 || n["lease4"] != 7 {
			t.Fatalf("counted %v, %v", n, err)
		}
		if c, o := server.left["counting"], server.left["other"]; c < 9*time.Minute || c > 10*time.Minute || o > 30*time.Second {
			t.Errorf("counting may take %v, and other questions %v", c, o)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if _, err := d.Counts(ctx, "lease4"); err != nil || server.left["counting"] > time.Minute {
			t.Errorf("within a minute counting may take %v (%v)", server.left["counting"], err)
		}
		cancel()
	}
}
