# Lets the kea-admin of unpacked packages migrate a scratch database. In: scratch, extra (more options of kea-admin). Needs client.sh,
# scratch.sh, beside.sh and steps.sh.
database=$scratch
is "SELECT current_database(), version || '.' || minor FROM schema_version;"
ahead pgsql
KEA_ADMIN_DB_PASSWORD=$password
export KEA_ADMIN_DB_PASSWORD
# shellcheck disable=SC2086 # a list of options
speak unshare --mount sh -c "$inside" sh "$scripts" "$today" kea-admin db-upgrade pgsql -h "$host" -P "$port" -u "$user" -n "$scratch" \
	${steps:+-d "$steps"} $extra
