package dbcheck

import "strings"

// quote makes any text a MySQL identifier.
func quote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}
