package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	ufcli "github.com/urfave/cli/v2"

	"kea-lockstep/internal/kea"
	"kea-lockstep/internal/view"
	"kea-lockstep/orchestrator"
)

// rehearsals is the directory, beside the journals, of what rehearsals found.
func (p *program) rehearsals(c *ufcli.Context) (string, error) {
	s, err := p.store(c)
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(s.dir), "rehearsals"), s.Close()
}

// keep writes down what a rehearsal found: the next plan takes its estimates from it.
func keep(dir string, out orchestrator.Rehearsed) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keeping what the rehearsal found: %w", err)
	}
	return save(filepath.Join(dir, string(out.ID)+".json"), view.Rehearsal(out))
}

// measured gives what the newest rehearsal of a fleet to a target measured; nothing where there is none. What cannot be read is passed
// over: estimates are no ground for anything.
func (p *program) measured(c *ufcli.Context, path string, target kea.Version) orchestrator.Measurements {
	dir, err := p.rehearsals(c)
	if err != nil {
		return orchestrator.Measurements{}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return orchestrator.Measurements{}
	}
	for _, e := range slices.Backward(entries) { // by name: the newest is the last
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		if r, err := view.ReadRehearsal(text); err == nil && r.Fleet == path && r.Target == target && len(r.Measured().Of) > 0 {
			return r.Measured()
		}
	}
	return orchestrator.Measurements{}
}
