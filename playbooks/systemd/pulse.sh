# The cheap look. In: state, units, daemons. Needs units.sh and processes.sh.
set -eu
echo "@boot"
cat /proc/sys/kernel/random/boot_id
echo "@claim"
if [ -e "$state/claim" ]; then
	cat "$state/claim"
	echo "@driver"
	sed -n 's/^  "driver": //p' "$state/marker.json" 2>/dev/null || :
fi

# links UNIT: whether something starts it at boot, by the links that "enable" makes and a mask leaves alone.
links() {
	for link in /etc/systemd/system/*.wants/"$1" /etc/systemd/system/*.requires/"$1" /run/systemd/system/*.wants/"$1"; do
		if [ -L "$link" ]; then
			echo linked
			return 0
		fi
	done
	echo unlinked
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
	install=no user='' file=''
	if file=$(unit_file "$unit"); then
		present=yes
		if [ "$masked" = yes ]; then
			! grep -q '^\[Install\]' "$file" || install=yes
		fi
		config=$(config_of "$unit" "$config")
		user=$(unit_text "$unit" | sed -n 's/^User=//p' | tail -n 1)
	fi
	run=
	fence=/etc/systemd/system/$unit.d/kea-lockstep.conf
	if [ -e "$fence" ]; then
		fences="$fences $fence"
		{ read -r _ _ run <"$fence"; } || :
	fi
	printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
		"$unit" "$daemon" "$present" "$masked" "$own" "$(links "$unit")" "$install" "$config" "$user" "$run"
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
