package dbcheck

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Version is the version of Kea's schema, as the row of schema_version says.
type Version struct {
	Major, Minor int
}

// ParseVersion reads "30.0".
func ParseVersion(s string) (Version, error) {
	major, minor, ok := strings.Cut(s, ".")
	a, errA := strconv.ParseUint(major, 10, 31)
	b, errB := strconv.ParseUint(minor, 10, 31)
	if !ok || errA != nil || errB != nil {
		return Version{}, fmt.Errorf("%q is no schema version (want MAJOR.MINOR)", s)
	}
	return Version{int(a), int(b)}, nil
}

// String is MAJOR.MINOR.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Compare orders by major, then minor. Numbers do not follow releases: 22.2 is
// younger than 28.0.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor))
}

// MarshalText is String.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText is ParseVersion.
func (v *Version) UnmarshalText(text []byte) error {
	parsed, err := ParseVersion(string(text))
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

// SchemaVersion reads the one row of schema_version, with the query that Kea
// itself uses (MySqlConnection::getVersion). One round trip.
//
// Errors: ErrNoSchema (no such table), ErrNoVersion (no row, or several, or
// NULL), ErrAuth, ErrUnreachable.
func (d *DB) SchemaVersion(ctx context.Context) (Version, error) {
	const doing = "reading schema_version"
	ctx, cancel := d.limit(ctx)
	defer cancel()
	rows, err := d.sql.QueryContext(ctx, "SELECT version, minor FROM schema_version LIMIT 2")
	if err != nil {
		return Version{}, d.fail(doing, err)
	}
	defer rows.Close()
	var found []Version
	for rows.Next() {
		var major, minor sql.NullInt64
		if err := rows.Scan(&major, &minor); err != nil {
			return Version{}, d.fail(doing, err)
		}
		if !major.Valid || !minor.Valid {
			return Version{}, &Error{Doing: d.on(doing), Kind: ErrNoVersion, Err: errors.New("it holds NULL")}
		}
		found = append(found, Version{int(major.Int64), int(minor.Int64)})
	}
	if err := rows.Err(); err != nil {
		return Version{}, d.fail(doing, err)
	}
	if len(found) != 1 {
		return Version{}, &Error{Doing: d.on(doing), Kind: ErrNoVersion, Err: fmt.Errorf("rows found: %v", found)}
	}
	return found[0], nil
}
