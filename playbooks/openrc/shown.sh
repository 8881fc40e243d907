# What OpenRC knows of the services, in the words that systemd has for it. In: units. Needs units.sh.

# shown PROCESSES: a block for each.
shown() {
	while read -r unit _; do
		[ -n "$unit" ] || continue
		main=0 active=inactive enabled=
		while read -r pid _ of _; do
			[ "$of" != "$unit" ] || main=$pid
		done <<PROCESSES
$1
PROCESSES
		if [ -e "/run/openrc/starting/$unit" ]; then
			# Whoever tries to start a fenced one is about to be told.
			[ -e "/etc/rc.conf.d/kea-lockstep-$unit.conf" ] || active=activating
		elif [ -e "/run/openrc/stopping/$unit" ]; then
			active=deactivating
		elif [ -e "/run/openrc/started/$unit" ]; then
			active=active
			[ "$main" != 0 ] || active=failed # it crashed
		fi
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

# logged PID: nothing: what a daemon says to syslog does not stand under its number. What it writes to files of its own is read elsewhere.
logged() { :; }
