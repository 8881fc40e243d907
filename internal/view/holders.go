package view

import (
	"encoding/json"
	"fmt"

	"kea-lockstep/internal/fleet"
	"kea-lockstep/orchestrator"
)

// Holders is who holds what of a fleet.
type Holders struct {
	Markers []Marker `json:"markers"`
	Fences  []Fence  `json:"fences"`
	Locks   []Locked `json:"locks"`
	// Rehearsals are what rehearsals have, or left, on servers and beside databases.
	Rehearsals []orchestrator.Leftover `json:"rehearsals"`
	Unasked    []string                `json:"unasked"` // who could not be asked, and why
}

// Marker is a run's marker on a server.
type Marker struct {
	Server string `json:"server"`
	fleet.Claim
}

// Fence is a run's fence on a unit.
type Fence struct {
	Server string `json:"server"`
	Unit   string `json:"unit"`
	Run    string `json:"run"`
}

// Locked is an advisory lock that somebody holds.
type Locked struct {
	Database string `json:"database"`
	Holder   string `json:"holder"`
}

// Of names a server that the run holds.
func (v Holders) Of(run string) string {
	for _, m := range v.Markers {
		if m.Run == run {
			return m.Server
		}
	}
	return ""
}

// MarshalJSON puts the name of the format first.
func (v Holders) MarshalJSON() ([]byte, error) {
	type bare Holders
	v.Markers, v.Fences, v.Locks, v.Unasked = listed(v.Markers), listed(v.Fences), listed(v.Locks), listed(v.Unasked)
	v.Rehearsals = listed(v.Rehearsals)
	return json.Marshal(struct {
		Format string `json:"format"`
		bare
	}{"kea-lockstep.holders/1", bare(v)})
}

// Text shows a line for everything that is held.
func (v Holders) Text(p *Page) {
	var rows [][]cell
	for _, m := range v.Markers {
		rows = append(rows, cells(m.Server, "marker", fmt.Sprintf("run %s, drive %d, by %s", m.Run, m.Epoch, m.Driver)))
	}
	for _, f := range v.Fences {
		rows = append(rows, cells(f.Server, "fence", fmt.Sprintf("%s, by run %s; kea-lockstep resume %s lifts it", f.Unit, f.Run, f.Run)))
	}
	for _, l := range v.Locks {
		rows = append(rows, cells(l.Database, "lock", l.Holder))
	}
	for _, l := range v.Rehearsals {
		where, what := l.Server, "room of "+l.Rehearsal
		if l.Database != "" {
			where, what = l.Database, "scratch database of "+l.Rehearsal
		}
		state := "left by a dead one"
		if l.Alive {
			state = "its driver lives, or that cannot be told"
		}
		if l.Driver != "" {
			state += ", by " + l.Driver
		}
		rows = append(rows, cells(where, "rehearsal", what+": "+state))
	}
	for _, u := range v.Unasked {
		rows = append(rows, []cell{ct(bad, "not asked"), c(""), c(u)})
	}
	if len(rows) == 0 {
		p.line(plain, "nobody holds this fleet")
	}
	p.table(0, rows...)
}
