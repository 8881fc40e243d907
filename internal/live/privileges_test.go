package live

import (
	"testing"

	"kea-lockstep/dbcheck"
)

// What is lacking on one thing is granted by one statement; what is no grant stays as it is.
func TestGrantsOnOneThingAreOneStatement(t *testing.T) {
	got := together([]dbcheck.Lack{
		{Privilege: "SELECT", Statement: "GRANT SELECT ON `a%`.* TO 'kea'@'%'"}, {Privilege: "CREATE ROUTINE", Statement: "GRANT CREATE ROUTINE ON `a%`.* TO 'kea'@'%'"},
		{Privilege: "SELECT on mysql.proc", Statement: "GRANT SELECT ON mysql.proc TO 'kea'@'%'"},
		{Privilege: "DROP", Statement: "GRANT DROP ON `a%`.* TO 'kea'@'%'"}, {Privilege: "CREATEDB", Statement: "ALTER ROLE kea CREATEDB"},
	})
	const want = "GRANT SELECT, CREATE ROUTINE, DROP ON `a%`.* TO 'kea'@'%'; GRANT SELECT ON mysql.proc TO 'kea'@'%'; ALTER ROLE kea CREATEDB"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
