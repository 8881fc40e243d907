package kea

import (
	"fmt"
	"slices"
)

// source is the text of one file as it is on disk. Tokens and nodes point
// into it, so that messages and edits meet the operator's own bytes.
type source struct {
	path  string
	text  []byte
	lines []int // offset of the first byte of each line
}

func newSource(path string, text []byte) *source {
	s := &source{path: path, text: text, lines: []int{0}}
	for i, c := range text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// mark is a place in a source.
type mark struct {
	src    *source
	offset int
}

func (m mark) position() Position {
	line, found := slices.BinarySearch(m.src.lines, m.offset)
	if !found {
		line--
	}
	return Position{File: m.src.path, Line: line + 1, Column: m.offset - m.src.lines[line] + 1, Offset: m.offset}
}

func (m mark) errorf(format string, args ...any) *SyntaxError {
	p := m.position()
	return &SyntaxError{File: p.File, Line: p.Line, Column: p.Column, Message: fmt.Sprintf(format, args...)}
}
