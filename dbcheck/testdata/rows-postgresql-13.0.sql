-- Rows that the steps from 13.0 on change, and some that they must not.
SELECT set_config('kea.disable_audit', 'true', false);
INSERT INTO dhcp4_global_parameter (name, value, parameter_type, modification_ts) VALUES
  ('control-socket.socket-name', '/run/kea/s', 4, '2026-01-01 00:00:00'),
  ('ddns-use-conflict-resolution', '1', 2, '2026-01-01 00:00:00'),
  ('dhcp-ddns.qualifying-suffix', 'example.org', 4, '2026-01-01 00:00:00'),
  ('reservation-mode', 'out-of-pool', 4, '2026-01-01 00:00:00'),
  ('valid-lifetime', '600', 0, '2026-01-01 00:00:00');
INSERT INTO dhcp6_global_parameter (name, value, parameter_type, modification_ts) VALUES
  ('control-socket.socket-name', '/run/kea/s', 4, '2026-01-01 00:00:00'),
  ('ddns-use-conflict-resolution', '0', 2, '2026-01-01 00:00:00'),
  ('reservation-mode', 'disabled', 4, '2026-01-01 00:00:00');
INSERT INTO dhcp4_shared_network (name, client_class, modification_ts) VALUES ('net', 'foo', '2026-01-01 00:00:00');
INSERT INTO dhcp4_subnet (subnet_id, subnet_prefix, client_class, require_client_classes, modification_ts) VALUES
  (1, '192.0.2.0/24', 'foo', '[ "bar" ]', '2026-01-01 00:00:00'), (2, '198.51.100.0/24', NULL, NULL, '2026-01-01 00:00:00');
INSERT INTO dhcp4_pool (start_address, end_address, subnet_id, client_class, modification_ts) VALUES
  ('192.0.2.10', '192.0.2.20', 1, 'foo', '2026-01-01 00:00:00');
INSERT INTO dhcp6_shared_network (name, client_class, modification_ts) VALUES ('net', 'foo', '2026-01-01 00:00:00');
INSERT INTO dhcp6_subnet (subnet_id, subnet_prefix, client_class, modification_ts) VALUES (1, '2001:db8::/64', 'foo', '2026-01-01 00:00:00');
INSERT INTO dhcp4_option_def (code, name, space, type, record_types, is_array, encapsulate, modification_ts) VALUES
  (222, 'rec', 'dhcp4', 17, '[ 1, 2 ]', false, '', '2026-01-01 00:00:00'), (223, 'text', 'dhcp4', 13, NULL, false, '', '2026-01-01 00:00:00');
INSERT INTO hosts (host_id, dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id) VALUES (1, '\x010203040506', 0, 1);
INSERT INTO ipv6_reservations (address, prefix_len, type, host_id) VALUES ('2001:db8::5', 128, 0, 1), ('2001:db8:1::', 48, 2, 1);
INSERT INTO lease4 (address, hwaddr, valid_lifetime, expire, subnet_id, state, user_context) VALUES
  (3221225994, '\x010203040506', 600, '2027-01-01 00:00:00+00', 1, 0, '{"ISC":{"client-classes":["ALL","foo"]}}'),
  (3221225995, '\x010203040507', 600, '2027-01-01 00:00:00+00', 1, 1, NULL);
INSERT INTO lease6 (address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, state) VALUES
  ('2001:db8::10', '\x000102', 600, '2027-01-01 00:00:00+00', 1, 300, 0, 1, 128, 0),
  ('2001:db8::11', '\x00', 600, '2027-01-01 00:00:00+00', 1, 300, 0, 1, 128, 1);
SELECT set_config('kea.disable_audit', 'false', false);
