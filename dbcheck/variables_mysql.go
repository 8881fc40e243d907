package dbcheck

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// variables are global variables or status values of the server, by their name
// in lower case. What a product or version does not have is absent.
type variables map[string]string

// SHOW ... WHERE leaves unknown names out, where SELECT @@name is an error: one
// question serves every product and version.
func (d *DB) variables(ctx context.Context, kind string, names ...string) (variables, error) {
	query := "SHOW GLOBAL " + kind + " WHERE Variable_name IN ('" + strings.Join(names, "','") + "')"
	found := variables{}
	err := d.each(ctx, "reading the server's "+strings.ToLower(kind), query, func(rows *sql.Rows) error {
		var name, value sql.NullString
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		found[strings.ToLower(name.String)] = value.String
		return nil
	})
	return found, err
}

// on says whether a switch is on; a missing one is off.
func (v variables) on(name string) bool {
	switch strings.ToUpper(v[name]) {
	case "", "OFF", "0", "NO":
		return false
	}
	return true
}

func (v variables) number(name string) int64 {
	n, err := strconv.ParseInt(v[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}
