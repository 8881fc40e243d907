# Lets the installed kea-admin migrate the database. What nobody may have changed since the run last looked is asked once more.
# In: before, between (schema versions on the way, apart by blanks), ours (sessions of this run, and those that may stay, apart by
# commas), allowed (clients that may stay connected, user@address apart by commas, in hexadecimal), extra (more options of
# kea-admin). Needs client.sh and going.sh.
set -eu
seen=$(
	ask <<END
SELECT version || '.' || minor FROM schema_version;
SELECT 'session ' || pid || ' of ' || usename || '@' || coalesce(host(client_addr), '(hidden, or a local socket)') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
AND pid <> ALL (string_to_array('$ours', ',')::int[])
AND usename || '@' || coalesce(host(client_addr), '') <> ALL (string_to_array(convert_from(decode('$allowed', 'hex'), 'UTF8'), ','));
END
)
going "$seen"
# Before 2.7.2 kea-admin gives its scripts no port: they find it in the environment.
KEA_ADMIN_DB_PASSWORD=$password
export KEA_ADMIN_DB_PASSWORD
# shellcheck disable=SC2086 # a list of options
speak kea-admin db-upgrade pgsql -h "$host" -P "$port" -u "$user" -n "$database" $extra
