//go:build lab

package lab

import (
	"context"
	"fmt"
	"strings"
)

// addLeases puts so many leases more into lease4, and so many into lease6, as a Kea does that gave them: Kea's own triggers make the
// statistics of them. An IPv6 address is text up to MySQL's schema 18 and PostgreSQL's 17. With 20 million
// IPv4 addresses from 10.100.0.0 on, none is one of the fleet's clients'.
var addLeases = map[Engine]string{
	MySQL: `SET SESSION max_statement_time = 0;
INSERT INTO lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state)
SELECT INET_ATON('10.100.0.0') + seq, UNHEX(LPAD(HEX(seq), 12, '02')), 315360000, DATE_ADD(NOW(), INTERVAL 3650 DAY), 2, 0, 0, CONCAT('many-', seq), 0
FROM seq_0_to_%[1]d WHERE seq > 0;
INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, fqdn_fwd, fqdn_rev, hostname, state)
SELECT %[3]s, UNHEX(LPAD(HEX(seq), 20, '02')), 315360000, DATE_ADD(NOW(), INTERVAL 3650 DAY), 2, 315360000, 0, seq, 128, 0, 0, CONCAT('many-', seq), 0
FROM (SELECT seq, UNHEX(CONCAT('20010DB80002', LPAD(HEX(seq), 20, '0'))) AS at FROM seq_0_to_%[2]d WHERE seq > 0) AS made;`,
	// In pieces: within one transaction every lease would leave a version of its subnet's row of statistics, which each next one reads past.
	PostgreSQL: `DO $$
DECLARE piece int := 10000;
BEGIN
FOR done IN 0..%[1]d - 1 BY piece LOOP
INSERT INTO lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state)
SELECT inet '10.100.0.0' - inet '0.0.0.0' + seq, decode(lpad(to_hex(seq), 12, '02'), 'hex'), 315360000, now() + interval '3650 days', 2, false, false, 'many-' || seq, 0
FROM generate_series(done + 1, least(done + piece, %[1]d)) AS seq;
COMMIT;
END LOOP;
FOR done IN 0..%[2]d - 1 BY piece LOOP
INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, fqdn_fwd, fqdn_rev, hostname, state)
SELECT %[3]s, decode(lpad(to_hex(seq), 20, '02'), 'hex'), 315360000, now() + interval '3650 days', 2, 315360000, 0, seq, 128, false, false, 'many-' || seq, 0
FROM (SELECT seq, inet '2001:db8:2::' + seq AS at FROM generate_series(done + 1, least(done + piece, %[2]d)) AS seq) AS made;
COMMIT;
END LOOP;
END $$;`,
}

// AddLeases puts so many leases more into the tables for IPv4 and IPv6, behind the servers' back: they are of a subnet that these
// do not have. It takes some 10 s for 100,000 of each.
func (f *Fleet) AddLeases(ctx context.Context, v4, v6 int) error {
	is, err := f.Contents(ctx)
	if err != nil {
		return err
	}
	var schema int
	if _, err := fmt.Sscanf(is.Schema, "%d.", &schema); err != nil {
		return fmt.Errorf("reading the schema %q: %w", is.Schema, err)
	}
	address := "at"
	switch {
	case f.Engine == MySQL && schema < 19:
		address = "INET6_NTOA(at)"
	case f.Engine == PostgreSQL && schema < 18:
		address = "host(at)"
	}
	if _, err := f.SQL(ctx, fmt.Sprintf(addLeases[f.Engine], v4, v6, address)); err != nil {
		return fmt.Errorf("adding leases: %w", err)
	}
	f.Added += v4
	return f.save()
}

// leaseSums asks for what is in the lease tables, whatever the schema writes it as.
var leaseSums = map[Engine][]string{
	MySQL: {
		"SELECT COUNT(*), SUM(CRC32(CONCAT_WS('|', address, HEX(hwaddr), UNIX_TIMESTAMP(expire), hostname, state))) FROM lease4;",
		"SELECT COUNT(*), SUM(CRC32(CONCAT_WS('|', COALESCE(HEX(INET6_ATON(address)), HEX(address)), HEX(duid), UNIX_TIMESTAMP(expire), hostname, state))) FROM lease6;",
	},
	PostgreSQL: {
		"SELECT COUNT(*), SUM(hashtext(concat_ws('|', address, encode(hwaddr, 'hex'), extract(epoch FROM expire), hostname, state))) FROM lease4;",
		"SELECT COUNT(*), SUM(hashtext(concat_ws('|', host(address::inet), encode(duid, 'hex'), extract(epoch FROM expire), hostname, state))) FROM lease6;",
	},
}

// LeaseSums is the same as long as no lease of either kind is lost, made or changed, over every migration.
func (f *Fleet) LeaseSums(ctx context.Context) (string, error) {
	out, err := f.SQL(ctx, strings.Join(leaseSums[f.Engine], "\n"))
	return strings.ReplaceAll(out, "\n", "; "), err
}
