package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// forever is the valid lifetime of a lease that never expires. Kea writes the
// time of the client's last message itself as its expiry then, for the sum of
// both would be no time (MySqlLease4Exchange and its like).
const forever = 1<<32 - 1

// Leases are leases of one kind of address each.
type Leases struct{ V4, V6 int64 }

// LeasesSince counts the leases that a client was given, or renewed, or declined
// at that time or later: Kea keeps the client's last message as the expiry less
// the valid lifetime, in whole seconds and by the clock of the server that wrote
// it. A lease that was deleted since is not there to be counted, and one without
// an expiry, which Kea does not write, is not counted. The server reads both
// tables for it.
func (d *DB) LeasesSince(ctx context.Context, since time.Time) (Leases, error) {
	var parts []string
	for _, family := range []int{4, 6} {
		expire := fmt.Sprintf(d.dialect.words().epoch, "expire")
		parts = append(parts, fmt.Sprintf("SELECT %[1]d, COUNT(*) FROM lease%[1]d WHERE valid_lifetime = %[3]d AND %[2]s >= %[4]d"+
			" OR valid_lifetime <> %[3]d AND %[2]s >= %[4]d + valid_lifetime", family, expire, int64(forever), since.Unix()))
	}
	var n Leases
	scan := func(rows *sql.Rows) error {
		var family int
		var count int64
		err := rows.Scan(&family, &count)
		if family == 4 {
			n.V4 = count
		} else {
			n.V6 = count
		}
		return err
	}
	return n, d.long(ctx, "counting leases", strings.Join(parts, " UNION ALL "), scan)
}
