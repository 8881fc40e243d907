package view

import (
	"regexp"
	"strings"
)

// Paper is what text is put on.
type Paper struct {
	Colour  bool
	Columns int // of a terminal; 0: a line may be as long as it is
}

// fewest is how many columns are wanted of a terminal: on fewer it breaks lines by itself.
const fewest = 40

// fit breaks a line that is longer than the paper is wide, between words. What follows stands under the last column of the line that
// leaves it room, and a rule ends where the paper does. A word that is longer than the room for it, such as a path, stays whole.
func fit(line string, columns int) string {
	shown := escape.ReplaceAllString(line, "")
	if columns < fewest || width(shown) <= columns {
		return line
	}
	var (
		b      strings.Builder
		at     int    // column
		blanks string // before the next word
		hang   = hanging(shown, columns)
	)
	for _, part := range pieces.FindAllString(line, -1) {
		if part[0] == ' ' {
			blanks = part
			continue
		}
		word, room := escape.ReplaceAllString(part, ""), columns-at-len(blanks)
		switch {
		case dashes.MatchString(word) && len(word) > room:
			cut := word[:max(room, 0)]
			if part = strings.Replace(part, word, cut, 1); cut == "" {
				blanks = ""
			}
		case width(word) > room && at > hang:
			b.WriteString("\n" + strings.Repeat(" ", hang))
			at, blanks = hang, ""
		}
		b.WriteString(blanks + part)
		at, blanks = at+len(blanks)+width(word), ""
	}
	return b.String()
}

var (
	escape = regexp.MustCompile("\x1b\\[[0-9;]*m")
	pieces = regexp.MustCompile(` +|[^ ]+`)
	dashes = regexp.MustCompile(`^(-{8,}|={7,})$`)
	gaps   = regexp.MustCompile(` {2,}`)
)

// hanging is the column in which the rest of a line goes on.
func hanging(shown string, columns int) int {
	indent := len(shown) - len(strings.TrimLeft(shown, " "))
	hang := indent
	if indent < 4 {
		hang += 2
	}
	for _, gap := range gaps.FindAllStringIndex(shown, -1) {
		if at := width(shown[:gap[1]]); gap[0] > 0 && at <= columns*3/5 {
			hang = at
		}
	}
	return hang
}
