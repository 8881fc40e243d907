# Lets the installed binary test a configuration, as the service's user. In: unit, program, config (where the service names none), flag
# (-t or -T), name (by which its processes are known as ours). Needs units.sh. Daemons are stopped.
set -eu
unit_file "$unit"
unit_says "$unit" "$config"
# A service makes its directories as it starts, and they are gone after a boot.
if [ -n "$user" ] && [ ! -d /run/kea ]; then
	mkdir -m 750 /run/kea
	chown "$user" /run/kea
fi
# By the environment: what makers of su do to arguments differs.
export KL_UNIT="$name" KL_PROGRAM="$program" KL_FLAG="$flag" KL_CONFIG="$config" KEA_LOCKFILE_DIR=none
# shellcheck disable=SC2016 # for the shell in there
exec su -s /bin/sh -c 'exec "$KL_PROGRAM" "$KL_FLAG" "$KL_CONFIG"' "${user:-root}" </dev/null 2>&1
