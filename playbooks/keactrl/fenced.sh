# fenced: fails where keactrl would start a daemon. In: fence (units). Needs units.sh.
fenced() {
	for unit in $fence; do
		held "$unit"
		if [ "$masked" = no ]; then
			echo "$unit is not fenced" >&2
			exit 1
		fi
	done
}
