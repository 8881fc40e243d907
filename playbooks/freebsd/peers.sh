# Whom each process speaks to, and the address that it answers the relay from, as host/peers.sh tells them. In: running (processes), relay.
echo "@peers"
# The address of the other end is the last; of IPv6 it has no brackets.
sockstat -46cuqw | awk 'NF >= 6 {
	pid = $(NF - 4)
	sub(/.*[^0-9]/, "", pid)
	peer = $NF
	if ($(NF - 1) == "->") { if (peer !~ /^\//) next }
	else if ($(NF - 2) !~ /^tcp/) next
	else if (peer ~ /:.*:/) { port = peer; sub(/.*:/, "", port); sub(/:[^:]*$/, "", peer); peer = "[" peer "]:" port }
	if (pid == "" || (pid "\t" peer) in told) next
	told[pid "\t" peer]
	print pid "\t" peer
}'
echo "@networks"
source=
if [ -n "$relay" ]; then
	interface=$(route -n get "$relay" 2>/dev/null | awk '$1 == "interface:" { print $2 }') || :
	case $interface in
	'') ;;
	lo*) source=$relay ;;
	*) source=$(ifconfig "$interface" inet | awk '$1 == "inet" { print $2; exit }') ;;
	esac
fi
printf '%s\n' "$running" | while read -r one _; do
	[ -z "$one" ] || printf '%s\t%s\t\tyes\n' "$one" "$source"
done
