# belongs PROC: sets unit, of the process whose directory in /proc it is: the job or test of ours that its environment names, or the
# service that OpenRC started it for, itself or through its supervisor.
belongs() {
	unit=$({ tr '\0' '\n' <"$1/environ" | sed -n 's/^KL_UNIT=//p'; } 2>/dev/null) || :
	[ -z "$unit" ] || return 0
	parent=
	{ read -r parent <"$1/stat"; } 2>/dev/null || return 0
	parent=${parent##*) ?}
	parent=${parent# }
	for daemon in /run/openrc/daemons/*/*; do
		[ -f "$daemon" ] || continue
		while read -r line; do
			case $line in pidfile=/*) ;; *) continue ;; esac
			main=
			{ read -r main <"${line#pidfile=}"; } 2>/dev/null || :
			if [ -n "$main" ] && { [ "$main" = "${1##*/}" ] || [ "$main" = "${parent%% *}" ]; }; then
				unit=${daemon%/*}
				unit=${unit##*/}
			fi
		done <"$daemon"
	done
}
