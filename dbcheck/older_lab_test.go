//go:build lab && variants

package dbcheck

import (
	"slices"
	"testing"
)

// older are the ways of databases that are older than Debian 13's: in steps, and in one go.
var older = []history{
	{made: "2.2.0", by: "2.6.3", from: map[Engine]string{MySQL: "14.0", PostgreSQL: "13.0"}, on: true},
	{made: "2.2.0", by: "3.0.3", from: map[Engine]string{MySQL: "14.0", PostgreSQL: "13.0"}, on: true},
	{made: "2.6.1", by: "3.0.3", from: map[Engine]string{MySQL: "22.1", PostgreSQL: "22.1"},
		fed: map[Engine]string{MySQL: "22.2", PostgreSQL: "22.2"}, on: true},
}

// between are ways that begin in the middle of one of those.
var between = []history{
	{made: "2.4.1", by: "2.6.3", fed: map[Engine]string{MySQL: "22.2", PostgreSQL: "22.2"}},
	{made: "2.4.1", by: "3.0.3", fed: map[Engine]string{MySQL: "22.2", PostgreSQL: "22.2"}},
	{made: "2.6.0", by: "3.0.3", fed: map[Engine]string{MySQL: "22.2", PostgreSQL: "22.2"}},
}

// What TestReferences holds, of databases that are older. They have twice as many statements to cut at, and more.
func TestOlderReferences(t *testing.T) {
	for _, w := range older {
		t.Run(w.String(), func(t *testing.T) { both(t, func(t *testing.T, s *server) { testReference(t, s, w) }) })
	}
}

// What TestKilledMigration holds, of databases that are older.
func TestKilledOlderMigration(t *testing.T) {
	for _, w := range slices.Concat(older, between) {
		t.Run(w.String(), func(t *testing.T) { both(t, func(t *testing.T, s *server) { testKilled(t, s, w) }) })
	}
}
