# ended NAME: ends the units whose names begin so.
ended() {
	units=$(systemctl list-units --all --plain --no-legend "$1*" | awk '{ print $1 }')
	# shellcheck disable=SC2086 # a list of names
	[ -z "$units" ] || systemctl stop $units
}
