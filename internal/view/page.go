package view

import (
	"fmt"
	"strings"
)

// tone is what colour would say; the words beside it say the same.
type tone string

const (
	plain tone = ""
	good  tone = "\x1b[32m"
	bad   tone = "\x1b[31m"
	mild  tone = "\x1b[33m"
	faint tone = "\x1b[2m"
	bold  tone = "\x1b[1m"
	reset      = "\x1b[0m"
)

// Page collects lines of text. Everything that is put on it is made fit for a terminal first.
type Page struct {
	paper Paper
	text  strings.Builder
	whole map[int]bool // lines that are not broken, by their numbers
}

// NewPage is an empty page.
func NewPage(on Paper) *Page { return &Page{paper: on} }

// String is the page as it goes to the reader.
func (p *Page) String() string {
	if p.paper.Columns == 0 {
		return p.text.String()
	}
	var b strings.Builder
	n := 0
	for line := range strings.Lines(p.text.String()) {
		bare, ended := strings.CutSuffix(line, "\n")
		if !p.whole[n] {
			bare = fit(bare, p.paper.Columns)
		}
		if b.WriteString(bare); ended {
			b.WriteByte('\n')
		}
		n++
	}
	return b.String()
}

// line adds one line.
func (p *Page) line(t tone, format string, args ...any) {
	p.put(t, strings.TrimRight(clean(fmt.Sprintf(format, args...)), " "))
	p.text.WriteByte('\n')
}

// Line adds one line of plain text.
func (p *Page) Line(text string) { p.line(plain, "%s", text) }

func (p *Page) blank() { p.text.WriteByte('\n') }

// block adds text of several lines, each moved in by as many columns.
func (p *Page) block(t tone, indent int, text string) {
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		p.line(t, "%s%s", strings.Repeat(" ", indent), strings.TrimRight(line, "\r\n"))
	}
}

// verbatim is a block whose lines are never broken: what it holds may be copied.
func (p *Page) verbatim(t tone, indent int, text string) {
	if p.whole == nil {
		p.whole = map[int]bool{}
	}
	first := strings.Count(p.text.String(), "\n")
	p.block(t, indent, text)
	for n := first; n < strings.Count(p.text.String(), "\n"); n++ {
		p.whole[n] = true
	}
}

func (p *Page) put(t tone, text string) {
	if !p.paper.Colour || t == plain || text == "" {
		p.text.WriteString(text)
		return
	}
	p.text.WriteString(string(t) + text + reset)
}

// cell is one field of a table.
type cell struct {
	text string
	tone tone
}

func c(text string) cell          { return cell{text: text} }
func ct(t tone, text string) cell { return cell{text: text, tone: t} }
func cells(texts ...string) (row []cell) {
	for _, t := range texts {
		row = append(row, c(t))
	}
	return row
}

// table adds rows whose columns line up, three blanks apart, moved in by as many columns. The last cell of a row is not padded, and
// a row may have fewer cells than others: its last one then runs on freely.
func (p *Page) table(indent int, rows ...[]cell) { p.tableWith(indent, nil, rows) }

// tableWith is a table with lines between its rows: each stands before the row of its number.
func (p *Page) tableWith(indent int, before map[int]string, rows [][]cell) {
	var widths []int
	for _, row := range rows {
		for i := range row {
			row[i].text = clean(row[i].text)
			if len(widths) == i {
				widths = append(widths, 0)
			}
			if i < len(row)-1 {
				widths[i] = max(widths[i], width(row[i].text))
			}
		}
	}
	for n, row := range rows {
		if line := before[n]; line != "" {
			p.line(faint, "%s", line)
		}
		p.text.WriteString(strings.Repeat(" ", indent))
		row = trimmed(row)
		for i, cell := range row {
			p.put(cell.tone, cell.text)
			if i < len(row)-1 {
				p.text.WriteString(strings.Repeat(" ", widths[i]-width(cell.text)+gap))
			}
		}
		p.blank()
	}
}

// gap is how many blanks stand between two columns.
const gap = 2

func trimmed(row []cell) []cell {
	for len(row) > 1 && row[len(row)-1].text == "" {
		row = row[:len(row)-1]
	}
	return row
}
