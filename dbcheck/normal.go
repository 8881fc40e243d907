package dbcheck

import "strings"

// token gives the length of the first token of a text of SQL that is not empty,
// and says whether it is a comment. What is neither quoted nor a comment may be
// read in any pieces.
type token func(s string) (end int, comment bool)

// squeeze removes comments from a body of SQL and joins runs of white space,
// outside of quotes: MySQL's and MariaDB's clients drop comments by default, or
// keep them, depending on their version, and a release of Kea may word them anew.
func squeeze(sql string, first token) string {
	var out strings.Builder
	space := false
	for len(sql) > 0 {
		end, comment := first(sql)
		text := sql[:end]
		sql = sql[end:]
		if comment || strings.TrimSpace(text) == "" {
			space = true
			continue
		}
		if space && out.Len() > 0 {
			out.WriteByte(' ')
		}
		space = false
		out.WriteString(text)
	}
	return out.String()
}

// lineEnd gives the length of the line that s begins with.
func lineEnd(s string) int {
	if end := strings.IndexByte(s, '\n'); end >= 0 {
		return end + 1
	}
	return len(s)
}

// quotedEnd gives the length of the quoted text that s begins with. A doubled
// quote makes two texts that touch, which squeeze copies alike.
func quotedEnd(s string, backslash bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && backslash:
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}
