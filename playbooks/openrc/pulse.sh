# The cheap look, OpenRC's part. In: units, daemons. Needs units.sh, processes.sh and shown.sh.

# kea-admin at work is no daemon, but nobody may be at it meanwhile.
admins=yes
running=$(processes)
echo "@units"
while read -r unit daemon _ config; do
	[ -n "$unit" ] || continue
	present=no masked=no install=no user='' run=''
	if unit_file "$unit"; then
		present=yes
		unit_says "$unit" "$config"
	fi
	fence=/etc/rc.conf.d/kea-lockstep-$unit.conf
	if [ -e "$fence" ]; then
		masked=yes
		read -r _ _ run <"$fence" || :
	fi
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
