package dbcheck

import (
	"regexp"
	"slices"
	"strings"
)

// grant is one line of SHOW GRANTS. Passwords' hashes, which MariaDB adds to
// it, are not kept.
type grant struct {
	pattern string // of databases, with % and _ as in LIKE; "*" is everything
	list    []string
}

var (
	grantLine = regexp.MustCompile("(?s)^GRANT (.+?) ON (?:(FUNCTION|PROCEDURE|PACKAGE|TABLE) )?(\\*|`(?:[^`]|``)*`|[^ .`]+)\\.(\\*|`(?:[^`]|``)*`|[^ `]+) TO ")
	inColumns = regexp.MustCompile(`\([^)]*\)`)
)

// parseGrant reads privileges on everything or on a database. Grants of roles,
// of proxies and on single tables or routines give false: they never suffice
// for what Lacks asks.
func parseGrant(line string) (grant, bool) {
	m := grantLine.FindStringSubmatch(line)
	if m == nil || m[4] != "*" && !isProc(m[3], m[4]) {
		return grant{}, false
	}
	g := grant{pattern: unquote(m[3])}
	for _, one := range strings.Split(inColumns.ReplaceAllString(m[1], "(columns)"), ",") {
		g.list = append(g.list, strings.ToUpper(strings.TrimSpace(one)))
	}
	return g, true
}

// isProc is the one table whose grant matters: MariaDB keeps routines in it.
func isProc(schema, table string) bool {
	return unquote(schema) == "mysql" && unquote(table) == "proc"
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '`' {
		return strings.ReplaceAll(s[1:len(s)-1], "``", "`")
	}
	return s
}

// gives says whether the line gives a privilege on a database, or on
// everything where schema is empty.
func (g grant) gives(schema, privilege string) bool {
	if g.pattern != "*" && (schema == "" || !likeMatch(g.pattern, schema)) {
		return false
	}
	all := slices.Contains(g.list, "ALL PRIVILEGES") || slices.Contains(g.list, "ALL")
	return all || slices.Contains(g.list, privilege)
}

// likeMatch is LIKE with the backslash as escape: MySQL takes the name of a
// database in a GRANT for such a pattern.
func likeMatch(pattern, s string) bool {
	p, text := []rune(pattern), []rune(s)
	// reach[i] says that the pattern up to here matches the first i characters.
	reach := make([]bool, len(text)+1)
	reach[0] = true
	for k := 0; k < len(p); k++ {
		next := make([]bool, len(text)+1)
		literal := p[k]
		if p[k] == '\\' && k+1 < len(p) {
			k++
			literal = p[k]
		} else if p[k] == '%' {
			ever := false
			for i, ok := range reach {
				ever = ever || ok
				next[i] = ever
			}
			reach = next
			continue
		} else if p[k] == '_' {
			literal = -1
		}
		for i, ok := range reach[:len(text)] {
			next[i+1] = ok && (literal == -1 || literal == text[i])
		}
		reach = next
	}
	return reach[len(text)]
}
