package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// mysqlRights are what SHOW GRANTS says.
type mysqlRights struct {
	account string // CURRENT_USER(): the entry that the server matched
	schema  string
	grants  []grant
	trusted bool // triggers and functions need no SUPER: no binary log, or creators are trusted
	mariadb bool
	version [2]int // of the server
}

func (m mysqlDialect) privileges(ctx context.Context, d *DB) (Privileges, error) {
	p := mysqlRights{schema: d.target.Name, mariadb: m.mariadb}
	if err := d.row(ctx, "asking for the account", "SELECT CURRENT_USER()", &p.account); err != nil {
		return Privileges{}, err
	}
	v, err := d.variables(ctx, "VARIABLES", "log_bin", "log_bin_trust_function_creators", "version")
	if err != nil {
		return Privileges{}, err
	}
	_, _ = fmt.Sscanf(v["version"], "%d.%d", &p.version[0], &p.version[1]) // unknown is old
	p.trusted = !v.on("log_bin") || v.on("log_bin_trust_function_creators")
	err = d.each(ctx, "asking for the account's privileges", "SHOW GRANTS", func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		if g, ok := parseGrant(line); ok {
			p.grants = append(p.grants, g)
		}
		return err
	})
	return Privileges{Account: p.account, rights: p}, err
}

var migrate = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES",
	"TRIGGER", "CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE"}

func (p mysqlRights) lacks(purpose Purpose) []Lack {
	switch purpose {
	case ToLook:
		return p.missing("", "PROCESS")
	case ToMigrate:
		return append(p.missing(p.schema, migrate...), p.lacksTrust()...)
	case ToDump:
		return append(p.missing(p.schema, "SELECT", "LOCK TABLES", "TRIGGER", "EVENT", "SHOW VIEW"), p.lacksRoutines()...)
	case ToScratch:
		wanted := append(slices.Clone(migrate), "LOCK TABLES")
		return append(p.missing(ScratchPrefix+"x", wanted...), p.lacksTrust()...)
	case ToReadCopy:
		return p.missing(ScratchPrefix+"x", "SELECT")
	case ToRestore:
		return append(p.missing(p.schema, append(slices.Clone(migrate), "LOCK TABLES")...), p.lacksTrust()...)
	case ToDefine:
		return p.lacksDefiners()
	case ToDefineForRoot:
		return append(p.lacksDefiners(), p.lacksSystem()...)
	}
	return nil
}

func (p mysqlRights) missing(schema string, wanted ...string) []Lack {
	var all []Lack
	for _, w := range wanted {
		if !p.has(schema, w) {
			all = append(all, Lack{w, fmt.Sprintf("GRANT %s ON %s TO %s", w, p.scope(schema), p.quoted())})
		}
	}
	return all
}

// lacksTrust is about ERROR 1419: with a binary log, making a trigger or a
// function wants more than TRIGGER and CREATE ROUTINE (Kea ARM, "Setting Up the
// MySQL Database").
func (p mysqlRights) lacksTrust() []Lack {
	if p.trusted || p.has("", "SUPER") {
		return nil
	}
	return []Lack{{"log_bin_trust_function_creators", "SET GLOBAL log_bin_trust_function_creators = 1"}}
}

// lacksRoutines is about bodies of routines that somebody else defined.
func (p mysqlRights) lacksRoutines() []Lack {
	if p.has("", "SELECT") || p.mariadb && p.has("mysql", "SELECT") || !p.mariadb && p.has("", "SHOW_ROUTINE") ||
		p.mariadb && p.has(p.schema, "SHOW CREATE ROUTINE") {
		return nil
	}
	if p.mariadb {
		return []Lack{{"SELECT on mysql.proc (for routines of another definer)", "GRANT SELECT ON mysql.proc TO " + p.quoted()}}
	}
	return []Lack{{"SHOW_ROUTINE (for routines of another definer)", "GRANT SHOW_ROUTINE ON *.* TO " + p.quoted()}}
}

// lacksDefiners is about ERROR 1227: defining triggers and routines for another account. The privilege's name moved, with MySQL 8.0 and
// 8.2 and with MariaDB 10.5; SUPER was enough before, and is still on those that know it.
func (p mysqlRights) lacksDefiners() []Lack {
	since := func(major, minor int) bool {
		return p.version[0] > major || p.version[0] == major && p.version[1] >= minor
	}
	wanted := "SUPER"
	switch {
	case p.mariadb && since(10, 5):
		wanted = "SET USER"
	case !p.mariadb && since(8, 2):
		wanted = "SET_ANY_DEFINER"
	case !p.mariadb && since(8, 0):
		wanted = "SET_USER_ID"
	}
	if p.has("", "SUPER") {
		return nil
	}
	return p.missing("", wanted)
}

// lacksSystem is about the same for an account that has SYSTEM_USER, as MySQL's root has since 8.0: only one that has it, too, may.
func (p mysqlRights) lacksSystem() []Lack {
	if p.mariadb || p.version[0] < 8 {
		return nil
	}
	return p.missing("", "SYSTEM_USER")
}

func (p mysqlRights) has(schema, privilege string) bool {
	return slices.ContainsFunc(p.grants, func(g grant) bool { return g.gives(schema, privilege) })
}

func (p mysqlRights) scope(schema string) string {
	switch {
	case schema == "":
		return "*.*"
	case strings.HasPrefix(schema, ScratchPrefix):
		return "`" + strings.ReplaceAll(ScratchPrefix, "_", `\_`) + "%`.*"
	}
	return mysqlDialect{}.quote(strings.NewReplacer("_", `\_`, "%", `\%`).Replace(schema)) + ".*"
}

// quoted is the account as GRANT wants it.
func (p mysqlRights) quoted() string {
	at := strings.LastIndexByte(p.account, '@')
	if at < 0 {
		return "'" + strings.ReplaceAll(p.account, "'", "''") + "'"
	}
	q := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	return q(p.account[:at]) + "@" + q(p.account[at+1:])
}
