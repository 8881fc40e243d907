# Stops every service that runs. In: stop (services). What is left is told to end by quiet.sh.
set -eu
for unit in $stop; do
	if [ -e "/run/openrc/started/$unit" ] || [ -e "/run/openrc/starting/$unit" ]; then
		rc-service --quiet "$unit" stop
	fi
done
