# The cheap look, systemd's part. What no mask can hold counts as masked where our condition holds it. In: units, daemons. Needs units.sh and
# processes.sh.

# idle UNIT: whether systemd keeps no control group for it, so that no process of it can be there. Instances have slices of their own.
idle() {
	case $1 in *@*) return 1 ;; esac
	for slice in /sys/fs/cgroup/system.slice /sys/fs/cgroup/systemd/system.slice; do
		if [ -d "$slice" ]; then
			[ ! -d "$slice/$1" ]
			return
		fi
	done
	return 1
}

# conditioned UNIT: of one whose file lies where a mask would: sets masked, whether systemd holds it by our condition, and own, whether
# another drop-in takes conditions away.
conditioned() {
	for part in $(systemctl show --property=DropInPaths --value "$1"); do
		case $part in
		/etc/systemd/system/"$1".d/kea-lockstep.conf) masked=yes ;;
		*) ! grep -qsE '^[[:space:]]*Condition[A-Za-z]*[[:space:]]*=[[:space:]]*$' "$part" || own=yes ;;
		esac
	done
	[ "$own" = no ] || masked=no
}

echo "@units"
names=
held=
while read -r unit daemon _ config; do
	[ -n "$unit" ] || continue
	mask=/etc/systemd/system/$unit
	masked=no own=no present=no
	if [ -c "$mask" ] || [ -c "/run/systemd/system/$unit" ] || { [ -f "$mask" ] && [ ! -s "$mask" ]; }; then
		masked=yes
	elif [ -e "$mask" ]; then
		conditioned "$unit"
	fi
	install=no user=''
	if unit_file "$unit"; then
		present=yes
		unit_says "$unit" "$config"
	fi
	run=
	fence=/etc/systemd/system/$unit.d/kea-lockstep.conf
	if [ -e "$fence" ]; then
		read -r _ _ run <"$fence" || :
	fi
	# systemd is asked only about what it may run: the watch looks each second while clients wait.
	if [ "$masked" = yes ] && [ -n "$run" ] && idle "$unit"; then
		held="$held $unit"
	else
		names="$names $unit"
	fi
	links "$unit"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
		"$unit" "$daemon" "$present" "$masked" "$own" "$linked" "$install" "$config" "$user" "$run"
done <<END
$units
END
echo "@show"
for unit in $held; do
	printf 'Id=%s\nActiveState=inactive\n\n' "$unit"
done
# shellcheck disable=SC2086 # a list of names
[ -z "$names" ] || systemctl show --property=Id,ActiveState,UnitFileState,MainPID $names
echo "@processes"
# kea-admin at work is no daemon, but nobody may be at it meanwhile.
admins=yes
processes
echo "@end"
