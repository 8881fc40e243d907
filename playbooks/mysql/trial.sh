# Lets the kea-admin of unpacked packages migrate a scratch database. It shows the password in the arguments of the programs that it runs,
# as in a run. In: password, scratch, extra (more options of kea-admin). Needs client.sh, scratch.sh, beside.sh and steps.sh.
database=$scratch
is "SELECT DATABASE(), CONCAT(version, '.', minor) FROM schema_version;"
ahead mysql
# shellcheck disable=SC2086 # a list of options
KEA_ADMIN_DB_PASSWORD=$password unshare --mount sh -c "$inside" sh "$scripts" "$today" kea-admin db-upgrade mysql -h "$host" -P "$port" \
	-u "$user" -n "$scratch" -x "--init-command=SET@@lock_wait_timeout=60" ${steps:+-d "$steps"} $extra
