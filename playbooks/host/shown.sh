# What is known of units that are not systemd's, in the words that systemd has for it. In: units. Needs units.sh of what they are.

# shown PROCESSES: a block for each.
shown() {
	while read -r unit _; do
		[ -n "$unit" ] || continue
		main=0 enabled=
		while read -r pid _ of _; do
			[ "$of" != "$unit" ] || main=$pid
		done <<PROCESSES
$1
PROCESSES
		state_of "$unit"
		links "$unit"
		if [ "$linked" = linked ]; then
			enabled=enabled
		elif unit_file "$unit"; then
			enabled=disabled
		fi
		printf 'Id=%s\nActiveState=%s\nUnitFileState=%s\nMainPID=%s\n\n' "$unit" "$active" "$enabled" "$main"
	done <<END
$units
END
}
