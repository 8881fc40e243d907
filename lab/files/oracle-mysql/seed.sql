-- 400 leases and 40 reservations of one subnet (id 1, 10.99.0.0/16): enough that losing one is seen.
SET @kea_now = NOW();
INSERT INTO lease4 (address, hwaddr, client_id, valid_lifetime, expire, subnet_id, fqdn_fwd, fqdn_rev, hostname, state)
WITH RECURSIVE counted (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM counted WHERE seq < 400)
SELECT INET_ATON('10.99.1.0') + seq, UNHEX(CONCAT('0200005E', LPAD(HEX(seq), 4, '0'))), NULL, 315360000,
	DATE_ADD(@kea_now, INTERVAL 3650 DAY), 1, 0, 0, CONCAT('client-', seq), 0
FROM counted;
INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address, hostname)
WITH RECURSIVE counted (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM counted WHERE seq < 40)
SELECT UNHEX(CONCAT('0200005F', LPAD(HEX(seq), 4, '0'))), 0, 1, INET_ATON('10.99.100.0') + seq, CONCAT('reserved-', seq)
FROM counted;
