-- 400 leases and 40 reservations of one subnet (id 1, 10.99.0.0/16): enough that losing one is seen.
INSERT INTO lease4 (address, hwaddr, client_id, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state)
SELECT inet '10.99.1.0' - inet '0.0.0.0' + seq, decode('0200005e' || lpad(to_hex(seq), 4, '0'), 'hex'), NULL, 315360000,
	now() + interval '3650 days', 1, false, false, 'client-' || seq, 0
FROM generate_series(1, 400) AS seq;
INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, hostname)
SELECT decode('0200005f' || lpad(to_hex(seq), 4, '0'), 'hex'), 0, 1, inet '10.99.100.0' - inet '0.0.0.0' + seq, 'reserved-' || seq
FROM generate_series(1, 40) AS seq;
