# fenced: fails where a unit is not, which its package would start. In: fence (units).
fenced() {
	for unit in $fence; do
		[ ! -c "/etc/systemd/system/$unit" ] || continue
		if ! [ -s "/etc/systemd/system/$unit" ] || ! [ -e "/etc/systemd/system/$unit.d/kea-lockstep.conf" ]; then
			echo "$unit is not fenced: its package would start it" >&2
			exit 1
		fi
	done
}
