# Starts what ran before. In: start (units).
set -eu
# shellcheck disable=SC2086 # a list of names
[ -z "$start" ] || systemctl start $start
