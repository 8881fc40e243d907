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
// table that is not there is absent from the answer. The server reads an index
// of each table for it, PostgreSQL the table itself where it was written to since
// it was vacuumed: about a second for some millions of rows.
func (d *DB) Counts(ctx context.Context, tables ...string) (map[string]int64, error) {
	there, err := d.baseTables(ctx)
	if err != nil {
		return nil, err
	}
	var parts []string
	for i, t := range tables {
		if there[t] {
			parts = append(parts, fmt.Sprintf("SELECT %d, COUNT(*) FROM %s", i, d.dialect.quote(t)))
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
	err := d.each(ctx, "listing tables", d.dialect.words().tables,
		func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			there[name] = true
			return err
		})
	return there, err
}

// Checksums reads every row of every table of the database and gives a checksum
// of each, whatever the order of its rows: MySQL's CHECKSUM TABLE, of 32 bits,
// or for PostgreSQL the sum of the hashes of its rows, of 63, and the position of
// each sequence. They compare with others of the same server and version only.
func (d *DB) Checksums(ctx context.Context) (map[string]int64, error) {
	there, err := d.baseTables(ctx)
	if err != nil || len(there) == 0 {
		return map[string]int64{}, err
	}
	return d.dialect.checksums(ctx, d, slices.Sorted(maps.Keys(there)))
}

// Differs names the first table of which another database of the same server, or
// another schema, has other rows; empty where it has every row of every table. The
// tables' keys do not count, nor what the other has besides. Both are read whole.
func (d *DB) Differs(ctx context.Context, other *DB) (table string, err error) {
	tables, err := d.baseTables(ctx)
	if err != nil {
		return "", err
	}
	sums, err := d.Checksums(ctx)
	if err != nil {
		return "", err
	}
	others, err := other.Checksums(ctx)
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		if sum, there := others[name]; !there || sum != sums[name] {
			return name, nil
		}
	}
	return "", nil
}

// reading is how many times as long as any other a question may take that reads
// whole tables: of twenty million leases, from a disk that does nothing for it
// but seek, an index takes minutes.
const reading = 20

// long asks what may take the server long, and has the server give it up at the
// context's deadline: a table that is being read cannot be altered, and a question
// that only its client gave up would stand in the migration's way.
func (d *DB) long(ctx context.Context, doing, query string, scan func(*sql.Rows) error) error {
	ctx, cancel := limited(ctx, reading*d.target.queryTimeout())
	defer cancel()
	if deadline, ok := ctx.Deadline(); ok {
		query = d.dialect.within(query, max(time.Until(deadline), time.Millisecond))
	}
	return d.each(ctx, doing, query, scan)
}

// Fingerprint is one string for the contents of all tables and for their names.
// Two equal ones from the same server and version prove that the rows are the
// same at both moments, up to the chance of their checksums. They do not
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
	// the rest, and so does PostgreSQL's recovery from a crash.
	Started time.Time
	// Tables tells of each table that was written to since the start; one that was
	// not is absent. MySQL gives the time of the last writing, in the server's own
	// time, and PostgreSQL the rows inserted, updated and deleted.
	Tables map[string]string
	// Log is the position in the server's log, of the whole server and therefore
	// moved by other databases too, and PostgreSQL's by its own housekeeping; empty
	// where there is no log or no privilege.
	Log string
}

// Writes reads them, in one round trip for PostgreSQL and three for MySQL. A table
// that appears, or whose sign moved, was written to. The same signs with the same
// start mean that nothing was: to the second in MySQL, where the server keeps
// these times (InnoDB does, of MariaDB since 10.1 and MySQL since 5.7), and in
// PostgreSQL to the ten seconds within which a session reports what it did.
func (d *DB) Writes(ctx context.Context) (Writes, error) { return d.dialect.writes(ctx, d) }
