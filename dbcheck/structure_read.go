package dbcheck

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
)

// filledTables are the tables whose rows come from Kea's own scripts and from
// nowhere else (dhcpdb_create.* and upgrade_*.sh of Kea 1.6 to 3.0). Some
// steps of a migration change nothing but these: 22 to 23 only inserts a row.
var filledTables = []string{
	"ddns_replace_client_name_types", // PostgreSQL's; MySQL has an ENUM
	"dhcp_option_scope", "host_identifier_type", "lease6_types", "lease_hwaddr_source",
	"lease_state", "modification", "option_def_data_type", "parameter_data_type",
}

// part reads one kind of object: rows of two strings, name and description.
type part struct {
	what, query string
	add         func(s Structure, name, is string)
}

func plain(kind string) func(Structure, string, string) {
	return func(s Structure, name, is string) { s[kind+" "+name] = is }
}

// Structure reads the objects of the database from the server's catalogues, and
// the rows of the tables that Kea's scripts fill. PostgreSQL shows its catalogues
// to every account. In MySQL one sees only what it has some privilege on: triggers
// need TRIGGER, and bodies of routines of which it is not the definer need more
// (Structure.Unreadable names them); compare only what the same account saw.
// About ten round trips, and up to eight more.
func (d *DB) Structure(ctx context.Context) (Structure, error) {
	s := Structure{}
	for _, p := range d.dialect.parts() {
		scan := func(rows *sql.Rows) error {
			var name, is sql.NullString
			err := rows.Scan(&name, &is)
			p.add(s, name.String, is.String)
			return err
		}
		if err := d.each(ctx, "reading "+p.what, p.query, scan); err != nil {
			return nil, err
		}
	}
	for _, table := range filledTables {
		if _, ok := s["table "+table]; !ok {
			continue
		}
		rows, err := d.contents(ctx, table)
		if err != nil {
			return nil, err
		}
		s["rows "+table] = rows
	}
	return s, nil
}

// addBody adds an object whose description ends, after a tab, in a body of SQL,
// of which the hash is kept. A body of one NUL stands for one that the account
// may not read.
func addBody(kind string, first token) func(Structure, string, string) {
	return func(s Structure, name, is string) {
		head, body, _ := strings.Cut(is, "\t")
		text := "sha256:" + bodyHash(body, first)
		if body == "\x00" {
			text = unreadable
		}
		s[strings.TrimSpace(kind+" "+name)] = strings.TrimSpace(strings.TrimSpace(head) + " " + text)
	}
}

func bodyHash(body string, first token) string {
	sum := sha256.Sum256([]byte(squeeze(body, first)))
	return hex.EncodeToString(sum[:8])
}

// mostRows bounds what is read of a table that should hold a handful of rows.
const mostRows = 500

// contents renders the rows of a small table, sorted by its first column.
func (d *DB) contents(ctx context.Context, table string) (string, error) {
	var all []string
	scan := func(rows *sql.Rows) error {
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = fmt.Sprintf("%q", v.String)
			if !v.Valid {
				row[i] = "NULL"
			}
		}
		all = append(all, strings.Join(row, " "))
		return nil
	}
	query := fmt.Sprintf("SELECT * FROM %s ORDER BY 1 LIMIT %d", d.dialect.quote(table), mostRows)
	err := d.each(ctx, "reading "+table, query, scan)
	return strings.Join(all, ", "), err
}
