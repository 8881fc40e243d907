# What each running daemon shows of itself. In: units, daemons, relay (an address that the DHCP probe asks from, or nothing).
# Needs units.sh, configs.sh, processes.sh and shown.sh.
set -eu
running=$(processes)
echo "@processes"
printf '%s\n' "$running"
echo "@configs"
configs "$running"
echo "@show"
shown "$running"
echo "@peers"
# Over unix sockets: a connection is two ends, and the far one has the name.
ss -tnxpH | awk '
$1 == "tcp" {
	peer = $6
	while (match($0, /pid=[0-9]+/)) {
		one = substr($0, RSTART + 4, RLENGTH - 4) "\t" peer
		if (!(one in told)) print one
		told[one]
		$0 = substr($0, RSTART + RLENGTH)
	}
	next
}
{
	path[$6] = $5
	if (match($0, /pid=[0-9]+/) && $0 ~ /"kea-/) {
		pid[$6] = substr($0, RSTART + 4, RLENGTH - 4)
		far[$6] = $8
	}
}
END {
	for (near in pid) if (path[far[near]] ~ /^\//) print pid[near] "\t" path[far[near]]
}'
echo "@source"
if [ -n "$relay" ]; then
	route=$(ip -o route get "$relay" || :)
	case $route in
	*' src '*)
		route=${route#* src }
		printf '%s\n' "${route%% *}"
		;;
	esac
fi
printf '%s\n' "$running" | while read -r pid _ unit _; do
	[ -n "$pid" ] || continue
	echo "@log	$pid"
	logged "$pid" | grep -aE '_STARTED|FAIL|FATAL|ERROR|mismatch|_DISABLED|INITIALIZE_SCHEMA' | sed 's/^@/ @/' || :
done
echo "@end"
