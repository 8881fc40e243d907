package view

import (
	"fmt"
	"unicode/utf8"

	"kea-lockstep/internal/fleet"
)

// drawing is a picture as SVG draws it: across in per cent of the width, so that it is as wide as there is room while letters stay as
// large as they are; down in pixels.
type drawing struct {
	Height int
	Bottom int // of the lanes, where the axis is
	Rows   []drawnRow
	Ticks  []drawnTick
	Breaks []drawnBar
	Lines  []drawnTick
	Drives []drawnTick
}

type drawnRow struct {
	Y, Base int
	Name    string
	Class   string
	Bars    []drawnBar
}

type drawnBar struct {
	Y, Height   int
	X, Width    string
	Class, Text string
	At, Anchor  string // of the text: where, and which end of it is there
	Shift       int
	Hint        string // for who points at it
}

type drawnTick struct {
	X, Text, Anchor string
	Y, Y2           int
}

// Heights in pixels. Of many servers each gets little room, and no name.
const (
	rowHeight  = 22
	barHeight  = 12
	thinHeight = 4
	above      = 30 // the lanes, for what is written at the lines across them
	many       = 5 * fleet.Crowd
)

// draw draws a picture; nil where there is none.
func (p picture) draw() *drawing {
	if len(p.groups) == 0 || len(p.axis.parts) == 0 {
		return nil
	}
	d := &drawing{Height: above}
	for _, g := range p.groups {
		top := d.Height
		if len(p.groups) > 1 {
			d.head(g.id)
		}
		d.lanes(p.axis, g.phases, false)
		if len(g.downs) > 0 {
			d.head("without an answer")
			d.lanes(p.axis, g.downs, len(g.downs) > many)
		}
		for _, t := range g.returns {
			d.Lines = append(d.Lines, d.mark(p.axis.at(t), "point of no return", top, d.Height))
		}
		d.Height += 10
	}
	d.Bottom = d.Height
	for _, t := range p.axis.ticks(6) {
		d.Ticks = append(d.Ticks, d.mark(t.x, t.text, above, d.Bottom))
	}
	for _, t := range p.drives {
		d.Drives = append(d.Drives, d.mark(t.x, t.text, above-14, d.Bottom))
	}
	for _, part := range p.axis.parts {
		if part.short {
			idle := seconds(part.until.Sub(part.from).Seconds())
			d.Breaks = append(d.Breaks, drawnBar{
				Y: above, Height: d.Bottom - above, X: percent(part.x0), Width: percent(part.x1 - part.x0), Hint: "nothing was done for " + idle,
			})
		}
	}
	d.Height += 24
	return d
}

func (d *drawing) head(text string) {
	d.Rows = append(d.Rows, drawnRow{Y: d.Height, Base: d.Height + 17, Name: clean(text), Class: "head"})
	d.Height += rowHeight + 2
}

// lanes draws lanes below each other, thin ones without names.
func (d *drawing) lanes(a axis, all []lane, thin bool) {
	for _, l := range all {
		row := drawnRow{Y: d.Height, Base: d.Height + 15, Name: cut(clean(l.name), 19)}
		height, step := barHeight, rowHeight
		if thin && !l.all {
			row.Name, height, step = "", thinHeight, thinHeight+1
		}
		for i, b := range l.bars {
			if b.Until.Before(b.From) {
				continue
			}
			drawn := drawnBar{
				Y: d.Height + (step-height)/2, Height: height, Class: string(b.kind), X: percent(a.at(b.From)), Width: percent(max(a.at(b.Until)-a.at(b.From), hairline)),
				Hint: fmt.Sprintf("%s: %s, %s to %s", clean(l.name), b.text, clock(b.From, b.From), clock(b.Until, b.From)),
			}
			switch {
			case b.kind == barEstimate:
				drawn.Y, drawn.Height = drawn.Y+barHeight+1, 3
			case !thin || l.all:
				drawn.label(a, l, i)
			}
			row.Bars = append(row.Bars, drawn)
		}
		d.Rows = append(d.Rows, row)
		d.Height += step
	}
}

// label puts the bar's text where there is room: behind it, in it, or before it.
func (b *drawnBar) label(a axis, l lane, i int) {
	const letter = 0.0165 // as wide as on a small screen
	text := l.bars[i].text
	need := letter * float64(utf8.RuneCountInString(text)+1)
	x0, x1, before, after := a.at(l.bars[i].From), a.at(l.bars[i].Until), 0.0, 1.0
	for n, other := range l.bars {
		switch {
		case other.kind == barEstimate:
		case n == i-1:
			before = a.at(other.Until)
		case n == i+1:
			after = a.at(other.From)
		}
	}
	b.Text = text
	switch {
	case after-x1 >= need:
		b.At, b.Anchor, b.Shift = percent(x1), "start", 5
	case x1-x0 >= need:
		b.At, b.Anchor, b.Shift, b.Class = percent(x1), "end", -5, b.Class+" within"
	case x0-before >= need:
		b.At, b.Anchor, b.Shift = percent(x0), "end", -5
	default:
		b.Text = ""
	}
}

// mark is a line across the lanes with a text at its end.
func (d *drawing) mark(x float64, text string, from, until int) drawnTick {
	t := drawnTick{X: percent(x), Text: text, Anchor: "middle", Y: from, Y2: until}
	switch {
	case x < 0.12:
		t.Anchor = "start"
	case x > 0.88:
		t.Anchor = "end"
	}
	return t
}

// hairline is as wide as a bar is at least, for what took no time.
const hairline = 0.002

func percent(x float64) string { return fmt.Sprintf("%.2f%%", 100*max(0, min(1, x))) }

// cut shortens a text that is longer than so many letters.
func cut(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}
