# What each running daemon shows of itself. In: units, daemons, relay (an address that the DHCP probe asks from, or nothing).
# Needs units.sh, networks.sh, configs.sh, processes.sh and shown.sh.
set -eu
running=$(processes)
echo "@processes"
printf '%s\n' "$running"
echo "@configs"
configs "$running"
echo "@show"
shown "$running"
