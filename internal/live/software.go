package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/internal/kea"
)

// Software asks what is installed on a server.
func (f *Fleet) Software(ctx context.Context, name string) (fleet.Software, error) {
	s, err := f.server(name)
	if err != nil {
		return fleet.Software{}, err
	}
	out, err := f.run(ctx, s, call{action: "software", look: true, timeout: 30 * time.Second})
	if err != nil {
		return fleet.Software{}, err
	}
	book, _ := s.playbook()
	return parseSoftware(name, book.Sources, out)
}

// parseSoftware reads what software.sh prints. Sources are the source packages of Kea.
func parseSoftware(name string, sources []string, out []byte) (fleet.Software, error) {
	found, err := parseSections(out)
	if err != nil {
		return fleet.Software{}, fmt.Errorf("%s: software: %w", name, err)
	}
	s := fleet.Software{Packages: map[string]string{}, Scripts: map[kea.Engine]kea.Schema{}}
	if said, err := kea.ParseVersionOutput(strings.Join(found["binary"], "\n")); err == nil {
		s.Kea = said.Version
	}
	for _, engine := range []kea.Engine{kea.MySQL, kea.PostgreSQL} {
		var names []string
		for _, row := range found.rows("scripts", 2) {
			if row[0] == engine.AdminName() {
				names = append(names, row[1])
			}
		}
		if schema, ok := kea.NewestSchema(names); ok {
			s.Scripts[engine] = schema
		}
	}
	s.HooksDir = found.first("hooks")
	s.Fetched = found["fetched"]
	var half []string
	for _, row := range found.rows("packages", 4) {
		state := row[3]
		if len(state) < 2 || state[1] == 'n' || state[1] == 'c' {
			continue // not there, or its configuration files alone
		}
		if state[1] != 'i' || strings.Contains(state, "R") {
			half = append(half, fmt.Sprintf("%s %s (%s)", row[0], row[1], strings.TrimSpace(state)))
		}
		if slices.Contains(sources, row[2]) {
			s.Packages[row[0]] = row[1]
		}
	}
	if left := found["interrupted"]; len(left) > 0 {
		half = append(half, "a package run was cut off ("+left[0]+")")
	}
	s.Whole = fleet.Affirm("every package is whole")
	if len(half) > 0 {
		s.Whole = fleet.Deny("half done: %s", strings.Join(half, ", "))
	}
	return s, nil
}
