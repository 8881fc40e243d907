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
// nowhere else (dhcpdb_create.mysql and upgrade_*.sh of Kea 1.6 to 3.0). Some
// steps of a migration change nothing but these: 22 to 23 only inserts a row.
var filledTables = []string{
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

// Structure reads the objects of the database from information_schema, and the
// rows of the tables that Kea's scripts fill. An account sees only what it has
// some privilege on: triggers need TRIGGER, and bodies of routines of which it
// is not the definer need more (Structure.Unreadable names them); compare only
// what the same account saw. About ten round trips.
func (d *DB) Structure(ctx context.Context) (Structure, error) {
	s := Structure{}
	for _, p := range d.parts() {
		scan := func(rows *sql.Rows) error {
			var name, is sql.NullString
			err := rows.Scan(&name, &is)
			p.add(s, name.String, is.String)
			return err
		}
		if err := d.each(ctx, "reading "+p.what, p.query, nil, scan); err != nil {
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

func (d *DB) parts() []part {
	all := []part{
		{"tables", `SELECT TABLE_NAME, LOWER(IFNULL(ENGINE, '')) FROM information_schema.TABLES
			WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'`, plain("table")},
		{"columns", `SELECT CONCAT(c.TABLE_NAME, '.', c.COLUMN_NAME),
			CONCAT_WS('\t', c.COLUMN_TYPE, c.IS_NULLABLE, IFNULL(c.COLUMN_DEFAULT, 'NULL'), c.EXTRA, IFNULL(c.GENERATION_EXPRESSION, ''))
			FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
			WHERE c.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE'`, addColumn},
		{"indexes", `SELECT CONCAT(TABLE_NAME, '.', INDEX_NAME), CONCAT(IF(NON_UNIQUE, '', 'unique '), MIN(INDEX_TYPE), ' (',
			GROUP_CONCAT(CONCAT(COLUMN_NAME, IFNULL(CONCAT('(', SUB_PART, ')'), '')) ORDER BY SEQ_IN_INDEX), ')')
			FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() GROUP BY TABLE_NAME, INDEX_NAME, NON_UNIQUE`, plain("index")},
		{"foreign keys", `SELECT CONCAT(k.TABLE_NAME, '.', k.CONSTRAINT_NAME), CONCAT('(', GROUP_CONCAT(k.COLUMN_NAME ORDER BY k.ORDINAL_POSITION),
			') references ', MIN(k.REFERENCED_TABLE_NAME), ' (', GROUP_CONCAT(k.REFERENCED_COLUMN_NAME ORDER BY k.ORDINAL_POSITION),
			') on update ', REPLACE(MIN(r.UPDATE_RULE), 'NO ACTION', 'RESTRICT'), ' on delete ', REPLACE(MIN(r.DELETE_RULE), 'NO ACTION', 'RESTRICT'))
			FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
			ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
			WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL GROUP BY k.TABLE_NAME, k.CONSTRAINT_NAME`, plain("foreign key")},
		{"routines", `SELECT CONCAT(LOWER(r.ROUTINE_TYPE), ' ', r.ROUTINE_NAME), CONCAT('(', IFNULL((
			SELECT GROUP_CONCAT(CONCAT_WS(' ', p.PARAMETER_MODE, p.PARAMETER_NAME, p.DTD_IDENTIFIER) ORDER BY p.ORDINAL_POSITION SEPARATOR ', ')
			FROM information_schema.PARAMETERS p WHERE p.SPECIFIC_SCHEMA = r.ROUTINE_SCHEMA AND p.SPECIFIC_NAME = r.ROUTINE_NAME
			AND p.ROUTINE_TYPE = r.ROUTINE_TYPE AND p.ORDINAL_POSITION > 0), ''), ') ', IFNULL(r.DTD_IDENTIFIER, ''), '\t', IFNULL(r.ROUTINE_DEFINITION, CHAR(0)))
			FROM information_schema.ROUTINES r WHERE r.ROUTINE_SCHEMA = DATABASE()`, addRoutine},
		{"triggers", `SELECT TRIGGER_NAME, CONCAT(ACTION_TIMING, ' ', EVENT_MANIPULATION, ' on ', EVENT_OBJECT_TABLE, '\t', ACTION_STATEMENT)
			FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()`, addBody("trigger")},
		{"views", `SELECT TABLE_NAME, CONCAT('\t', IFNULL(NULLIF(VIEW_DEFINITION, ''), CHAR(0))) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()`, addBody("view")},
		{"events", `SELECT EVENT_NAME, CONCAT(STATUS, '\t', IFNULL(EVENT_DEFINITION, CHAR(0))) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()`, addBody("event")},
	}
	return all
}

func addColumn(s Structure, name, is string) {
	f := strings.SplitN(is, "\t", 5)
	for len(f) < 5 {
		f = append(f, "")
	}
	s["column "+name] = column(f[0], f[1] == "YES", f[2], f[3], f[4])
}

// addRoutine adds a procedure or function; its name comes with the kind.
func addRoutine(s Structure, name, is string) {
	head, body, _ := strings.Cut(is, "\t")
	addBody("")(s, name, parameterWidth.ReplaceAllString(head, "$1")+"\t"+body)
}

// addBody adds an object whose description ends, after a tab, in a body of SQL,
// of which the hash is kept. A body of one NUL stands for one that the account
// may not read.
func addBody(kind string) func(Structure, string, string) {
	return func(s Structure, name, is string) {
		head, body, _ := strings.Cut(is, "\t")
		text := "sha256:" + bodyHash(body)
		if body == "\x00" {
			text = unreadable
		}
		s[strings.TrimSpace(kind+" "+name)] = strings.TrimSpace(strings.TrimSpace(head) + " " + text)
	}
}

func bodyHash(body string) string {
	sum := sha256.Sum256([]byte(squeeze(body)))
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
	query := fmt.Sprintf("SELECT * FROM %s ORDER BY 1 LIMIT %d", quote(table), mostRows)
	err := d.each(ctx, "reading "+table, query, nil, scan)
	return strings.Join(all, ", "), err
}
