# Finds who else is in the database. In: ours (sessions of this run, and those that may stay, apart by commas), allowed (clients
# that may stay connected, user@address apart by commas, in hexadecimal), look (what a kea-lockstep says of itself that only looks).

# others: the statement that asks for every other session.
others() {
	cat <<END
SELECT 'session ' || pid || ' of ' || usename || '@' || coalesce(host(client_addr), '(hidden, or a local socket)') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
AND pid <> ALL (string_to_array('$ours', ',')::int[]) AND application_name IS DISTINCT FROM '$look'
AND usename || '@' || coalesce(host(client_addr), '') <> ALL (string_to_array(convert_from(decode('$allowed', 'hex'), 'UTF8'), ','));
END
}
