# Wait for a job's end, some seconds at most, and print what it puts out
# meanwhile from the given byte on. The lock that the job holds wakes us at
# once when it ends; where a process that it left behind holds the lock on,
# the status file is seen within two seconds.
left=$limit
if [ "$follow" = yes ] && [ -e "$dir/output" ]; then
	exec 6<"$dir/output"
	[ "$from" = 0 ] || tail -c "+$((from + 1))" <&6
fi
while [ -d "$dir" ] && ! [ -e "$dir/status" ] && [ "$left" -gt 0 ]; do
	left=$((left - 1))
	if [ -e "$dir/alive" ]; then
		exec 8<"$dir/alive"
		if flock -w 2 8; then
			# Nobody holds it: ended, died, or systemd is about to start it.
			exec 8<&-
			[ ! -e "$dir/status" ] || break
			case "$(look)" in *"alive yes"*) ;; *) break ;; esac
			sleep 0.05
		else
			left=$((left - 1))
		fi
		exec 8<&-
	else
		sleep 0.05
	fi
	[ "$follow" = no ] || cat <&6
done
[ "$follow" = no ] || [ ! -e "$dir/output" ] || cat <&6
look >&2
