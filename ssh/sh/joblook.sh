# Say where a job stands, one "key value" a line. Changes nothing, save that
# secrets of a job that has ended are removed.
look() {
	if [ -e "${dir%/*}/.claim" ]; then
		exec 7<"${dir%/*}/.claim"
		flock -s -w 30 7 || { echo claim busy; return; }
		exec 7<&-
	fi
	[ -d "$dir" ] || { echo claim absent; return; }
	echo claim made
	alive=no
	if [ -e "$dir/alive" ]; then
		exec 8<"$dir/alive"
		flock -n 8 || alive=yes
		exec 8<&-
	fi
	unit=$(cat "$dir/unit" 2>/dev/null)
	if [ "$alive" = no ] && [ -n "$unit" ] && [ -d /run/systemd/system ] && systemctl is-active --quiet "$unit"; then
		alive=yes
	fi
	[ "$alive" = yes ] || rm -f "$dir/secrets"
	echo "alive $alive"
	echo "unit $unit"
	echo "boot $(cat "$dir/bootid" 2>/dev/null)"
	echo "boot-now $(cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo unknown)"
	sed 's/^/started-/' "$dir/started" 2>/dev/null
	sed 's/^/status-/' "$dir/status" 2>/dev/null
	return 0
}
