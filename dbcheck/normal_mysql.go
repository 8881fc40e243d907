package dbcheck

import (
	"regexp"
	"strings"
)

var (
	displayWidth = regexp.MustCompile(`^((?:tiny|small|medium|big)?int)\(\d+\)`)
	// The same inside a list of parameters.
	parameterWidth = regexp.MustCompile(`\b((?:tiny|small|medium|big)?int)\(\d+\)`)
	now            = regexp.MustCompile(`(?i)current_timestamp(?:\(\))?`)
)

// column describes a column the same way for MariaDB and MySQL. MySQL 8.0.19
// dropped the display width of integers; MariaDB quotes literal defaults, says
// NULL for none and current_timestamp() for a word; MySQL marks defaults that
// are expressions.
func column(kind string, nullable bool, value, extra, generated string) string {
	is := displayWidth.ReplaceAllString(strings.ToLower(kind), "$1")
	if strings.HasPrefix(strings.ToLower(kind), "enum") || strings.HasPrefix(strings.ToLower(kind), "set") {
		is = kind
	}
	if !nullable {
		is += " not null"
	}
	if value != "" && value != "NULL" {
		if n := len(value); n >= 2 && value[0] == '\'' && value[n-1] == '\'' {
			value = strings.ReplaceAll(value[1:n-1], "''", "'")
		}
		is += " default " + now.ReplaceAllString(value, "CURRENT_TIMESTAMP")
	}
	extra = strings.TrimSpace(strings.ReplaceAll(strings.ToUpper(extra), "DEFAULT_GENERATED", ""))
	if extra != "" {
		is += " " + strings.ToLower(now.ReplaceAllString(extra, "CURRENT_TIMESTAMP"))
	}
	if generated != "" {
		is += " as " + generated
	}
	return is
}

// mysqlToken gives the length of the first token of s: a quoted text, a comment,
// or one byte.
func mysqlToken(s string) (end int, comment bool) {
	switch {
	case s[0] == '\'' || s[0] == '"' || s[0] == '`':
		return quotedEnd(s, s[0] != '`'), false
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s[2:], "*/"); end >= 0 {
			return end + 4, true
		}
		return len(s), true
	case s[0] == '#', s == "--", strings.HasPrefix(s, "-- "), strings.HasPrefix(s, "--\n"), strings.HasPrefix(s, "--\t"):
		return lineEnd(s), true
	}
	return 1, false
}
