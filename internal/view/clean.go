package view

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes text that a server said fit for a terminal: what could move its cursor, colour it or reorder its letters is shown as
// what it is. Tabs become blanks.
func clean(text string) string {
	if !strings.ContainsFunc(text, unsafe) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case r == 0x1b:
			b.WriteRune('␛')
		case r < 0x20:
			b.WriteRune('␀' + r) // the control pictures stand in the order of the controls
		case unsafe(r):
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cleanLines makes text of several lines fit, each by itself.
func cleanLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		bare, ended := strings.CutSuffix(line, "\n")
		if b.WriteString(clean(bare)); ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// width is how many columns of a terminal the text takes. Letters of East Asian scripts take two, marks that combine none.
func width(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case wide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wide follows the ranges W and F of Unicode's EastAsianWidth, as far as letters and emoji go.
func wide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf && r != 0x303f || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 ||
		r >= 0x1f300 && r <= 0x1f64f || r >= 0x1f900 && r <= 0x1f9ff || r >= 0x20000 && r <= 0x3fffd)
}

func pad(text string, to int) string { return text + strings.Repeat(" ", max(to-width(text), 0)) }
