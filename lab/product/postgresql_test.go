//go:build lab

package product_test

import (
	"testing"

	"kea-lockstep/lab"
)

// TestFleetOfThreeOnPostgreSQL is the main job where the servers share a PostgreSQL.
func TestFleetOfThreeOnPostgreSQL(t *testing.T) { fleetOfThree(t, lab.PostgreSQL) }
