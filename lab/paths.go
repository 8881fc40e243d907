//go:build lab

package lab

import (
	"cmp"
	"os"
	"path/filepath"
)

// CacheDir is where base systems and downloaded packages live between runs: KEA_LAB_CACHE, or a directory of the machine.
func CacheDir() string { return cmp.Or(os.Getenv("KEA_LAB_CACHE"), "/var/cache/kea-lockstep-lab") }

// StateDir is where fleets live while they are up: KEA_LAB_STATE, or a directory of the machine.
func StateDir() string { return cmp.Or(os.Getenv("KEA_LAB_STATE"), "/var/lib/kea-lockstep-lab") }

func fleetDir(name string) string { return filepath.Join(StateDir(), "fleets", name) }
