# The cheap look, where units are not systemd's. In: units, daemons. Needs units.sh of what they are, processes.sh and shown.sh.

# kea-admin at work is no daemon, but nobody may be at it meanwhile.
admins=yes
running=$(processes)
echo "@units"
while read -r unit daemon _ config; do
	[ -n "$unit" ] || continue
	present=no install=no user=''
	if unit_file "$unit"; then
		present=yes
		unit_says "$unit" "$config"
	fi
	held "$unit"
	links "$unit"
	printf '%s\t%s\t%s\t%s\tno\t%s\t%s\t%s\t%s\t%s\n' \
		"$unit" "$daemon" "$present" "$masked" "$linked" "$install" "$config" "$user" "$run"
done <<END
$units
END
echo "@show"
shown "$running"
echo "@processes"
printf '%s\n' "$running"
echo "@end"
