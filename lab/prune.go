//go:build lab

package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// PruneBases removes the bases that neither the present recipe makes nor any fleet that is up stands on, and returns them.
// The packages that were downloaded stay.
func PruneBases() ([]string, error) {
	current, err := recipeHash()
	if err != nil {
		return nil, err
	}
	now := Base{Dir: filepath.Join(CacheDir(), "base-"+current)}
	used := map[string]bool{now.Dir: true}
	for version := range olderSuites {
		if older, err := olderBase(now, version); err == nil {
			used[older.Dir] = true
		}
	}
	var removed []string
	// A fleet is given its base under the state's lock, a base is made under the cache's.
	err = withLock(filepath.Join(CacheDir(), "lock"), func() error {
		return withLock(filepath.Join(StateDir(), "lock"), func() error {
			fleets, err := All()
			if err != nil {
				return err
			}
			for _, f := range fleets {
				used[f.Base], used[f.KeaBase], used[f.DBBase], used[f.LastKea] = true, true, true, true
				used[Base{Dir: f.Base}.under()] = true
			}
			bases, err := filepath.Glob(filepath.Join(CacheDir(), "base-*"))
			if err != nil {
				return err
			}
			for _, base := range bases {
				if used[base] || strings.HasPrefix(base, filepath.Join(CacheDir(), "base-"+current)+"-") {
					continue
				}
				if err := os.RemoveAll(base); err != nil {
					return fmt.Errorf("removing an old base: %w", err)
				}
				removed = append(removed, base)
			}
			return nil
		})
	})
	return removed, err
}
