package dbcheck

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Purpose is what an account is to be used for.
type Purpose int

const (
	// ToLook: seeing every session. Without it Sessions often cannot tell.
	ToLook Purpose = iota + 1
	// ToMigrate: running kea-admin db-upgrade.
	ToMigrate
	// ToDump: a dump with triggers, events and routines.
	ToDump
	// ToScratch: making, filling and dropping scratch databases.
	ToScratch
)

// Privileges are what an account may do, as SHOW GRANTS says for it and the
// roles that are active in its session.
type Privileges struct {
	Account string // CURRENT_USER(): the entry that the server matched
	schema  string
	grants  []grant
	trusted bool // triggers and functions need no SUPER: no binary log, or creators are trusted
	mariadb bool
}

// Lack is a privilege that is missing, and the statement with which somebody
// who may grants it.
type Lack struct {
	Privilege string
	Statement string
}

// Privileges reads them. Three round trips.
func (d *DB) Privileges(ctx context.Context) (Privileges, error) {
	p := Privileges{schema: d.target.Name, mariadb: d.mariadb}
	if err := d.row(ctx, "asking for the account", "SELECT CURRENT_USER()", &p.Account); err != nil {
		return p, err
	}
	v, err := d.variables(ctx, "VARIABLES", "log_bin", "log_bin_trust_function_creators")
	if err != nil {
		return p, err
	}
	p.trusted = !v.on("log_bin") || v.on("log_bin_trust_function_creators")
	return p, d.each(ctx, "asking for the account's privileges", "SHOW GRANTS", nil, func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		if g, ok := parseGrant(line); ok {
			p.grants = append(p.grants, g)
		}
		return err
	})
}

var migrate = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES",
	"TRIGGER", "CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE"}

// Lacks names what the account lacks for a purpose; nothing if it may.
func (p Privileges) Lacks(purpose Purpose) []Lack {
	switch purpose {
	case ToLook:
		return p.lacks("", "PROCESS")
	case ToMigrate:
		return append(p.lacks(p.schema, migrate...), p.lacksTrust()...)
	case ToDump:
		return append(p.lacks(p.schema, "SELECT", "LOCK TABLES", "TRIGGER", "EVENT", "SHOW VIEW"), p.lacksRoutines()...)
	case ToScratch:
		wanted := append(slices.Clone(migrate), "LOCK TABLES")
		return append(p.lacks(ScratchPrefix+"x", wanted...), p.lacksTrust()...)
	}
	return nil
}

func (p Privileges) lacks(schema string, wanted ...string) []Lack {
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
func (p Privileges) lacksTrust() []Lack {
	if p.trusted || p.has("", "SUPER") {
		return nil
	}
	return []Lack{{"log_bin_trust_function_creators", "SET GLOBAL log_bin_trust_function_creators = 1"}}
}

// lacksRoutines is about bodies of routines that somebody else defined.
func (p Privileges) lacksRoutines() []Lack {
	if p.has("", "SELECT") || p.mariadb && p.has("mysql", "SELECT") || !p.mariadb && p.has("", "SHOW_ROUTINE") ||
		p.mariadb && p.has(p.schema, "SHOW CREATE ROUTINE") {
		return nil
	}
	if p.mariadb {
		return []Lack{{"SELECT on mysql.proc (for routines of another definer)", "GRANT SELECT ON mysql.proc TO " + p.quoted()}}
	}
	return []Lack{{"SHOW_ROUTINE (for routines of another definer)", "GRANT SHOW_ROUTINE ON *.* TO " + p.quoted()}}
}

func (p Privileges) has(schema, privilege string) bool {
	return slices.ContainsFunc(p.grants, func(g grant) bool { return g.gives(schema, privilege) })
}

func (p Privileges) scope(schema string) string {
	switch {
	case schema == "":
		return "*.*"
	case strings.HasPrefix(schema, ScratchPrefix):
		return "`" + strings.ReplaceAll(ScratchPrefix, "_", `\_`) + "%`.*"
	}
	return quote(strings.NewReplacer("_", `\_`, "%", `\%`).Replace(schema)) + ".*"
}

// quoted is the account as GRANT wants it.
func (p Privileges) quoted() string {
	at := strings.LastIndexByte(p.Account, '@')
	if at < 0 {
		return "'" + strings.ReplaceAll(p.Account, "'", "''") + "'"
	}
	q := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	return q(p.Account[:at]) + "@" + q(p.Account[at+1:])
}
