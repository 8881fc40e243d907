# Stops every unit. In: stop (units).
set -eu
# shellcheck disable=SC2086 # a list of names
systemctl stop $stop
