# fenced: fails where a service is not fenced. In: fence (services).
fenced() {
	for unit in $fence; do
		if ! [ -e "/etc/rc.conf.d/kea-lockstep-$unit.conf" ]; then
			echo "$unit is not fenced" >&2
			exit 1
		fi
	done
}
