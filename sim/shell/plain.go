package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// plain gives a word that needs no more than its variables' values: nearly every word of a script, and hundreds of servers run
// scripts each second. It is false for all others, which the library expands: those that can become several fields or none, name
// files by a pattern, or do more with a variable than take its value.
func (s *Shell) plain(w *syntax.Word) (string, bool) {
	text, ok := together(w.Parts, s.plainPart)
	return text, ok && len(w.Parts) > 0
}

// together is the text of all parts; most often there is one.
func together(parts []syntax.WordPart, text func(syntax.WordPart) (string, bool)) (string, bool) {
	if len(parts) == 1 {
		return text(parts[0])
	}
	var b strings.Builder
	for _, part := range parts {
		one, ok := text(part)
		if !ok {
			return "", false
		}
		b.WriteString(one)
	}
	return b.String(), true
}

// special are the characters that mean more than themselves outside of quotes, in patterns or in front of a word.
const special = "\\*?[]{}~!"

func (s *Shell) plainPart(part syntax.WordPart) (string, bool) {
	switch p := part.(type) {
	case *syntax.Lit:
		return p.Value, !strings.ContainsAny(p.Value, special)
	case *syntax.SglQuoted:
		return p.Value, !p.Dollar
	case *syntax.ParamExp:
		value, ok := s.plainValue(p)
		return value, ok && value != "" && !strings.ContainsAny(value, special+s.vars["IFS"].value)
	case *syntax.DblQuoted:
		if p.Dollar {
			return "", false
		}
		return together(p.Parts, s.plainQuoted)
	}
	return "", false
}

func (s *Shell) plainQuoted(part syntax.WordPart) (string, bool) {
	switch p := part.(type) {
	case *syntax.Lit:
		return p.Value, !strings.Contains(p.Value, `\`)
	case *syntax.ParamExp:
		return s.plainValue(p)
	}
	return "", false
}

// plainValue is that of "$name" or "${name}", where it is set.
func (s *Shell) plainValue(p *syntax.ParamExp) (string, bool) {
	if p.Param == nil || p.Excl || p.Length || p.Width || p.Index != nil || p.Slice != nil || p.Repl != nil || p.Names != 0 || p.Exp != nil {
		return "", false
	}
	v, ok := s.vars[p.Param.Value]
	return v.value, ok
}
