# What systemd shows of the units and of what they wrote. In: units.

# shown PROCESSES: a block for each unit.
shown() {
	set --
	while read -r unit _; do
		[ -z "$unit" ] || set -- "$@" "$unit"
	done <<END
$units
END
	systemctl show --property=Id,ActiveState,MainPID "$@"
}

journal() { journalctl --quiet --no-pager --boot --output=cat "$@" 2>/dev/null; }

# logged PID: what a process wrote: its beginning, and its end where that is not the same.
logged() { journal "_PID=$1" | head -n 400 | awk '{ print } END { exit NR < 400 }' && journal "_PID=$1" --lines=400; }
