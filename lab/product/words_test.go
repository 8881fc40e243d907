//go:build lab

package product_test

import (
	"regexp"
	"slices"
	"strings"

	"kea-lockstep/lab/product"
)

func (s *struck) expect(what string, out product.Output, codes []int, says []string) {
	s.Helper()
	if !slices.Contains(codes, out.Code) {
		s.Errorf("%s: exit %d, want %v\n%s", what, out.Code, codes, out.Stderr)
	}
	for _, text := range says {
		if !strings.Contains(out.Stderr, text) {
			s.Errorf("%s: it does not say %q", what, text)
		}
	}
}

// endings are what every drive says that ends with a code, whatever it met: how it ended, where the fleet stands, and what to type.
var endings = map[int][]string{
	0:   {"kea-lockstep: done: "},
	3:   {"nothing was changed"},
	4:   {"before the point of no return", "  now ", "  next ", "kea-lockstep resume"},
	5:   {"after the point of no return", "  now ", "  next ", "kea-lockstep r"}, // resume, or rollback
	6:   {"kea-lockstep "},
	7:   {": the old state serves again", "  next ", "kea-lockstep check"},
	130: {"nothing was changed"},
}

// colour is what a terminal is told of colours.
var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// complete wants that a drive which ended by itself said all that its operator needs.
func (s *struck) complete(command string, out product.Output) {
	s.Helper()
	if !slices.Contains([]string{"upgrade", "resume", "rollback"}, command) {
		return
	}
	said := colour.ReplaceAllString(out.Stderr, "")
	for _, text := range endings[out.Code] {
		if !strings.Contains(said, text) {
			s.Errorf("%s: exit %d, and it does not say %q", command, out.Code, text)
		}
	}
}

// plain wants that nothing which a terminal would obey was passed on.
func (s *struck) plain(what string, out product.Output) {
	s.Helper()
	if strings.ContainsFunc(out.Stderr, func(r rune) bool { return r == '\x1b' || r == '\ufffd' || r < ' ' && r != '\n' && r != '\t' }) {
		s.Errorf("%s: control characters or broken text on stderr: %q", what, out.Stderr)
	}
}
