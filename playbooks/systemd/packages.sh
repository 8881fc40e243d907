# How packages are changed, whatever manages them.

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

# patient COMMAND...: runs it once the package manager's lock is free. In: busy (what it says until then, a pattern of grep).
patient() {
	said=$(mktemp)
	tries=0 status=0
	until "$@" >"$said" 2>&1; do
		status=$?
		cat "$said"
		if ! grep -q "$busy" "$said" || [ "$tries" -ge 120 ]; then
			rm -f "$said"
			return "$status"
		fi
		tries=$((tries + 1))
		sleep 1
	done
	cat "$said"
	rm -f "$said"
}

# locked FILE...: who holds a package manager's lock: file, pid, name.
locked() {
	for lock; do
		[ -e "$lock" ] || continue
		inode=$(stat -c %i "$lock")
		awk -v inode="$inode" '$6 ~ ":" inode "$" && $4 == "WRITE" { print $5 }' /proc/locks | while read -r pid; do
			printf '%s\t%s\t%s\n' "$lock" "$pid" "$(cat "/proc/$pid/comm" 2>/dev/null || :)"
		done
	done
}
