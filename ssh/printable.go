package ssh

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapes are terminal sequences: CSI, OSC and the two-byte ones (ECMA-48).
var escapes = regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[@-Z\\\\^_])")

// Printable makes bytes from a server safe to show: terminal sequences are
// dropped, a carriage return becomes a line end, and what is no printable
// UTF-8 is shown as \xNN or \uNNNN. Line ends and tabs stay.
func Printable(b []byte) string {
	text := escapes.ReplaceAllString(string(b), "")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[0])
		case r == '\r':
			out.WriteByte('\n')
		case r == '\n' || r == '\t' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out.String()
}

// glimpse is the end of b, printable and short enough for an error.
func glimpse(b []byte) string {
	const most = 600
	s := strings.TrimSpace(Printable(b))
	if len(s) > most {
		s = "... " + strings.ToValidUTF8(s[len(s)-most:], "")
	}
	return s
}
