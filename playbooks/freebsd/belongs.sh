# belongs PID: sets unit, of a process: the job or test of ours that its environment names, or the daemon that keactrl starts by its words, as
# root. One that its switch does not start was started by hand. Needs units.sh of keactrl.
belongs() {
	unit=$(procstat -h -e "$1" 2>/dev/null | awk '{ for (i = 3; i <= NF; i++) if ($i ~ /^KL_UNIT=/) { print substr($i, 9); exit } }') || :
	[ -z "$unit" ] || return 0
	read -r owner words <<PROCESS
$(ps -ww -p "$1" -o uid= -o command= || :)
PROCESS
	begun "$words "
	[ "$owner" != 0 ] || unit=$begun
}
