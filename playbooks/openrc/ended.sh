# ended NAME: ends the processes whose environment names a job or test that begins so.
ended() {
	tries=0
	while left=$(grep -lsaF "KL_UNIT=$1" /proc/[0-9]*/environ); do
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
