package world

import (
	"fmt"
	"hash/fnv"

	"kea-lockstep/internal/fleet"
)

// State is a fingerprint of everything that matters: what runs, is installed, configured, fenced and claimed, which jobs run, and what each
// database is. Moments that differ in counters, pids and times alone are one state.
func (w *World) State() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	sum := fnv.New64a()
	for _, s := range w.servers {
		fmt.Fprint(sum, s.away, s.installed.pkg, s.half, len(s.config), s.staged != "", s.claim.Run, s.claim.Epoch, len(s.admins))
		for _, u := range s.units {
			fmt.Fprint(sum, u.masked, u.fence, u.active)
		}
		for _, p := range s.processes {
			fmt.Fprint(sum, p.unit, p.version)
		}
		running := uint64(0)
		for key, j := range s.jobs {
			if j.state == fleet.JobRunning {
				one := fnv.New64a()
				fmt.Fprint(one, key)
				running ^= one.Sum64() // in any order
			}
		}
		fmt.Fprint(sum, running)
	}
	for _, d := range w.databases {
		fmt.Fprint(sum, d.schema, d.torn, d.away, d.locked != "", len(d.strangers), len(d.dumps))
	}
	return sum.Sum64()
}
