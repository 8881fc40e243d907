# Lets the installed kea-admin migrate the database. What nobody may have changed since the run last looked is asked once more.
# kea-admin shows the password in the arguments of the programs that it runs: while it runs, whoever may list the processes of
# this server can read it there. In: password, before, between (schema versions on the way, apart by blanks), extra (more options of
# kea-admin). Needs client.sh, others.sh, going.sh and steps.sh.
set -eu
going "SELECT CONCAT(version, '.', minor) FROM schema_version;"
ahead mysql
# A table that somebody holds must not keep the migration waiting for a day.
# shellcheck disable=SC2086 # a list of options
KEA_ADMIN_DB_PASSWORD=$password kea-admin db-upgrade mysql -h "$host" -P "$port" -u "$user" -n "$database" \
	-x "--init-command=SET@@lock_wait_timeout=60" ${steps:+-d "$steps"} $extra
