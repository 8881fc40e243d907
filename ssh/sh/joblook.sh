# Say where a job stands, one "key value" a line. Changes nothing, save that
# secrets of a job that has ended are removed. Whoever waits looks while clients
# wait: no program is run for what the shell can do.

# says PREFIX FILE: the lines of a file that may not be there.
says() {
	while read -r line; do
		printf '%s%s\n' "$1" "$line"
	done 2>/dev/null <"$2" || :
}

# A status is written last, and whole: where it is there, no lock tells more.
look() {
	if ! [ -e "$dir/status" ] && [ -e "${dir%/*}/.claim" ]; then
		exec 7<"${dir%/*}/.claim"
		flock -s -w 30 7 || { echo claim busy; return; }
		exec 7<&-
	fi
	[ -d "$dir" ] || { echo claim absent; return; }
	echo claim made
	alive=no
	if ! [ -e "$dir/status" ] && [ -e "$dir/alive" ]; then
		exec 8<"$dir/alive"
		flock -n 8 || alive=yes
		exec 8<&-
	fi
	unit=
	[ ! -e "$dir/unit" ] || read -r unit <"$dir/unit" || :
	if [ "$alive" = no ] && ! [ -e "$dir/status" ] && [ -n "$unit" ] && [ -d /run/systemd/system ] && systemctl is-active --quiet "$unit"; then
		alive=yes
	fi
	[ "$alive" = yes ] || ! [ -e "$dir/secrets" ] || rm -f "$dir/secrets"
	echo "alive $alive"
	echo "unit $unit"
	[ ! -e "$dir/bootid" ] || says 'boot ' "$dir/bootid"
	kl_booted
	echo "boot-now $boot"
	[ ! -e "$dir/started" ] || says started- "$dir/started"
	[ ! -e "$dir/status" ] || says status- "$dir/status"
}
