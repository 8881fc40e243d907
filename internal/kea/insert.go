package kea

import (
	"bytes"
	"strings"
)

// insertFirst is the change that puts entries before everything else in a
// container, in the style of the text around it: on the line of the opening
// bracket where something else stands there, else on lines of their own.
// Comments stay with what they belong to: one on the line of the bracket stays
// there, one above the first entry stays above it.
func insertFirst(container *node, empty bool, entries []string) change {
	src := container.start.src
	opening := container.start.offset + 1
	line := opening + onlyTrivia(src.text[opening:])
	if line < opening { // something stands on the line of the bracket
		return insertInline(src, opening, empty, entries)
	}
	newline := "\n"
	if line > opening && src.text[line-1] == '\r' {
		newline, line = "\r\n", line-1
	}
	indent := indentInside(src, container.start.offset, line)
	var b strings.Builder
	for i, entry := range entries {
		b.WriteString(newline + indent + entry)
		if i+1 < len(entries) || !empty {
			b.WriteByte(',')
		}
	}
	return change{mark{src, line}, line, b.String()}
}

func insertInline(src *source, opening int, empty bool, entries []string) change {
	text := strings.Join(entries, ", ")
	first := opening
	for first < len(src.text) && (src.text[first] == ' ' || src.text[first] == '\t') {
		first++
	}
	switch {
	case !empty && first > opening: // "[ {": the blank is there already
		return change{mark{src, first}, first, text + ", "}
	case !empty:
		return change{mark{src, opening}, opening, " " + text + ", "}
	case first > opening: // "[ ]"
		return change{mark{src, opening}, opening, " " + text}
	default: // "[]"
		return change{mark{src, opening}, opening, " " + text + " "}
	}
}

// onlyTrivia is the length of the rest of the line if nothing but blanks and
// comments stands there, else -1. A comment that goes on over the line is
// taken for content: what is inserted must not land in it.
func onlyTrivia(text []byte) int {
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch {
		case rest[0] == '\n':
			return i
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
		case rest[0] == '#' || bytes.HasPrefix(rest, []byte("//")):
			return i + lineLength(rest)
		case bytes.HasPrefix(rest, []byte("/*")):
			end := bytes.Index(rest[2:], []byte("*/"))
			if end < 0 || bytes.IndexByte(rest[:end+2], '\n') >= 0 {
				return -1
			}
			i += 2 + end + 1
		default:
			return -1
		}
	}
	return -1
}

// indentInside is the indentation of what stands in a container whose opening
// bracket is at a place and whose first line ends at another: that of the next
// line that is not blank, if it is deeper than the bracket's own, else four
// blanks more than the bracket's.
func indentInside(src *source, bracket, lineEnd int) string {
	outer := indentAt(src.text, src.lines[(mark{src, bracket}).position().Line-1])
	rest := src.text[lineEnd:]
	for len(rest) > 0 {
		rest = rest[lineLength(rest):]
		if len(rest) > 0 {
			rest = rest[1:]
		}
		inner := indentAt(rest, 0)
		line := bytes.TrimSpace(rest[:lineLength(rest)])
		if len(line) == 0 {
			continue
		}
		if len(inner) > len(outer) && strings.HasPrefix(inner, outer) && line[0] != ']' && line[0] != '}' {
			return inner
		}
		break
	}
	return outer + "    "
}

func indentAt(text []byte, start int) string {
	end := start
	for end < len(text) && (text[end] == ' ' || text[end] == '\t') {
		end++
	}
	return string(text[start:end])
}
