# The cheap look, as far as it is the same on every system. In: state. Needs boot.sh.
echo "@claim"
if [ -e "$state/claim" ]; then
	read -r claim <"$state/claim"
	echo "$claim"
	echo "@driver"
fi
# Of a server that is let go the marker is moved before the claim goes.
if [ -e "$state/claim" ] && [ -e "$state/marker.json" ]; then
	while read -r line; do
		case $line in
		'"driver": '*)
			printf '%s\n' "${line#'"driver": '}"
			break
			;;
		esac
	done <"$state/marker.json"
fi
