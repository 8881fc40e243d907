package kea

import (
	"fmt"
	"strconv"
	"strings"
)

// scanString reads a string and decodes it as Kea does: JSON, with \u escapes
// up to \u00ff, which stand for one byte.
func (l *lexer) scanString() (string, error) {
	start := l.mark()
	l.at++
	var decoded strings.Builder
	for l.at < len(l.src.text) {
		c := l.src.text[l.at]
		switch {
		case c == '"':
			l.at++
			return decoded.String(), nil
		case c == '\\':
			b, err := l.scanEscape()
			if err != nil {
				return "", err
			}
			decoded.WriteByte(b)
		case c < 0x20:
			if c == '\n' {
				return "", start.errorf("this string is not closed on its line")
			}
			return "", l.mark().errorf("a control character (%#02x) stands in a string", c)
		default:
			decoded.WriteByte(c)
			l.at++
		}
	}
	return "", start.errorf("this string is not closed")
}

func (l *lexer) scanEscape() (byte, error) {
	start := l.mark()
	rest := l.src.text[l.at:]
	if len(rest) < 2 {
		return 0, start.errorf("this string is not closed")
	}
	if rest[1] == 'u' {
		if len(rest) < 6 {
			return 0, start.errorf("a \\u escape has four hexadecimal digits")
		}
		n, err := strconv.ParseUint(string(rest[2:6]), 16, 16)
		if err != nil {
			return 0, start.errorf("a \\u escape has four hexadecimal digits")
		}
		if n > 0xff {
			return 0, start.errorf("Kea knows no \\u escapes above \\u00ff")
		}
		l.at += 6
		return byte(n), nil
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	i := strings.IndexByte(from, rest[1])
	if i < 0 {
		return 0, start.errorf("\\%c is no escape", rest[1])
	}
	l.at += 2
	return to[i], nil
}

// quote writes a string as Kea reads it back.
func quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
