# Whose a connection is, as host/sockets.sh tells it. In: ports (local TCP ports, apart by blanks). Whose an end of a unix socket is, FreeBSD does
# not tell: there are no backends. Needs units.sh of keactrl and belongs.sh.
set -eu
echo "@sockets"
# The two addresses are the last. Before the number of a process with a long name there may be no blank.
sockstat -46cqw -P tcp | awk -v wanted=" $ports " 'NF >= 6 {
	port = $(NF - 1)
	sub(/.*:/, "", port)
	pid = $(NF - 4)
	sub(/.*[^0-9]/, "", pid)
	if (pid != "" && index(wanted, " " port " ") > 0) print port, pid
}' | while read -r port pid; do
	belongs "$pid"
	printf '%s\t%s\t%s\t%s\n' "$port" "$pid" "$(ps -p "$pid" -o comm= || :)" "$unit"
done
echo "@backends"
echo "@end"
