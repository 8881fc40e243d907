# How packages are changed, whatever manages them.

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

# there LINES END: fails where a package is not installed at its version. LINES are those that are, each with that end: name, version, end.
# In: check (a line each: package version).
there() {
	while read -r package version; do
		[ -n "$package" ] || continue
		case "
$1
" in
		*"
$package $version$2
"*) ;;
		*)
			printf '%s is not installed at %s:\n%s\n' "$package" "$version" "$1" >&2
			exit 1
			;;
		esac
	done <<END
$check
END
}
