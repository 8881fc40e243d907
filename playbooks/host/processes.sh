# Finds Kea's daemon processes. Needs sought.sh and belongs.sh.

# processes: a line for each, by a unit or by hand: pid, name, unit, start in clock ticks since boot, command line. What has died and waits
# for its parent is none.
processes() {
	for proc in /proc/[0-9]*; do
		name=
		{ read -r name <"$proc/comm"; } 2>/dev/null || continue
		sought "$name" || continue
		command=$(tr '\0\n\t' '   ' <"$proc/cmdline" 2>/dev/null) || continue
		lasting "$command" || continue
		stat=
		{ read -r stat <"$proc/stat"; } 2>/dev/null || continue
		# shellcheck disable=SC2086 # the fields behind the name
		set -- ${stat##*) }
		[ "$1" != Z ] || continue
		started=${20}
		belongs "$proc"
		printf '%s\t%s\t%s\t%s\t%s\n' "${proc#/proc/}" "$name" "$unit" "$started" "$command"
	done
}
