# Whose a connection is. In: ports (local TCP ports, apart by blanks). A line for each that a process has: port, pid, name, unit.
set -eu
echo "@sockets"
ss -tnpH | awk -v wanted=" $ports " '{
	port = $4
	sub(/.*:/, "", port)
	if (index(wanted, " " port " ") == 0) next
	while (match($0, /\("[^"]*",pid=[0-9]+/)) {
		one = substr($0, RSTART, RLENGTH)
		$0 = substr($0, RSTART + RLENGTH)
		pid = one
		sub(/.*,pid=/, "", pid)
		sub(/^\("/, "", one)
		sub(/".*/, "", one)
		print port "\t" pid "\t" one
	}
}' | while read -r port pid name; do
	unit=
	while read -r line; do
		case $line in 0::* | *:name=systemd:*) unit=${line##*:} ;; esac
	done 2>/dev/null <"/proc/$pid/cgroup" || :
	printf '%s\t%s\t%s\t%s\n' "$port" "$pid" "$name" "$unit"
done
echo "@end"
