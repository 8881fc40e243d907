package view

import (
	"strings"

	"kea-lockstep/orchestrator"
)

// Unasked shows a question that --yes answers, with what the answer rests on.
func Unasked(q orchestrator.Question, on Paper) string {
	p := NewPage(on)
	p.asked(q)
	p.line(plain, "  --yes answers it")
	return p.String()
}

func (p *Page) asked(q orchestrator.Question) {
	p.blank()
	p.line(bold, "  %s", q.Text)
	for _, saw := range q.Saw {
		p.line(plain, "      %s", saw)
	}
}

// Question shows a question of the procedure with what the answer should rest on, and what can be typed. The cursor stays behind it.
func Question(q orchestrator.Question, again bool, on Paper) string {
	p := NewPage(on)
	if !again {
		p.asked(q)
	}
	hint := "[y/N]"
	if q.Word != "" {
		hint = "type " + q.Word + " to go on, or n:"
	}
	p.line(plain, "  %s", hint)
	return strings.TrimRight(p.String(), "\n") + " "
}
