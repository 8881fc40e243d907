package world

import (
	"fmt"

	"kea-lockstep/internal/fleet"
)

// Rest says what of a run is not as it must be once the run is over: every server that ended on the target, or was taken back,
// serves with one release and its own configuration, nothing of the run stands, and each database is whole at what its servers
// expect. A server that the map does not name is not asked.
func (w *World) Rest(run string, target map[string]bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.servers {
		if _, named := target[s.name]; !named {
			continue
		}
		want := w.releases[0]
		if target[s.name] {
			want = w.releases[len(w.releases)-1]
		}
		if err := w.atRest(s, want); err != nil {
			return fmt.Errorf("run %s is over, and %s: %w", run, s.name, err)
		}
	}
	return nil
}

func (w *World) atRest(s *server, want release) error {
	if s.installed != want || s.half {
		return fmt.Errorf("has Kea %s (half installed: %t), not %s", s.installed.version, s.half, want.version)
	}
	if s.config != configText(s.uses, want.version) {
		return fmt.Errorf("has another configuration than Kea %s needs", want.version)
	}
	if s.claim != (fleet.Claim{}) {
		return fmt.Errorf("still has the marker of %s", s.claim.Run)
	}
	for _, u := range s.units {
		if u.masked || u.fence != "" {
			return fmt.Errorf("still has a fence on %s", u.name)
		}
	}
	if len(s.processes) != 1 || s.processes[0].version != want.version {
		return fmt.Errorf("runs %d daemons", len(s.processes))
	}
	for _, d := range s.uses {
		if d.torn || d.schema != s.processes[0].expects(d.engine) {
			return fmt.Errorf("serves from %s at %s (torn: %t)", d.name, d.schema, d.torn)
		}
		if least := max(leases, d.floor); d.leases < least {
			return fmt.Errorf("serves from %s, which has %d leases and had %d", d.name, d.leases, least)
		}
		if d.locked != "" {
			return fmt.Errorf("%s is still locked by %s", d.name, d.locked)
		}
	}
	return nil
}
