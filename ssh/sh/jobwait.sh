# Wait for a job's end, some seconds at most, and print what it puts out
# meanwhile from the given byte on. The lock that the job holds wakes us at
# once when it ends; where a process that it left behind holds the lock on,
# the status file is seen within a fifth of a second.
end=$(($(date +%s) + limit))
if [ "$follow" = yes ] && [ -e "$dir/output" ]; then
	exec 6<"$dir/output"
	tail -c "+$((from + 1))" <&6
fi
while [ -d "$dir" ] && ! [ -e "$dir/status" ] && [ "$(date +%s)" -lt "$end" ]; do
	if [ -e "$dir/alive" ] && flock -w 0.2 "$dir/alive" true; then
		# Nobody holds it: ended, died, or systemd is about to start it.
		look | grep -q '^alive yes' || break
		sleep 0.05
	fi
	[ "$follow" = no ] || cat <&6
done
[ "$follow" = no ] || [ ! -e "$dir/output" ] || cat <&6
look >&2
