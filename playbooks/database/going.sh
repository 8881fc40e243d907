# Whether a migration may begin, or go on. In: before, between (schema versions on the way, apart by blanks). Needs others.sh of
# its kind and version, a function that prints the statement for the schema's version.

# going: ends the script unless the schema is on its way and nobody is in the database. Who is there for a moment, as a monitor
# is, is waited for.
going() {
	tries=0
	while :; do
		seen=$({ version && others; } | ask)
		now=$(printf '%s\n' "$seen" | head -n 1)
		case " $before $between " in
		*" $now "*) ;;
		*)
			echo "the schema is at $now, which is not on the way from $before" >&2
			exit 1
			;;
		esac
		[ "$seen" != "$now" ] || return 0
		if [ "$tries" -ge 5 ]; then
			echo "somebody is in the database: $seen" >&2
			exit 1
		fi
		tries=$((tries + 1))
		sleep 1
	done
}
