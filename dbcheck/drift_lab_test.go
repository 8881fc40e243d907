//go:build lab

package dbcheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// drifts are what happens to schemas in the field, and the objects that are named for it. More than Kea made is no drift.
var drifts = map[Engine]map[string][]string{
	MySQL: {
		"DROP INDEX lease4_by_hostname ON lease4":                          {"index lease4.lease4_by_hostname is missing"},
		"ALTER TABLE lease4 MODIFY hostname VARCHAR(64)":                   {"column lease4.hostname is varchar(64), not varchar(255)"},
		"DROP TRIGGER lease4_AINS":                                         {"trigger lease4_AINS is missing"},
		"DROP PROCEDURE lease4_AINS_lease4_stat":                           {"procedure lease4_AINS_lease4_stat is missing"},
		"ALTER TABLE lease4 DROP COLUMN pool_id":                           {"column lease4.pool_id is missing"},
		"DELETE FROM lease_state WHERE state = 2":                          {"rows lease_state"},
		"ALTER TABLE logs ENGINE = MyISAM":                                 {"table logs is myisam, not innodb"},
		"CREATE TABLE site_notes (a INT)":                                  nil,
		"CREATE INDEX mine ON lease4 (valid_lifetime)":                     nil,
		"ALTER TABLE lease4 COMMENT 'mine'":                                nil,
		"ALTER TABLE hosts MODIFY dhcp4_server_hostname VARCHAR(64) FIRST": nil, // where it stands says nothing
		"ALTER TABLE ipv6_reservations DROP FOREIGN KEY fk_ipv6_reservations_Host, ADD CONSTRAINT fk_ipv6_reservations_Host2 FOREIGN KEY (host_id) REFERENCES hosts (host_id)": {
			"foreign key ipv6_reservations.fk_ipv6_reservations_Host is missing"},
	},
	PostgreSQL: {
		"DROP INDEX lease4_by_hostname":                                                    {"index lease4.lease4_by_hostname is missing"},
		"ALTER TABLE lease4 ALTER hostname TYPE VARCHAR(64)":                               {"column lease4.hostname is character varying(64), not character varying(255)"},
		"DROP TRIGGER lease4_ains ON lease4":                                               {"trigger lease4.lease4_ains is missing"},
		"DROP FUNCTION lease4dumpheader()":                                                 {"function lease4dumpheader() is missing"},
		"ALTER TABLE lease4 DROP COLUMN pool_id":                                           {"column lease4.pool_id is missing"},
		"DELETE FROM lease_state WHERE state = 2":                                          {"rows lease_state"},
		"ALTER TABLE ipv6_reservations ALTER address TYPE VARCHAR(39) USING host(address)": {"column ipv6_reservations.address is character varying(39) not null, not inet not null"},
		"CREATE TABLE site_notes (a INT)":                                                  nil,
		"CREATE INDEX mine ON lease4 (valid_lifetime)":                                     nil,
		"COMMENT ON TABLE lease4 IS 'mine'":                                                nil,
		"ALTER TABLE ipv6_reservations DROP CONSTRAINT fk_ipv6_reservations_host, ADD CONSTRAINT fk_ipv6_reservations_host FOREIGN KEY (host_id) REFERENCES hosts (host_id)": {
			"constraint ipv6_reservations.fk_ipv6_reservations_host is"},
	},
}

// A schema whose version is right and that has drifted is known by the objects that it lacks.
func TestDriftIsNamed(t *testing.T) {
	both(t, func(t *testing.T, s *server) {
		known, err := LoadReferences()
		if err != nil {
			t.Fatal(err)
		}
		newKea(t, "2.6.3").init(t, s, "kea")
		again := s.saved(t, "kea")
		n := 0
		for damage, want := range drifts[s.engine] {
			n++
			database := fmt.Sprintf("drift_%d", n)
			again(database)
			s.in(t, database, damage)
			now := s.look(t, database)
			lacking, more, ok := known.Drift(s.engine, now.Version, now.Structure)
			if !ok || len(want) == 0 && len(lacking) != 0 {
				t.Errorf("%s: %v, besides %v", damage, lacking, more)
			}
			for _, text := range want {
				if !slices.ContainsFunc(lacking, func(d Difference) bool { return strings.HasPrefix(d.String(), text) }) {
					t.Errorf("%s: %v lack, not %q", damage, lacking, text)
				}
			}
			s.exec(t, "DROP DATABASE "+database)
		}
	})
}
