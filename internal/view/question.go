package view

import (
	"strings"

	"kea-lockstep/orchestrator"
)

// Question shows a question of the procedure with what the answer should rest on, and what can be typed. The cursor stays behind it.
func Question(q orchestrator.Question, again, colour bool) string {
	p := NewPage(colour)
	if !again {
		p.blank()
		p.line(bold, "  %s", q.Text)
		for _, saw := range q.Saw {
			p.line(plain, "      %s", saw)
		}
	}
	hint := "[y/N]"
	if q.Word != "" {
		hint = "type " + q.Word + " to go on, or n:"
	}
	p.line(plain, "  %s", hint)
	return strings.TrimRight(p.String(), "\n") + " "
}
