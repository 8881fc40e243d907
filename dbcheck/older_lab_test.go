//go:build lab && variants

package dbcheck

import "testing"

// older is the way from Debian 12's Kea to Debian 13's.
var older = history{made: "2.2.0", by: "2.6.3", from: map[Engine]string{MySQL: "14.0", PostgreSQL: "13.0"}, on: true}

// What TestReferences holds, of a database that is older. It has twice as many statements to cut at.
func TestOlderReferences(t *testing.T) {
	both(t, func(t *testing.T, s *server) { testReference(t, s, older) })
}

// What TestKilledMigration holds, of a database that is older.
func TestKilledOlderMigration(t *testing.T) {
	both(t, func(t *testing.T, s *server) { testKilled(t, s, older) })
}
