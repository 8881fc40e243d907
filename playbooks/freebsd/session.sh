# at_work: the jobs of ours that are at work: a line each, number of the session and name of the job. A job is a session of its own, and its first
# process is the job's runner, with the job's directory as its last word.
at_work() {
	ps -axww -o pid= -o sid= -o command= | while read -r pid sid command; do
		case $command in */runner\ /*) ;; *) continue ;; esac
		[ "$pid" = "$sid" ] || continue
		named=
		{ read -r named <"${command##* }/unit"; } 2>/dev/null || continue
		printf '%s %s\n' "$sid" "$named"
	done
}
