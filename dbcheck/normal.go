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

// squeeze removes comments from a body of SQL and joins runs of white space,
// outside of quotes: MySQL's and MariaDB's clients drop comments by default, or
// keep them, depending on their version.
func squeeze(sql string) string {
	var out strings.Builder
	space := false
	put := func(s string) {
		if space && out.Len() > 0 {
			out.WriteByte(' ')
		}
		space = false
		out.WriteString(s)
	}
	for i := 0; i < len(sql); {
		n := tokenEnd(sql[i:])
		token := sql[i : i+n]
		i += n
		switch {
		case isComment(token), strings.TrimSpace(token) == "":
			space = true
		default:
			put(token)
		}
	}
	return out.String()
}

func isComment(token string) bool {
	return strings.HasPrefix(token, "/*") || strings.HasPrefix(token, "-- ") || strings.HasPrefix(token, "--\n") ||
		strings.HasPrefix(token, "--\t") || token == "--" || strings.HasPrefix(token, "#")
}

// tokenEnd gives the length of the first token of s, which is not empty: a
// quoted text, a comment, or one byte.
func tokenEnd(s string) int {
	switch {
	case s[0] == '\'' || s[0] == '"' || s[0] == '`':
		return quotedEnd(s)
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s[2:], "*/"); end >= 0 {
			return end + 4
		}
		return len(s)
	case s[0] == '#', s == "--", strings.HasPrefix(s, "-- "), strings.HasPrefix(s, "--\n"), strings.HasPrefix(s, "--\t"):
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return end + 1
		}
		return len(s)
	}
	return 1
}

// quotedEnd gives the length of the quoted text that s begins with. A doubled
// quote makes two texts that touch, which squeeze copies alike.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] != '`':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}
