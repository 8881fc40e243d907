package host

import (
	"fmt"
	"regexp"
	"strings"

	"kea-lockstep/sim/shell"
)

// edit is one command of sed: "s" or "d", with the lines that it is about.
type edit struct {
	only    *regexp.Regexp // the lines; nil: all
	until   bool           // and all before the first of them
	onward  bool           // and all after the first of them
	met     bool           // the first of them has come
	remove  bool
	pattern *regexp.Regexp
	with    string
	all     bool // every place of the line
	print   bool
}

// sed knows s with g and p, and d, behind /REGEX/; d behind 1,/REGEX/ and /REGEX/,$ too.
func (h *Host) sed(c *shell.Call) int {
	quiet := false
	var edits []edit
	rest := c.Args[1:]
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
		switch {
		case rest[0] == "-n":
			quiet = true
			rest = rest[1:]
		case rest[0] == "-e" && len(rest) > 1:
			more, err := parseEdits(rest[1])
			if err != nil {
				return c.Fail(2, "%v", err)
			}
			edits = append(edits, more...)
			rest = rest[2:]
		default:
			return c.Unknown("the option " + rest[0])
		}
	}
	if len(edits) == 0 && len(rest) > 0 {
		var err error
		if edits, err = parseEdits(rest[0]); err != nil {
			return c.Fail(2, "%v", err)
		}
		rest = rest[1:]
	}
	text, err := h.input(c, rest)
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	for line := range strings.Lines(string(text)) {
		line, newline := strings.CutSuffix(line, "\n")
		shown, kept := apply(edits, line, func(line string) { fmt.Fprintln(c.Out(), line) })
		if kept && !quiet {
			fmt.Fprint(c.Out(), shown)
			if newline {
				fmt.Fprintln(c.Out())
			}
		}
	}
	return 0
}

func apply(edits []edit, line string, print func(string)) (shown string, kept bool) {
	for i := range edits {
		e := &edits[i]
		switch {
		case !e.about(line):
		case e.remove:
			return "", false
		case e.pattern.MatchString(line):
			line = e.replace(line)
			if e.print {
				print(line)
			}
		}
	}
	return line, true
}

// about reports whether the edit is about the next line.
func (e *edit) about(line string) bool {
	if e.only == nil {
		return true
	}
	before, is := e.met, e.only.MatchString(line)
	e.met = before || is
	return e.until && !before || e.onward && before || is && !e.until
}

func (e edit) replace(line string) string {
	if e.all {
		return e.pattern.ReplaceAllString(line, e.with)
	}
	at := e.pattern.FindStringSubmatchIndex(line)
	return line[:at[0]] + string(e.pattern.ExpandString(nil, e.with, line, at)) + line[at[1]:]
}

// parseEdits reads commands apart by semicolons.
func parseEdits(s string) ([]edit, error) {
	var all []edit
	for s = strings.TrimLeft(s, " ;"); s != ""; s = strings.TrimLeft(s, " ;") {
		var e edit
		var err error
		if strings.HasPrefix(s, "1,/") {
			e.until, s = true, s[2:]
		}
		if s[0] == '/' {
			source, rest, ok := until(s[1:], '/')
			if !ok {
				return nil, fmt.Errorf("an address without end: %s", s)
			}
			if e.only, err = regexp.Compile(basic(source)); err != nil {
				return nil, err
			}
			s = rest
		}
		if strings.HasPrefix(s, ",$") {
			e.onward, s = true, s[2:]
		}
		switch {
		case strings.HasPrefix(s, "d"):
			e.remove = true
			s = s[1:]
		case strings.HasPrefix(s, "s") && len(s) > 1:
			source, rest, one := until(s[2:], s[1])
			with, flags, two := until(rest, s[1])
			if !one || !two {
				return nil, fmt.Errorf("a replacement without end: %s", s)
			}
			if e.pattern, err = regexp.Compile(basic(source)); err != nil {
				return nil, err
			}
			e.with = replacement(with)
			for s = flags; s != "" && (s[0] == 'g' || s[0] == 'p'); s = s[1:] {
				e.all, e.print = e.all || s[0] == 'g', e.print || s[0] == 'p'
			}
		default:
			return nil, fmt.Errorf("the simulator does not know the command %s", s)
		}
		all = append(all, e)
	}
	return all, nil
}

func until(s string, end byte) (before, rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case end:
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}

// replacement writes sed's \1 as Go's ${1}.
func replacement(s string) string {
	s = strings.ReplaceAll(s, "$", "$$")
	for n := range 10 {
		s = strings.ReplaceAll(s, fmt.Sprintf(`\%d`, n), fmt.Sprintf("${%d}", n))
	}
	return s
}
