# belongs PROC: sets unit, of the process whose directory in /proc it is: the daemon that keactrl starts by these words, as root, and else
# the unit of systemd that it is in. One that its switch does not start was started by hand. Needs units.sh and cgroup.sh.
belongs() {
	in_service "$1"
	case $unit in kea-lockstep-*) return 0 ;; esac
	words=$(tr '\0' ' ' <"$1/cmdline" 2>/dev/null) || return 0
	begun "$words"
	[ -z "$begun" ] || [ "$(stat -c %u "$1" 2>/dev/null)" != 0 ] || unit=$begun
}
