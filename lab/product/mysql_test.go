//go:build lab

package product_test

import (
	"testing"

	"kea-lockstep/lab"
)

// TestOnMySQL is the main job where the servers share Oracle's MySQL, spoken to by MariaDB's client programs and library, as Debian's
// Kea does.
func TestOnMySQL(t *testing.T) { fleetOfThree(t, lab.OracleMySQL) }
