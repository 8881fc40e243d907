package live

import (
	"errors"
	"strings"
)

// sections is what a script printed: lines by the section that they stand in.
type sections map[string][]string

var errCut = errors.New("the script's output ends before its end")

// parseSections reads "@name" and the lines that follow it. The last section is "end"; without it the output was cut off and
// nothing is concluded from it.
func parseSections(out []byte) (sections, error) {
	found := sections{}
	name := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\r\n")
		if rest, ok := strings.CutPrefix(line, "@"); ok {
			name = rest
			continue
		}
		found[name] = append(found[name], line)
	}
	if name != "end" {
		return nil, errCut
	}
	return found, nil
}

// first gives the first line of a section, or nothing.
func (s sections) first(name string) string {
	if len(s[name]) == 0 {
		return ""
	}
	return s[name][0]
}

// rows gives the lines of a section as fields, those with fewer filled up; empty lines are left out.
func (s sections) rows(name string, fields int) [][]string {
	var rows [][]string
	for _, line := range s[name] {
		if line == "" {
			continue
		}
		row := strings.Split(line, "\t")
		for len(row) < fields {
			row = append(row, "")
		}
		rows = append(rows, row)
	}
	return rows
}

// properties gives the blocks of "systemctl show": one for each unit, in the order asked for.
func (s sections) properties(name string) []map[string]string {
	var blocks []map[string]string
	fresh := true
	for _, line := range s[name] {
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			fresh = true
			continue
		}
		if fresh {
			blocks = append(blocks, map[string]string{})
			fresh = false
		}
		blocks[len(blocks)-1][key] = value
	}
	return blocks
}
