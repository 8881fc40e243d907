# What systemd shows of the units. In: units.

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
