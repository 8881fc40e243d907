//go:build lab

package product_test

import (
	"testing"

	"kea-lockstep/lab"
	"kea-lockstep/lab/labtest"
	"kea-lockstep/lab/product"
)

// TestOnMySQL is the main job where the servers share Oracle's MySQL, spoken to by MariaDB's client programs and library, as Debian's
// Kea does.
func TestOnMySQL(t *testing.T) { fleetOfThree(t, lab.OracleMySQL) }

// TestRefusedOnMySQL: what MySQL asks of an operator, and MariaDB does not.
func TestRefusedOnMySQL(t *testing.T) {
	f := labtest.Up(t, lab.Spec{Servers: 2, Engine: lab.OracleMySQL})
	report := watched(t, f, func() {
		for _, r := range []refusal{
			{
				name: "a certificate that MariaDB's programs on k2 do not take",
				spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
					labtest.Must(t, f, "k2", "mv /"+lab.UnverifiedConfig+" /root/kept.cnf")
				},
				mend: func(t *testing.T, f *lab.Fleet) { labtest.Must(t, f, "k2", "mv /root/kept.cnf /"+lab.UnverifiedConfig) },
				says: []string{"k2's own client does not get into kea", "as kea: ", "as kea_admin: ", "certificate"}, next: "skip-ssl-verify-server-cert",
			},
			{
				name: "a binary log, and creators of functions who are not trusted",
				spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
					mustSQL(t, f, "SET GLOBAL log_bin_trust_function_creators = 0;")
				},
				mend: func(t *testing.T, f *lab.Fleet) { mustSQL(t, f, "SET GLOBAL log_bin_trust_function_creators = 1;") },
				says: []string{"lacks log_bin_trust_function_creators"}, next: "SET GLOBAL log_bin_trust_function_creators = 1",
			},
			{
				name: "routines of another definer, whose text Kea's account may not read, nor the administrator's",
				spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
					mustSQL(t, f, "REVOKE SHOW_ROUTINE ON *.* FROM 'kea_admin'@'%'; CREATE DEFINER = 'root'@'localhost' FUNCTION kea.others() RETURNS INT DETERMINISTIC RETURN 1;")
				},
				mend: func(t *testing.T, f *lab.Fleet) {
					mustSQL(t, f, "GRANT SHOW_ROUTINE ON *.* TO 'kea_admin'@'%'; DROP FUNCTION kea.others;")
				},
				says: []string{"lacks SHOW_ROUTINE"}, next: "GRANT SHOW_ROUTINE ON *.* TO",
			},
			{
				name: "a routine of root's, which the administrator's account may not put back",
				spoil: func(t *testing.T, f *lab.Fleet, _ *product.Tool) {
					mustSQL(t, f, "CREATE DEFINER = 'root'@'localhost' PROCEDURE kea.others() BEGIN END;")
				},
				mend: func(t *testing.T, f *lab.Fleet) { mustSQL(t, f, "DROP PROCEDURE kea.others;") },
				says: []string{"kea_admin@% lacks SYSTEM_USER"}, next: "GRANT SYSTEM_USER ON *.* TO 'kea_admin'@'%'",
			},
		} {
			t.Run(r.name, func(t *testing.T) { r.refused(t, f) })
		}
	})
	undisturbed(t, f, report)
	restsAt(t, f, "2.6.3")
}
