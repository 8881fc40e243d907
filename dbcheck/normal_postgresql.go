package dbcheck

import (
	"regexp"
	"strings"
)

var (
	postgresqlWord = regexp.MustCompile(`^[\pL_0-9][\pL_0-9$]*`)
	dollarQuote    = regexp.MustCompile(`^\$(?:[\pL_][\pL_0-9]*)?\$`)
)

// postgresqlToken reads what PostgreSQL's "Lexical Structure" calls a token, or a
// byte of it. Comments may be nested, and a backslash means something in a text
// that an E stands before only.
func postgresqlToken(s string) (end int, comment bool) {
	switch {
	case strings.HasPrefix(s, "--"):
		return lineEnd(s), true
	case strings.HasPrefix(s, "/*"):
		return nestedEnd(s), true
	case s[0] == '\'' || s[0] == '"':
		return quotedEnd(s, false), false
	}
	if quote := dollarQuote.FindString(s); quote != "" {
		if end := strings.Index(s[len(quote):], quote); end >= 0 {
			return end + 2*len(quote), false
		}
		return len(s), false
	}
	word := len(postgresqlWord.FindString(s))
	if word == 1 && (s[0] == 'E' || s[0] == 'e') && strings.HasPrefix(s[1:], "'") {
		return 1 + quotedEnd(s[1:], true), false
	}
	return max(word, 1), false
}

// nestedEnd gives the length of the comment that s begins with.
func nestedEnd(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(s)
}
