# ended NAME: ends the processes whose environment names a job or test that begins so.
ended() {
	tries=0
	while left=$(procstat -h -a -e 2>/dev/null | awk -v name="KL_UNIT=$1" '{
			for (i = 3; i <= NF; i++) if (index($i, name) == 1) { print $1; break }
		}') && [ -n "$left" ]; do
		tries=$((tries + 1))
		signal=TERM
		[ "$tries" -le 100 ] || signal=KILL
		# shellcheck disable=SC2086 # a list of numbers
		kill -s "$signal" $left 2>/dev/null || :
		sleep 0.05
	done
}
