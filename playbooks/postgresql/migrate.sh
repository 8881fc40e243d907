# Lets the installed kea-admin migrate the database. What nobody may have changed since the run last looked is asked once more.
# In: before, between (schema versions on the way, apart by blanks), extra (more options of kea-admin). Needs client.sh and
# others.sh.
set -eu
seen=$(
	{
		echo "SELECT version || '.' || minor FROM schema_version;"
		others
	} | ask
)
now=$(printf '%s\n' "$seen" | head -n 1)
case " $before $between " in
*" $now "*) ;;
*)
	echo "the schema is at $now, which is not on the way from $before" >&2
	exit 1
	;;
esac
if [ "$seen" != "$now" ]; then
	echo "somebody is in the database: $seen" >&2
	exit 1
fi
# Before 2.7.2 kea-admin gives its scripts no port: they find it in the environment.
KEA_ADMIN_DB_PASSWORD=$password
export KEA_ADMIN_DB_PASSWORD
# shellcheck disable=SC2086 # a list of options
speak kea-admin db-upgrade pgsql -h "$host" -P "$port" -u "$user" -n "$database" $extra
