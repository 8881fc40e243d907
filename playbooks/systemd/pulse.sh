# The cheap look. In: state, units, daemons. Needs units.sh and processes.sh.
set -eu
echo "@boot"
read -r boot </proc/sys/kernel/random/boot_id
echo "$boot"
echo "@claim"
if [ -e "$state/claim" ]; then
	read -r claim <"$state/claim"
	echo "$claim"
	echo "@driver"
	while read -r line; do
		case $line in
		'"driver": '*)
			printf '%s\n' "${line#'"driver": '}"
			break
			;;
		esac
	done <"$state/marker.json"
fi

# links UNIT: sets linked, whether something starts it at boot, by the links that "enable" makes and a mask leaves alone.
links() {
	linked=unlinked
	for link in /etc/systemd/system/*.wants/"$1" /etc/systemd/system/*.requires/"$1" /run/systemd/system/*.wants/"$1"; do
		[ ! -L "$link" ] || linked=linked
	done
}

echo "@units"
names=
fences=
while read -r unit daemon _ config; do
	[ -n "$unit" ] || continue
	names="$names $unit"
	mask=/etc/systemd/system/$unit
	masked=no own=no present=no
	if [ -c "$mask" ] || [ -c "/run/systemd/system/$unit" ] || { [ -f "$mask" ] && [ ! -s "$mask" ]; }; then
		masked=yes
	elif [ -e "$mask" ]; then
		own=yes
	fi
	install=no user=''
	if unit_file "$unit"; then
		present=yes
		unit_says "$unit" "$config"
	fi
	run=
	fence=/etc/systemd/system/$unit.d/kea-lockstep.conf
	if [ -e "$fence" ]; then
		fences="$fences $fence"
		read -r _ _ run <"$fence" || :
	fi
	links "$unit"
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
		"$unit" "$daemon" "$present" "$masked" "$own" "$linked" "$install" "$config" "$user" "$run"
done <<END
$units
END
echo "@fenced"
# shellcheck disable=SC2086 # a list of paths without blanks
[ -z "$fences" ] || stat -c '%n	%z' $fences
echo "@show"
# shellcheck disable=SC2086 # a list of names
systemctl show --property=Id,ActiveState,UnitFileState,MainPID,ActiveEnterTimestampMonotonic,InactiveEnterTimestampMonotonic $names
echo "@processes"
processes
echo "@end"
