# ended NAME: ends the processes of jobs and tests whose names begin so, by their environment and by their sessions, for not of every process can the
# kernel read the first. Needs session.sh.
ended() {
	tries=0
	while left=$(
		procstat -h -a -e 2>/dev/null | awk -v name="KL_UNIT=$1" '{
			for (i = 3; i <= NF; i++) if (index($i, name) == 1) { print $1; break }
		}'
		at_work | while read -r session named; do
			case $named in "$1"*) ps -ax -o sid= -o pid= | awk -v session="$session" '$1 == session { print $2 }' ;; esac
		done
	) && [ -n "$left" ]; do
		tries=$((tries + 1))
		signal=TERM
		[ "$tries" -le 100 ] || signal=KILL
		# shellcheck disable=SC2086 # a list of numbers
		kill -s "$signal" $left 2>/dev/null || :
		sleep 0.05
	done
}
