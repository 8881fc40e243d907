package view

import "strings"

// finding shows what was found and under it what to do.
func (p *Page) finding(label, where, message, next string) {
	t := mild
	if label == "error" || label == "refused" {
		t = bad
	}
	if where != "" && !strings.HasPrefix(message, where) {
		message = where + ": " + message
	}
	p.labelled(t, 0, label, message)
	if next != "" {
		p.labelled(faint, 0, "", "  "+next)
	}
}

// labelled puts a label before text, whose further lines stand under its first.
func (p *Page) labelled(t tone, indent int, label, text string) {
	first, rest, more := strings.Cut(strings.TrimRight(text, "\n"), "\n")
	p.text.WriteString(strings.Repeat(" ", indent))
	p.put(t, pad(label, labelWidth))
	p.line(plain, "%s", first)
	if more {
		p.block(plain, indent+labelWidth+2, rest)
	}
}

// labelWidth is the column in which the text behind a label begins.
const labelWidth = 9

// place names where a finding is, from the parts that apply.
func place(parts ...string) string { return strings.Join(unique(parts), " ") }
