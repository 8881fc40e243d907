package database

import (
	"fmt"
	"strings"
	"unicode"
)

// token is a word (upper is it in upper case), a quoted name, a text, a number or a sign.
type token struct {
	kind  byte // w, n (quoted name), s, 0 (number), or the sign itself in text with kind '!'
	text  string
	upper string
}

func isWord(r rune) bool {
	return r == '_' || r == '$' || r == '@' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// lex takes a statement apart. Comments are left out, hints among them.
func lex(sql string) ([]token, error) {
	var all []token
	for i := 0; i < len(sql); {
		c := rune(sql[i])
		switch {
		case unicode.IsSpace(c):
			i++
		case strings.HasPrefix(sql[i:], "/*"):
			end := strings.Index(sql[i:], "*/")
			if end < 0 {
				return nil, syntaxError("a comment without end")
			}
			i += end + 2
		case strings.HasPrefix(sql[i:], "-- ") || c == '#':
			end := strings.IndexByte(sql[i:], '\n')
			if end < 0 {
				end = len(sql) - i - 1
			}
			i += end + 1
		case c == '\'' || c == '"' || c == '`':
			text, n, err := quoted(sql[i:])
			if err != nil {
				return nil, err
			}
			kind := byte('s')
			if c == '`' {
				kind = 'n'
			}
			all = append(all, token{kind, text, ""})
			i += n
		case isWord(c):
			end := i
			for end < len(sql) && isWord(rune(sql[end])) || end < len(sql) && sql[end] == '.' && unicode.IsDigit(c) {
				end++
			}
			kind := byte('w')
			if unicode.IsDigit(c) {
				kind = '0'
			}
			all = append(all, token{kind, sql[i:end], strings.ToUpper(sql[i:end])})
			i = end
		default:
			n := 1
			for _, sign := range []string{"<=>", "<>", "<=", ">=", "!="} {
				if strings.HasPrefix(sql[i:], sign) {
					n = len(sign)
					break
				}
			}
			all = append(all, token{'!', sql[i : i+n], sql[i : i+n]})
			i += n
		}
	}
	return all, nil
}

// quoted reads a quoted text or name at the start of s, and says how long it is there.
func quoted(s string) (text string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] != '`' && i+1 < len(s):
			i++
			if to, known := map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '0': 0}[s[i]]; known {
				b.WriteByte(to)
			} else {
				b.WriteByte(s[i])
			}
		case s[i] == s[0] && i+1 < len(s) && s[i+1] == s[0]:
			b.WriteByte(s[i])
			i++
		case s[i] == s[0]:
			return b.String(), i + 1, nil
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, syntaxError("a text without end")
}

// Error is an error of the database server, by MySQL's numbers.
type Error struct {
	Number uint16
	State  string
	Text   string
}

func (e *Error) Error() string { return fmt.Sprintf("ERROR %d (%s): %s", e.Number, e.State, e.Text) }

func syntaxError(format string, args ...any) error {
	return &Error{1064, "42000", "You have an error in your SQL syntax, or the simulator does not know it: " + fmt.Sprintf(format, args...)}
}
