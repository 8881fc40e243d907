# Whom each process speaks to, and the address that it answers the relay from. In: running (processes), relay (an address that the DHCP probe
# asks from, or nothing). Needs units.sh and networks.sh.
echo "@peers"
# Over unix sockets: a connection is two ends, and the far one has the name.
everywhere ss -tnxpH | awk '
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
echo "@networks"
# Of each process: the address that it answers the relay from, the network that its unit names, and whether it is in that.
network_of /proc/self/ns/net
here=$net
printf '%s\n' "$running" | while read -r one _ unit _; do
	unit_file "${unit:-none}" || continue
	unit_says "$unit" ''
	network_of "${network:-/proc/1/ns/net}"
	named=$net fits=no source=
	network_of "/proc/$one/ns/net"
	[ -n "$net" ] || continue # it has ended
	[ "$net" != "$named" ] || fits=yes
	if [ -n "$relay" ]; then
		set -- ip -o route get "$relay"
		[ -z "$vrf" ] || set -- "$@" vrf "$vrf"
		[ "$net" = "$here" ] || set -- nsenter --target "$one" --net "$@"
		route=$("$@" || :)
		case $route in *' src '*) source=${route#* src } source=${source%% *} ;; esac
	fi
	printf '%s\t%s\t%s\t%s\n' "$one" "$source" "$network" "$fits"
done
