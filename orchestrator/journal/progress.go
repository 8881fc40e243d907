package journal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kea-lockstep/internal/kea"
)

// Progress is the data of StepProgress: which of its steps a migration is at.
type Progress struct {
	From   kea.Schema `json:"from"` // what this attempt found
	To     kea.Schema `json:"to"`
	Number int        `json:"number"` // of the step at work, from 1
	Of     int        `json:"of"`
	At     kea.Schema `json:"at"`   // where the step begins
	Next   kea.Schema `json:"next"` // where it leads to
}

// Along is a migration's progress on its way, which begins with the schema that it found, at the step with that number from 1.
func Along(way []kea.Schema, number int) Progress {
	return Progress{From: way[0], To: way[len(way)-1], Number: number, Of: len(way) - 1, At: way[number-1], Next: way[number]}
}

// String is "22.2 -> 30.0: step 5 of 8 (26.0 to 27.0)".
func (p Progress) String() string {
	return fmt.Sprintf("%s -> %s: step %d of %d (%s to %s)", p.From, p.To, p.Number, p.Of, p.At, p.Next)
}

// Migrating is how far the newest attempt of a migration got that was not seen to arrive.
type Migrating struct {
	Progress
	Began time.Time `json:"began"`          // the attempt
	Since time.Time `json:"since"`          // its step was first heard of
	Ended time.Time `json:"ended,omitzero"` // the attempt, badly
}

// migrating gives how far the newest attempt of a database's migration got, or nil where it arrived or never said.
func (g GroupStatus) migrating(d DatabaseStatus) *Migrating {
	s := g.Steps[g.migration(d)]
	if s.Progress == nil || s.Done || !g.PastReturn {
		return nil
	}
	return &Migrating{Progress: *s.Progress, Began: s.Began, Since: s.Moved, Ended: s.Ended}
}

// migration is the identity of the step that migrates a database, where that was ever begun.
func (g GroupStatus) migration(d DatabaseStatus) string {
	for id, s := range g.Steps {
		if strings.HasPrefix(id, KindMigrate+"-") && strings.HasSuffix(id, "-"+d.Label) && s.Attempt > 0 {
			return id
		}
	}
	return ""
}

// MigrationBegun reports whether a migration of the database was ever begun.
func (g GroupStatus) MigrationBegun(d DatabaseStatus) bool { return g.migration(d) != "" }

// withMigrations gives databases with how far the migrations under way got.
func withMigrations(bases []DatabaseStatus, groups []GroupStatus) []DatabaseStatus {
	all := append([]DatabaseStatus{}, bases...)
	for i := range all {
		if at := slices.IndexFunc(groups, func(g GroupStatus) bool { return g.ID == all[i].Group }); at >= 0 {
			all[i].Migration = groups[at].migrating(all[i])
		}
	}
	return all
}
