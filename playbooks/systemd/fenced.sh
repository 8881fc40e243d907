# fenced: fails where a unit is not masked, which its package would start. In: fence (units).
fenced() {
	for unit in $fence; do
		if ! [ -c "/etc/systemd/system/$unit" ]; then
			echo "$unit is not masked: its package would start it" >&2
			exit 1
		fi
	done
}
