package kea

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// span is where something stands in the text: a member of a map with its key, or an entry of a list.
type span struct{ start, end mark }

func itemsOf(list *node) []span {
	var all []span
	for _, item := range list.items {
		all = append(all, span{item.start, item.end})
	}
	return all
}

func membersOf(n *node) []span {
	var all []span
	for _, m := range n.members {
		all = append(all, span{m.at, m.value.end})
	}
	return all
}

// drop takes a member out of a map, and says whether it was there.
func (m *mover) drop(n *node, key string) bool {
	if n == nil {
		return false
	}
	i := slices.IndexFunc(n.members, func(one member) bool { return one.key == key })
	if i >= 0 {
		m.without(membersOf(n), i)
	}
	return i >= 0
}

// without takes one of several spans out, with the comma that parts it from its neighbour: Kea reads a comma too many after an
// entry, and none before the first.
func (m *mover) without(all []span, i int) {
	from, to := all[i].start, all[i].end
	switch {
	case i+1 < len(all):
		to = all[i+1].start
	case i > 0:
		from = all[i-1].end
	}
	m.cut(from, to, "")
}

func (m *mover) replace(n *node, text string) { m.cut(n.start, n.end, text) }

// cut replaces what stands between two marks, and keeps its line ends.
func (m *mover) cut(from, to mark, text string) {
	if from.src != to.src || from.offset > to.offset {
		if m.err == nil {
			m.err = fmt.Errorf("%s: what stands here lies in several files", from.position())
		}
		return
	}
	m.changes = append(m.changes, change{from, to.offset, text + lineEnds(from.src.text[from.offset:to.offset])})
}

func lineEnds(text []byte) string { return strings.Repeat("\n", bytes.Count(text, []byte("\n"))) }

// edits makes the changes, file by file. Of two that overlap, what the first one leaves of the other is cut too; a file that is
// included twice is changed once.
func (m *mover) edits() []Edit {
	var all []Edit
	for _, path := range m.paths() {
		var src *source
		var here []change
		for _, c := range m.changes {
			if src == nil && c.start.src.path == path {
				src = c.start.src
			}
			if c.start.src == src {
				here = append(here, c)
			}
		}
		slices.SortStableFunc(here, func(a, b change) int {
			return cmp.Or(cmp.Compare(a.start.offset, b.start.offset), cmp.Compare(a.end, b.end))
		})
		var out bytes.Buffer
		done := 0
		for _, c := range here {
			if c.end < done {
				continue // within what was cut already
			}
			if c.start.offset < done {
				c = change{mark{src, done}, c.end, lineEnds(src.text[done:c.end])}
			}
			out.Write(src.text[done:c.start.offset])
			out.WriteString(c.text)
			done = c.end
		}
		out.Write(src.text[done:])
		all = append(all, Edit{File: path, Old: src.text, New: out.Bytes()})
	}
	return all
}

func (m *mover) paths() []string {
	var all []string
	for _, c := range m.changes {
		if !slices.Contains(all, c.start.src.path) {
			all = append(all, c.start.src.path)
		}
	}
	return all
}
