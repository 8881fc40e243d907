# ended NAME: ends the processes whose environment names a job or test that begins so.
ended() {
	tries=0
	# grep complains of processes that end meanwhile: what it found counts, and not its status.
	while left=$(grep -lsz "^KL_UNIT=$1" /proc/[0-9]*/environ || :) && [ -n "$left" ]; do
		tries=$((tries + 1))
		signal=TERM
		[ "$tries" -le 100 ] || signal=KILL
		for process in $left; do
			process=${process#/proc/}
			kill -s "$signal" "${process%/environ}" 2>/dev/null || :
		done
		sleep 0.05
	done
}
