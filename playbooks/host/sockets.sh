# Whose a connection is. In: ports (local TCP ports, apart by blanks), backends (processes of a PostgreSQL on this server that
# serve one client each over its unix socket, likewise). A line for each process that holds the client's end, in whatever network: port or
# backend, pid, name, unit. Needs networks.sh and belongs.sh.
set -eu

# units: adds to lines of port or backend, pid and name the unit that the process is in.
units() {
	while read -r end pid name; do
		belongs "/proc/$pid"
		printf '%s\t%s\t%s\t%s\n' "$end" "$pid" "$name" "$unit"
	done
}

echo "@sockets"
everywhere ss -tnpH | awk -v wanted=" $ports " '{
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
}' | units
echo "@backends"
# A connection is two ends, and each knows the number of the other.
[ -z "$backends" ] || everywhere ss -xpH | awk -v wanted=" $backends " '{
	near = $6
	far[near] = $8
	served = $5 ~ /\.s\.PGSQL\.[0-9]+$/
	while (match($0, /\("[^"]*",pid=[0-9]+/)) {
		one = substr($0, RSTART, RLENGTH)
		$0 = substr($0, RSTART + RLENGTH)
		pid = one
		sub(/.*,pid=/, "", pid)
		sub(/^\("/, "", one)
		sub(/".*/, "", one)
		holders[near] = holders[near] pid "\t" one "\n"
		if (served && index(wanted, " " pid " ") > 0) serves[near] = pid
	}
}
END {
	for (near in serves) {
		n = split(holders[far[near]], lines, "\n")
		for (i = 1; i < n; i++) print serves[near] "\t" lines[i]
	}
}' | units
echo "@end"
