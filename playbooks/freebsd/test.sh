# Lets the installed binary test a configuration, as root and in the environment that keactrl gives it. In: unit, program, config (where keactrl
# names none), flag (-t or -T), name (by which its processes are known as ours), keactrl. Needs units.sh of keactrl. Daemons are stopped.
set -eu
unit_file "$unit"
unit_says "$unit" "$config"
# By the environment: what keactrl's configuration sets is its own.
export KL_UNIT="$name" KL_PROGRAM="$program" KL_FLAG="$flag" KL_CONFIG="$config" KEA_LOCKFILE_DIR=none
set +eu
# shellcheck source=/dev/null
. "$keactrl" >/dev/null 2>&1 </dev/null
exec env "$KL_PROGRAM" "$KL_FLAG" "$KL_CONFIG" </dev/null 2>&1
