# Lets the installed kea-admin migrate the database. What nobody may have changed since the run last looked is asked once more.
# kea-admin shows the password in the arguments of the programs that it runs: while it runs, whoever may list the processes of
# this server can read it there. In: password, before, between (schema versions on the way, apart by blanks), ours (sessions of
# this run, and those that may stay, apart by commas), allowed (clients that may stay connected, user@address apart by commas, in
# hexadecimal), extra (more options of kea-admin). Needs client.sh and going.sh.
set -eu
seen=$(
	ask <<END
SELECT CONCAT(version, '.', minor) FROM schema_version;
SELECT CONCAT('session ', ID, ' of ', USER, '@', HOST) FROM information_schema.PROCESSLIST
WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND COMMAND <> 'Daemon' AND FIND_IN_SET(ID, '$ours') = 0
AND FIND_IN_SET(CONCAT(USER, '@', SUBSTRING_INDEX(HOST, ':', 1)), CONVERT(0x$allowed USING utf8mb4)) = 0;
END
)
going "$seen"
# A table that somebody holds must not keep the migration waiting for a day.
# shellcheck disable=SC2086 # a list of options
KEA_ADMIN_DB_PASSWORD=$password kea-admin db-upgrade mysql -h "$host" -P "$port" -u "$user" -n "$database" \
	-x "--init-command=SET@@lock_wait_timeout=60" $extra
