//go:build lab

package lab

// The fleet's database accounts. The passwords are distinctive, so that a test can look for them where they must not be:
// in logs, journals, plans and process lists.
const (
	KeaUser         = "kea"
	KeaPassword     = "kea-pw-Zq7vT2mLx9"
	AdminUser       = "kea_admin"
	AdminPassword   = "admin-pw-Hn4wR8cKe3"
	WitnessUser     = "witness"
	WitnessPassword = "witness-pw-Bd6yS1fUa5"
	SudoPassword    = "sudo-pw-Kt5bW8nJe2" // of an operator's account, where a test makes one

	// AdminPasswordVariable is the environment variable that fleet.yaml takes the administrator's password from.
	AdminPasswordVariable = "KEA_LAB_ADMIN_PASSWORD"
)

// What the database holds at first (see each engine's seed.sql in files): nothing of it may ever be lost.
const (
	Leases       = 400
	Reservations = 40
)
