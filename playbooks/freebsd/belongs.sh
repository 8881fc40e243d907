# belongs PID: sets unit, of a process: the job or test of ours that its environment names, or else its session, since for a few of a hundred processes
# the kernel cannot read the environment (kern.proc.env: ENOMEM); or the daemon that keactrl starts by its words, as root. One that its switch does
# not start was started by hand. Needs units.sh of keactrl and session.sh.
belongs() {
	unit=$(procstat -h -e "$1" 2>/dev/null | awk '{ for (i = 3; i <= NF; i++) if ($i ~ /^KL_UNIT=/) { print substr($i, 9); exit } }') || :
	[ -z "$unit" ] || return 0
	read -r session owner words <<PROCESS
$(ps -ww -p "$1" -o sid= -o uid= -o command= || :)
PROCESS
	unit=$(at_work | awk -v session="$session" '$1 == session { print $2 }')
	[ -z "$unit" ] || return 0
	begun "$words "
	[ "$owner" != 0 ] || unit=$begun
}
