# Lets the installed kea-admin migrate the database. What nobody may have changed since the run last looked is asked once more.
# In: before, between (schema versions on the way, apart by blanks), extra (more options of kea-admin),
# named (the database as an argument of PostgreSQL's programs). Needs client.sh,
# others.sh, going.sh and steps.sh.
set -eu
going "SELECT version || '.' || minor FROM schema_version;"
ahead pgsql
# Before 2.7.2 kea-admin gives its scripts no port: they find it in the environment.
KEA_ADMIN_DB_PASSWORD=$password
export KEA_ADMIN_DB_PASSWORD
# shellcheck disable=SC2086 # a list of options
speak kea-admin db-upgrade pgsql -h "$host" -P "$port" -u "$user" -n "$named" ${steps:+-d "$steps"} $extra
