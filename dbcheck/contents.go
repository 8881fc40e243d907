package dbcheck

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

var keaTables = []string{
	"lease4", "lease6", "hosts", "ipv6_reservations", "dhcp4_options", "dhcp6_options",
	"dhcp4_subnet", "dhcp6_subnet", "dhcp4_shared_network", "dhcp6_shared_network",
	"dhcp4_client_class", "dhcp6_client_class", "logs",
}

// KeaTables are the tables whose rows an operator would miss: leases,
// reservations and what belongs to them, and the configuration backend's
// subnets and options.
func KeaTables() []string { return slices.Clone(keaTables) }

// Counts counts the rows of the named tables, exactly, in one round trip. A
// table that is not there is absent from the answer. InnoDB reads an index of
// each table for it: about a second for some millions of rows.
func (d *DB) Counts(ctx context.Context, tables ...string) (map[string]int64, error) {
	there, err := d.baseTables(ctx)
	if err != nil {
		return nil, err
	}
	var parts []string
	for i, t := range tables {
		if there[t] {
			parts = append(parts, fmt.Sprintf("SELECT %d, COUNT(*) FROM %s", i, quote(t)))
		}
	}
	counts := map[string]int64{}
	if len(parts) == 0 {
		return counts, nil
	}
	scan := func(rows *sql.Rows) error {
		var i int
		var n int64
		err := rows.Scan(&i, &n)
		counts[tables[i]] = n
		return err
	}
	return counts, d.long(ctx, "counting rows", strings.Join(parts, " UNION ALL "), scan)
}

// AllCounts counts the rows of every table of the database.
func (d *DB) AllCounts(ctx context.Context) (map[string]int64, error) {
	there, err := d.baseTables(ctx)
	if err != nil {
		return nil, err
	}
	return d.Counts(ctx, slices.Sorted(maps.Keys(there))...)
}

func (d *DB) baseTables(ctx context.Context) (map[string]bool, error) {
	there := map[string]bool{}
	err := d.each(ctx, "listing tables",
		"SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'", nil,
		func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			there[name] = true
			return err
		})
	return there, err
}

// Checksums reads every row of every table of the database and gives the
// server's checksum (CHECKSUM TABLE, 32 bits) of each. They compare with others
// of the same server and version only.
func (d *DB) Checksums(ctx context.Context) (map[string]int64, error) {
	there, err := d.baseTables(ctx)
	if err != nil || len(there) == 0 {
		return map[string]int64{}, err
	}
	var names []string
	for _, t := range slices.Sorted(maps.Keys(there)) {
		names = append(names, quote(t))
	}
	sums := map[string]int64{}
	scan := func(rows *sql.Rows) error {
		var name string
		var sum sql.NullInt64
		err := rows.Scan(&name, &sum)
		sums[strings.TrimPrefix(name, d.target.Name+".")] = sum.Int64
		return err
	}
	return sums, d.long(ctx, "checksumming tables", "CHECKSUM TABLE "+strings.Join(names, ", "), scan)
}

// long asks what may take the server long. The server does not notice that a
// client went away while it reads, and a table being read cannot be altered: a
// question given up here would stand in the migration's way. So MariaDB is told
// when to give up; MySQL can be told for SELECT alone, and through a hint.
func (d *DB) long(ctx context.Context, doing, query string, scan func(*sql.Rows) error) error {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	if deadline, ok := ctx.Deadline(); ok {
		left := max(time.Until(deadline), time.Millisecond)
		if d.mariadb {
			query = fmt.Sprintf("SET STATEMENT max_statement_time = %.3f FOR %s", left.Seconds(), query)
		} else if rest, ok := strings.CutPrefix(query, "SELECT "); ok {
			query = fmt.Sprintf("SELECT /*+ MAX_EXECUTION_TIME(%d) */ %s", left.Milliseconds(), rest)
		}
	}
	return d.each(ctx, doing, query, nil, scan)
}

// Fingerprint is one string for the contents of all tables and for their names.
// Two equal ones from the same server and version prove that the rows are the
// same at both moments, up to the chance of a 32-bit checksum. They do not
// prove that nobody wrote in between and took it back, and say nothing of
// triggers and routines (Structure does). The cost is reading all rows: give
// the context time for it.
func (d *DB) Fingerprint(ctx context.Context) (string, error) {
	sums, err := d.Checksums(ctx)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(hash, "%q %d\n", name, sums[name])
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil)), nil
}

// Writes are cheap signs of writing, from the server's memory.
type Writes struct {
	// Started is when the server started, to about a second. A restart empties
	// the rest.
	Started time.Time
	// Tables is when each table was last written to since the start, in the
	// server's own time; a table not written to since is absent.
	Tables map[string]string
	// Log is the position in the binary log, of the whole server and therefore
	// moved by other databases too; empty where there is no log or no privilege.
	Log string
}

// Writes reads them in three round trips. A table that appears, or whose time
// moved, was written to. The same times with the same start mean that nothing
// was, to the second, where the server keeps these times (InnoDB does, of
// MariaDB since 10.1 and MySQL since 5.7).
func (d *DB) Writes(ctx context.Context) (Writes, error) {
	w := Writes{Tables: map[string]string{}}
	status, err := d.variables(ctx, "STATUS", "Uptime")
	if err != nil {
		return w, err
	}
	w.Started = time.Now().Add(-time.Duration(status.number("uptime")) * time.Second).Truncate(time.Second)
	vars, err := d.variables(ctx, "VARIABLES", "gtid_binlog_pos", "gtid_executed")
	if err != nil {
		return w, err
	}
	w.Log = strings.TrimSpace(vars["gtid_binlog_pos"] + vars["gtid_executed"])
	query := "SELECT TABLE_NAME, UPDATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND UPDATE_TIME IS NOT NULL"
	err = d.each(ctx, "reading when tables were written", query, nil, func(rows *sql.Rows) error {
		var name, at string
		err := rows.Scan(&name, &at)
		w.Tables[name] = at
		return err
	})
	return w, err
}
