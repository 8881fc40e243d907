package dbcheck

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// oldestPostgreSQL is the first version that has what is asked here: routines by
// their kind, and hashes of 64 bits.
const oldestPostgreSQL = 11

// postgresqlDialect is PostgreSQL's.
type postgresqlDialect struct {
	major int // version
}

func (p postgresqlDialect) learn(ctx context.Context, d *DB) (dialect, error) {
	var version string
	const doing = "asking for the version"
	err := d.row(ctx, doing, "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')", &p.major, &version)
	if err == nil && p.major < oldestPostgreSQL {
		err = &Error{Doing: d.on(doing), Kind: ErrEngine, Err: fmt.Errorf("PostgreSQL %s is older than %d", version, oldestPostgreSQL)}
	}
	return p, err
}

// setUp gives every session the same manners, whatever the server, the database
// or the account has been given: a question must not stand for long in the queue
// behind an ALTER TABLE, and values must read the same each time. What a version
// does not have is left out. They are set here and not while logging in, because
// poolers refuse most of them there.
func (postgresqlDialect) setUp(readOnly bool) string {
	mode := "off"
	if readOnly {
		mode = "on"
	}
	return `SET default_transaction_read_only = ` + mode + `;
SELECT set_config(w.name, w.value, false) FROM (VALUES ('lock_timeout', '5s'), ('statement_timeout', '0'),
 ('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),
 ('TimeZone', 'UTC'), ('IntervalStyle', 'postgres'), ('bytea_output', 'hex'), ('extra_float_digits', '1'),
 ('standard_conforming_strings', 'on'), ('quote_all_identifiers', 'off')
) w(name, value) JOIN pg_settings USING (name)`
}

func (p postgresqlDialect) words() words {
	drop := "DROP DATABASE IF EXISTS %s WITH (FORCE)"
	if p.major < 13 {
		drop = "DROP DATABASE IF EXISTS %s"
	}
	return words{
		connectionID:  "SELECT pg_backend_pid()",
		tables:        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = " + keaSchema,
		createScratch: "CREATE DATABASE %s TEMPLATE template0",
		dropScratch:   drop,
		listScratch:   "SELECT datname FROM pg_database WHERE starts_with(datname, '" + ScratchPrefix + "') ORDER BY 1",
	}
}

// keaSchema is the number of the schema that Kea's tables are in: the account's
// search path leads Kea to it. Where they are not there yet, or not any more, it
// is the one that they would be made in.
const keaSchema = `coalesce((SELECT relnamespace FROM pg_class WHERE oid = to_regclass('schema_version')),
 (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))`

func (postgresqlDialect) quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func literal(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// The server ends a query whose client asks it to, and does not notice that a
// client is gone. Both statements are one question, and one transaction to the
// server, with which the setting ends.
func (postgresqlDialect) within(query string, left time.Duration) string {
	return fmt.Sprintf("SET LOCAL statement_timeout = %d; %s", max(left.Milliseconds(), 1), query)
}

// PostgreSQL's advisory locks have numbers.
func (postgresqlDialect) lock(name string) lockWords {
	sum := sha256.Sum256([]byte(name))
	key := int64(binary.BigEndian.Uint64(sum[:8]))
	return lockWords{
		take: "SELECT pg_backend_pid(), pg_try_advisory_lock($1)::int",
		holder: `SELECT (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
			AND (classid::bigint << 32 | objid::bigint) = $1
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1)`,
		release: "SELECT pg_advisory_unlock($1)::int",
		key:     key,
	}
}
